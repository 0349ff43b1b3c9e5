//! Measures Reeldrop against what an expert would script: one ffmpeg process for the whole ladder,
//! then Shaka Packager, both in the same run on the same machine. Prints figures and ratios.

mod clip;
mod functions;
mod ours;
mod packaging;
mod peer;
mod quality;

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// What one way of making a title costs.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    cpu_s: f64,
    playable_s: f64,
    ready_s: f64,
}

/// The programs that are measured against.
struct Peers {
    ffmpeg: PathBuf,
    packager: PathBuf,
}

impl Peers {
    fn from_env() -> Result<Self> {
        let path = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .with_context(|| format!("{name} is not set: run make bench"))
        };
        Ok(Self {
            ffmpeg: path("REELDROP_BENCH_FFMPEG")?,
            packager: path("REELDROP_BENCH_PACKAGER")?,
        })
    }
}

const ROUNDS: usize = 3;

/// What is asked for on the command line.
struct Arguments {
    rounds: usize,
    /// Only what our processes hold, without the peer: quick enough for long clips.
    memory_only: bool,
    /// Only frames and VMAF of each rendition: nothing is timed, so that other work may go on beside it.
    quality_only: bool,
    /// Only packaging: quick.
    packaging_only: bool,
    clips: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let peers = Peers::from_env()?;
    let mut asked = arguments()?;
    if asked.packaging_only {
        return packaging::measure(&peers);
    }
    if asked.clips.is_empty() {
        asked.clips = clip::standard(&peers)?;
    }
    if asked.memory_only {
        return asked.clips.iter().try_for_each(|clip| memory(clip));
    }
    if asked.quality_only {
        let mut clips = asked.clips.iter();
        return clips.try_for_each(|clip| quality(&peers, clip));
    }
    functions::measure()?;
    for clip in asked.clips {
        compare(&peers, &clip, asked.rounds)?;
    }
    packaging::measure(&peers)
}

fn arguments() -> Result<Arguments> {
    let mut asked = Arguments {
        rounds: ROUNDS,
        memory_only: false,
        quality_only: false,
        packaging_only: false,
        clips: Vec::new(),
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rounds" => {
                asked.rounds = words.next().context("--rounds wants a number")?.parse()?;
            }
            "--memory" => asked.memory_only = true,
            "--quality" => asked.quality_only = true,
            "--packaging" => asked.packaging_only = true,
            clip => asked.clips.push(PathBuf::from(clip)),
        }
    }
    Ok(asked)
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn memory(clip: &Path) -> Result<()> {
    println!("\n{}", clip.display());
    let bench = ours::Ours::start()?;
    let cost = bench.add(clip)?.cost;
    println!("  ready {:6.2} s, {:6.2} CPU s", cost.ready_s, cost.cpu_s);
    bench.memory();
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn quality(peers: &Peers, clip: &Path) -> Result<()> {
    println!("\n{}", clip.display());
    let bench = ours::Ours::start()?;
    let title = bench.add(clip)?;
    quality::compare(peers, clip, &title)
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn compare(peers: &Peers, clip: &Path, rounds: usize) -> Result<()> {
    println!("\n{}", clip.display());
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    let bench = ours::Ours::start()?;
    // Once for warm caches, and to learn which ladder the clip gets.
    let title = bench.add(clip)?;
    for round in 0..rounds {
        let (peer, _) = peer::run(peers, clip, &title.ladder)?;
        let title = bench.add(clip)?;
        let own = title.cost;
        println!(
            "  round {}: reeldrop {:6.2} CPU s, playable {:5.2} s, ready {:6.2} s | peer {:6.2} CPU s, ready {:6.2} s",
            round + 1,
            own.cpu_s,
            own.playable_s,
            own.ready_s,
            peer.cpu_s,
            peer.ready_s
        );
        if round + 1 == rounds {
            programs(&title.programs);
        }
        ours.push(own);
        theirs.push(peer);
    }
    let ratio = |own: fn(&Cost) -> f64, peer: fn(&Cost) -> f64| {
        median(
            ours.iter()
                .zip(&theirs)
                .map(|(a, b)| own(a) / peer(b))
                .collect(),
        )
    };
    line("total CPU", ratio(|c| c.cpu_s, |c| c.cpu_s), 1.10);
    line("wall to ready", ratio(|c| c.ready_s, |c| c.ready_s), 1.15);
    line(
        "first playable / peer's ready",
        ratio(|c| c.playable_s, |c| c.ready_s),
        0.35,
    );
    quality::compare(peers, clip, &title)?;
    bench.memory();
    Ok(())
}

/// Where our processor time went.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn programs(used: &BTreeMap<String, f64>) {
    let worth = used.iter().filter(|(_, cpu_s)| **cpu_s >= 0.05);
    let parts: Vec<String> = worth
        .map(|(program, cpu_s)| format!("{program} {cpu_s:.2}"))
        .collect();
    println!("  CPU s by program: {}", parts.join(", "));
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn line(what: &str, ratio: f64, goal: f64) {
    let verdict = if ratio <= goal { "met" } else { "missed" };
    println!("  {what:32} {ratio:5.2} of the peer's (goal {goal:.2}: {verdict})");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
