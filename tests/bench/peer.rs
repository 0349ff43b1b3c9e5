//! What an expert would script: one ffmpeg process for all renditions, then Shaka Packager.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::Instant,
};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::{Cost, Peers, ours::Rung};

const KEY: &str =
    "label=:key_id=a16e402b9056e371f36d348aa62bb749:key=87237d20a19f58a740c05684e699b4aa";

/// Makes the title as the peer does; the folder holds its encodes.
pub(crate) fn run(peers: &Peers, clip: &Path, ladder: &[Rung]) -> Result<(Cost, TempDir)> {
    let folder = tempfile::tempdir()?;
    let before = children_cpu_s()?;
    let start = Instant::now();
    succeed(
        encode(peers, clip, ladder, folder.path()).status()?,
        "ffmpeg",
    )?;
    succeed(package(peers, ladder, folder.path()).status()?, "packager")?;
    let ready_s = start.elapsed().as_secs_f64();
    Ok((
        Cost {
            cpu_s: children_cpu_s()? - before,
            playable_s: ready_s,
            ready_s,
        },
        folder,
    ))
}

fn succeed(status: ExitStatus, what: &str) -> Result<()> {
    ensure!(status.success(), "{what} failed");
    Ok(())
}

/// Processor time of all children that have ended (proc(5), fields 16 and 17 of stat).
pub(crate) fn children_cpu_s() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[13].parse::<f64>()? + fields[14].parse::<f64>()?;
    Ok(ticks / 100.0)
}

pub(crate) fn rendition(folder: &Path, rung: &Rung) -> PathBuf {
    folder.join(format!("{}.mp4", rung.name))
}

fn encode(peers: &Peers, clip: &Path, ladder: &[Rung], folder: &Path) -> Command {
    let mut command = Command::new(&peers.ffmpeg);
    command.args(["-v", "error", "-y", "-i"]).arg(clip);
    command.args(["-filter_complex", &filter(ladder)]);
    for (index, rung) in ladder.iter().enumerate() {
        let rate = rung.max_bitrate_bps;
        command.args([
            "-map",
            &format!("[out{index}]"),
            "-c:v",
            "libx264",
            "-profile:v",
            "high",
        ]);
        command.args(["-preset", &rung.preset, "-crf", &rung.crf.to_string()]);
        command.args([
            "-maxrate",
            &rate.to_string(),
            "-bufsize",
            &(2 * rate).to_string(),
        ]);
        command.args([
            "-pix_fmt",
            "yuv420p",
            "-force_key_frames",
            "expr:gte(t,n_forced*2)",
        ]);
        command.args(["-x264-params", "keyint=infinite:scenecut=0:open-gop=0"]);
        command.arg(rendition(folder, rung));
    }
    command.args([
        "-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000",
    ]);
    command.arg(folder.join("audio.mp4"));
    command
}

fn filter(ladder: &[Rung]) -> String {
    let split: String = (0..ladder.len())
        .map(|index| format!("[in{index}]"))
        .collect();
    let scales: Vec<String> = ladder
        .iter()
        .enumerate()
        .map(|(index, rung)| {
            format!(
                "[in{index}]scale={}:{}:flags=bicubic[out{index}]",
                rung.width, rung.height
            )
        })
        .collect();
    format!("[0:v:0]split={}{split};{}", ladder.len(), scales.join(";"))
}

fn package(peers: &Peers, ladder: &[Rung], folder: &Path) -> Command {
    let mut command = Command::new(&peers.packager);
    let out = folder.join("out");
    let stream = |kind: &str, name: &str| {
        let at = out.join(name);
        format!(
            "in={},stream={kind},init_segment={at}/init.mp4,segment_template={at}/$Number$.m4s,playlist_name={name}.m3u8",
            folder.join(format!("{name}.mp4")).display(),
            at = at.display()
        )
    };
    command.args(ladder.iter().map(|rung| stream("video", &rung.name)));
    if folder.join("audio.mp4").is_file() {
        command.arg(stream("audio", "audio"));
    }
    command.args([
        "--protection_scheme",
        "cbcs",
        "--enable_raw_key_encryption",
        "--keys",
        KEY,
    ]);
    command.args(["--segment_duration", "6", "--quiet"]);
    command.arg("--mpd_output").arg(out.join("stream.mpd"));
    command
        .arg("--hls_master_playlist_output")
        .arg(out.join("stream.m3u8"));
    command
}
