//! Packaging beside Shaka Packager: `cbcs` DASH and HLS of ten minutes of 720p, and `cp` of the same
//! bytes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use reeldrop_tests::peak_resident_bytes;

use crate::{Peers, median, peer::children_cpu_s};

const ROUNDS: usize = 7;
const KEY: &str = "87237d20a19f58a740c05684e699b4aa";
const KID: &str = "a16e402b9056e371f36d348aa62bb749";

/// What a run of a program costs.
#[derive(Clone, Copy, Default)]
struct Use {
    cpu_s: f64,
    wall_s: f64,
    peak_bytes: u64,
}

/// Measures and prints.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn measure(peers: &Peers) -> Result<()> {
    let clip = clip(peers)?;
    let bytes = fs::metadata(&clip)?.len();
    println!(
        "\npackaging of {} ({:.0} MB)",
        clip.display(),
        bytes as f64 / 1e6
    );
    let mut rounds: Vec<[Use; 3]> = Vec::new();
    for round in 0..=ROUNDS {
        let run = [copy(&clip)?, ours(&clip)?, shaka(peers, &clip)?];
        // The first is for warm caches.
        if round > 0 {
            rounds.push(run);
        }
    }
    let of = |index: usize, what: fn(&Use) -> f64| {
        median(rounds.iter().map(|run| what(&run[index])).collect())
    };
    for (index, name) in ["cp", "reeldrop package", "Shaka Packager"]
        .iter()
        .enumerate()
    {
        println!(
            "  {name:18} {:6.3} CPU s, {:6.3} s, {:5.1} MB",
            of(index, |run| run.cpu_s),
            of(index, |run| run.wall_s),
            of(index, |run| run.peak_bytes as f64 / 1e6)
        );
    }
    let ratio = |to: usize| {
        median(
            rounds
                .iter()
                .map(|run| run[1].cpu_s / run[to].cpu_s)
                .collect(),
        )
    };
    crate::line("CPU of packaging", ratio(2), 0.50);
    println!("  CPU of packaging is {:.2} of what cp costs", ratio(0));
    println!(
        "  peak memory of packaging {:.1} MB (goal 20)",
        of(1, |run| run.peak_bytes as f64 / 1e6)
    );
    Ok(())
}

/// Ten minutes of 720p at 3 Mb/s: half a minute of picture with grain, joined twenty times.
fn clip(peers: &Peers) -> Result<PathBuf> {
    let folder = Path::new("target/bench");
    let out = folder.join("720p_10min.mp4");
    if out.is_file() {
        return Ok(out);
    }
    let part = folder.join("720p_30s.mp4");
    let picture = "testsrc2=size=1280x720:rate=30,noise=alls=9:allf=t";
    let sound = "sine=frequency=330:sample_rate=48000";
    let mut command = Command::new(&peers.ffmpeg);
    command.args(["-v", "error", "-y", "-f", "lavfi", "-i", picture]);
    command.args(["-f", "lavfi", "-i", sound, "-t", "30"]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    ]);
    command.args(["-b:v", "3000k", "-maxrate", "3000k", "-bufsize", "3000k"]);
    command.args(["-g", "60", "-keyint_min", "60", "-sc_threshold", "0"]);
    command
        .args(["-c:a", "aac", "-b:a", "128k", "-ac", "2"])
        .arg(&part);
    ensure!(
        command.status()?.success(),
        "the 720p clip could not be made"
    );
    let mut command = Command::new(&peers.ffmpeg);
    command
        .args(["-v", "error", "-y", "-stream_loop", "19", "-i"])
        .arg(&part);
    command
        .args(["-c", "copy", "-movflags", "+faststart"])
        .arg(&out);
    ensure!(
        command.status()?.success(),
        "the 720p clip could not be joined"
    );
    Ok(out)
}

fn copy(clip: &Path) -> Result<Use> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("cp");
    command.arg("--reflink=never").arg(clip).arg(folder.path());
    run(&mut command)
}

fn ours(clip: &Path) -> Result<Use> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(env::current_exe()?.with_file_name("reeldrop"));
    command
        .arg("package")
        .arg(clip)
        .args(["--key", KEY, "--kid", KID]);
    command.arg("--out").arg(folder.path());
    run(&mut command)
}

fn shaka(peers: &Peers, clip: &Path) -> Result<Use> {
    let folder = tempfile::tempdir()?;
    let out = folder.path();
    let mut command = Command::new(&peers.packager);
    for kind in ["video", "audio"] {
        let at = out.join(kind);
        let at = at.display();
        command.arg(format!(
            "in={},stream={kind},init_segment={at}/init.mp4,segment_template={at}/$Number$.m4s,playlist_name={kind}.m3u8",
            clip.display()
        ));
    }
    command.args([
        "--protection_scheme",
        "cbcs",
        "--enable_raw_key_encryption",
        "--clear_lead",
        "0",
    ]);
    command.args(["--keys", &format!("label=:key_id={KID}:key={KEY}")]);
    command.args(["--segment_duration", "6", "--quiet"]);
    command.arg("--mpd_output").arg(out.join("stream.mpd"));
    command
        .arg("--hls_master_playlist_output")
        .arg(out.join("stream.m3u8"));
    run(&mut command)
}

/// Runs a program to its end, looking at its memory meanwhile.
fn run(command: &mut Command) -> Result<Use> {
    let before = children_cpu_s()?;
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = peak_bytes.max(peak_resident_bytes(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    ensure!(status.success(), "{command:?} failed");
    Ok(Use {
        cpu_s: children_cpu_s()? - before,
        wall_s: start.elapsed().as_secs_f64(),
        peak_bytes,
    })
}
