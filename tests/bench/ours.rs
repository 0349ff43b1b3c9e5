//! The bundle, as `reeldrop up` runs it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use reeldrop_tests::{Bundle, descendants, peak_resident_bytes, usage, usage_by_program};
use serde::Deserialize;

use crate::{Cost, peer::children_cpu_s};

/// One rung of the ladder that a clip gets.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rung {
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) max_bitrate_bps: u64,
    pub(crate) crf: u32,
    pub(crate) preset: String,
}

#[derive(Deserialize)]
struct Shown {
    renditions: Vec<serde_json::Value>,
}

impl Shown {
    fn ladder(self) -> Result<Vec<Rung>> {
        let video = self
            .renditions
            .into_iter()
            .filter(|rendition| rendition["kind"] == "video");
        video
            .map(|rendition| Ok(serde_json::from_value(rendition)?))
            .collect()
    }
}

/// A title that was made, and what it cost.
pub(crate) struct Title {
    pub(crate) cost: Cost,
    /// Processor seconds of each program.
    pub(crate) programs: BTreeMap<String, f64>,
    pub(crate) ladder: Vec<Rung>,
    asset: String,
    work: PathBuf,
}

impl Title {
    /// The joined clear parts of a rendition: a fragmented MP4.
    pub(crate) fn joined(&self, name: &str) -> Result<Vec<u8>> {
        let folder = self.work.join(&self.asset).join("clear").join(name);
        let mut joined = fs::read(folder.join("init.mp4"))?;
        let mut parts: Vec<PathBuf> = fs::read_dir(&folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        parts.retain(|path| path.extension().is_some_and(|extension| extension == "m4s"));
        parts.sort();
        for part in parts {
            joined.extend(fs::read(part)?);
        }
        Ok(joined)
    }
}

/// A running bundle to measure.
pub(crate) struct Ours {
    bundle: Bundle,
}

impl Ours {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self {
            bundle: Bundle::start()?,
        })
    }

    /// Adds the clip and waits until it is ready; the cost is that of every process of the bundle,
    /// database included, and of the command that adds it.
    pub(crate) fn add(&self, clip: &Path) -> Result<Title> {
        self.settle();
        let (before, programs) = (self.cpu_s(), usage_by_program(self.bundle.pid()));
        let client_before = children_cpu_s()?;
        let added = self
            .bundle
            .add(&[clip.to_str().context("the clip's path is not text")?])?
            .remove(0);
        ensure!(
            added.state == "ready",
            "{}: {:?}\n{}",
            added.state,
            added.reason,
            self.bundle.log()
        );
        // What is made after a title is ready costs, too.
        self.settle();
        // The bundle itself has not ended: what has ended is the client.
        let after = self.cpu_s() + children_cpu_s()? - client_before;
        let mut used = usage_by_program(self.bundle.pid());
        for (program, cpu_s) in &mut used {
            *cpu_s -= programs.get(program).copied().unwrap_or_default();
        }
        let seconds = |ms: Option<u64>| ms.map_or(f64::NAN, |ms| ms as f64 / 1000.0);
        let asset = added.asset.context("no asset")?;
        let shown: Shown =
            serde_json::from_slice(&self.bundle.run(&["show", "--json", &asset])?.stdout)?;
        Ok(Title {
            cost: Cost {
                cpu_s: after - before,
                playable_s: seconds(added.first_playable_ms),
                ready_s: seconds(added.ready_ms),
            },
            programs: used,
            ladder: shown.ladder()?,
            asset,
            work: self.bundle.data().join("buckets/reeldrop-work"),
        })
    }

    fn cpu_s(&self) -> f64 {
        usage(self.bundle.pid()).cpu_s
    }

    /// Waits until nothing computes any more.
    fn settle(&self) {
        let mut last = self.cpu_s();
        for _ in 0..60 {
            thread::sleep(Duration::from_millis(500));
            let now = self.cpu_s();
            if now - last < 0.03 {
                return;
            }
            last = now;
        }
    }

    /// Prints the most memory that each process has held.
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub(crate) fn memory(&self) {
        for pid in descendants(self.bundle.pid()) {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if let Some(bytes) = peak_resident_bytes(pid).filter(|_| !name.starts_with("postgres"))
            {
                println!(
                    "  peak memory {:16} {:5} MB",
                    name.trim(),
                    bytes / 1_000_000
                );
            }
        }
    }
}
