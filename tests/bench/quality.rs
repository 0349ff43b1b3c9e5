//! Frames, duration and VMAF of the joined chunks beside the peer's whole-file encode.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{Peers, ours::Title, peer};

/// Frames that are judged, about: VMAF takes seconds for ten of 1080p.
const JUDGED_FRAMES: u64 = 500;

/// Compares every rendition with the source.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn compare(peers: &Peers, clip: &Path, title: &Title) -> Result<()> {
    let (_, folder) = peer::run(peers, clip, &title.ladder)?;
    for rung in &title.ladder {
        let ours = folder.path().join(format!("ours-{}.mp4", rung.name));
        fs::write(&ours, title.joined(&rung.name)?)?;
        let theirs = peer::rendition(folder.path(), rung);
        let (own_frames, other_frames) = (frames(peers, &ours)?, frames(peers, &theirs)?);
        let every = (own_frames / JUDGED_FRAMES).max(1);
        let judged = |file: &Path| vmaf(peers, file, clip, every);
        let (own, other) = (judged(&ours)?, judged(&theirs)?);
        println!(
            "  {:12} {own_frames} frames (peer {other_frames}), {} bytes (peer {}), VMAF {own:.2} (peer {other:.2}, difference {:+.2}, goal -0.30 or better)",
            rung.name,
            fs::metadata(&ours)?.len(),
            fs::metadata(&theirs)?.len(),
            own - other
        );
    }
    Ok(())
}

fn frames(peers: &Peers, file: &Path) -> Result<u64> {
    let output = Command::new(&peers.ffmpeg)
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v:0", "-f", "framehash", "-hash", "adler32", "-"])
        .output()?;
    ensure!(
        output.status.success(),
        "ffmpeg cannot decode {}",
        file.display()
    );
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count() as u64)
}

/// Mean VMAF of one frame in `every` of `file`, enlarged to the source's size; frames are matched by
/// number.
fn vmaf(peers: &Peers, file: &Path, source: &Path, every: u64) -> Result<f64> {
    // The same time base for both: two that do not divide each other are rounded to a third one, in which
    // a frame may be a hair before its twin and is compared with the one before that.
    let filter = format!(
        "[0:v]settb=1/30,setpts=N[a];[1:v]settb=1/30,setpts=N[b];[a][b]scale2ref=flags=bicubic[c][d];\
         [c][d]libvmaf=n_threads=2:n_subsample={every}"
    );
    let output = Command::new(&peers.ffmpeg)
        .args(["-hide_banner", "-i"])
        .arg(file)
        .arg("-i")
        .arg(source)
        .args(["-lavfi", &filter, "-f", "null", "-"])
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let score = log
        .rsplit("VMAF score: ")
        .next()
        .and_then(|rest| rest.split_whitespace().next());
    score
        .and_then(|score| score.parse().ok())
        .with_context(|| format!("no VMAF score in:\n{log}"))
}
