//! The clips that are measured.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};

use crate::Peers;

/// Seconds of the 1080p clip.
const SECONDS: &str = "60";

/// The 640x360 clip where there is one, and a 1080p clip of 60 s.
pub(crate) fn standard(peers: &Peers) -> Result<Vec<PathBuf>> {
    let small = env::var_os("REELDROP_TEST_MEDIA")
        .map(|folder| Path::new(&folder).join("h264_aac_640x360_17s.mp4"))
        .filter(|path| path.is_file());
    let large = full_hd(peers, small.as_deref())?;
    Ok(small.into_iter().chain([large]).collect())
}

/// A minute of 1080p: the real clip enlarged and repeated, with grain, so that the encoder has
/// work as with a camera's picture; a moving test picture where there is no clip.
fn full_hd(peers: &Peers, real: Option<&Path>) -> Result<PathBuf> {
    let out = PathBuf::from("target/bench").join(if real.is_some() {
        "real_1080p_60s.mp4"
    } else {
        "test_1080p_60s.mp4"
    });
    if out.is_file() {
        return Ok(out);
    }
    let mut command = Command::new(&peers.ffmpeg);
    command.args(["-v", "error", "-y"]);
    match real {
        Some(clip) => command.args(["-stream_loop", "3", "-i"]).arg(clip),
        None => command.args([
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=1920x1080:rate=30",
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=330:sample_rate=48000",
        ]),
    };
    command.args([
        "-t",
        SECONDS,
        "-vf",
        "scale=1920:1080:flags=lanczos,fps=30,noise=alls=6:allf=t",
    ]);
    command.args([
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-g", "120", "-pix_fmt", "yuv420p",
    ]);
    command
        .args([
            "-c:a",
            "aac",
            "-b:a",
            "160k",
            "-ac",
            "2",
            "-movflags",
            "+faststart",
        ])
        .arg(&out);
    ensure!(
        command.status()?.success(),
        "the 1080p clip could not be made"
    );
    Ok(out)
}
