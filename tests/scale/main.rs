//! How fast titles become playable and ready on clusters of many sizes: a discrete-event simulation of
//! the chain. Times per event are measured (`measured.tsv`, docs/measured.md), how functions scale is
//! read from `knative/base`, what the cluster does is assumed in `cluster.yaml`.
//!
//! `make scale` writes its tables to docs/scale.md.

mod measured;
mod pods;
mod simulation;
mod work;

use std::{fmt::Write, path::Path};

use anyhow::{Context, Result};
use measured::Measured;
use pods::Scale;
use reeldrop::manifests::{Topology, in_folder};
use simulation::{Cluster, Outcome, Simulation};
use work::{Function, Work};

/// Lengths of titles, seconds, and the class of Mux's that they are in with its published median, seconds.
const LENGTHS: [(&str, f64, f64); 4] = [
    ("1 min", 60.0, 2.0),
    ("10 min", 600.0, 9.0),
    ("1 h", 3_600.0, 93.5),
    ("10 h", 36_000.0, 93.5),
];
const PODS: [usize; 4] = [1, 10, 100, 1_000];
/// Transcode pods for many uploads.
const MANY_PODS: [usize; 4] = [200, 400, 600, 1_000];
const UPLOADS: usize = 10_000;
const HOUR_MS: f64 = 3_600_000.0;
/// Requests at a time where a manifest sets no limit.
const UNLIMITED: usize = 100;

struct Setting {
    cluster: Cluster,
    measured: Measured,
    topology: Topology,
}

impl Setting {
    fn read() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("no repository")?;
        Ok(Self {
            cluster: yaml_serde::from_str(include_str!("cluster.yaml"))?,
            measured: Measured::read()?,
            topology: Topology::of(&in_folder(root)?)?,
        })
    }

    /// Uploads of this length at these times, where each function keeps at least `kept` pods.
    fn simulate(
        &self,
        length_s: f64,
        transcode_pods: usize,
        kept: usize,
        uploads_ms: &[f64],
    ) -> Result<Outcome> {
        let work = Work::of(length_s, self.cluster.transcode_cores, &self.measured)?;
        let scales = |function| {
            let scale = self.scale(function, transcode_pods);
            let least = scale.least.max(kept);
            Scale { least, ..scale }
        };
        Ok(Simulation::new(&self.cluster, &work, &scales, uploads_ms).run())
    }

    /// How a function scales, from its manifest; transcode as far as asked.
    fn scale(&self, function: Function, transcode_pods: usize) -> Scale {
        let service = self.topology.services.get(function.name());
        let number = |name: &str, default: usize| {
            let annotations = service.map(|service| &service.spec.template.metadata.annotations);
            let text =
                annotations.and_then(|all| all.get(&format!("autoscaling.knative.dev/{name}")));
            text.and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let concurrency = service.and_then(|service| service.concurrency());
        let most = match function {
            Function::Transcode => transcode_pods,
            Function::BucketSource
            | Function::Probe
            | Function::EncryptPackage
            | Function::CatalogWrite
            | Function::Thumbnail => number("max-scale", usize::MAX),
        };
        Scale {
            concurrency: concurrency.unwrap_or(UNLIMITED),
            least: number("min-scale", 0),
            most,
            at_start: number("activation-scale", 1),
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    percentile(sorted, 0.5)
}

fn percentile(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len().saturating_sub(1)) as f64 * part;
    sorted.get(index as usize).copied().unwrap_or(f64::NAN)
}

/// One upload to an idle system that keeps `kept` pods of each function.
fn one_upload(setting: &Setting, kept: usize, text: &mut String) -> Result<()> {
    writeln!(
        text,
        "| 1080p | {} | Mux's median for its class |",
        PODS.map(|pods| format!("{pods} transcode")).join(" | ")
    )?;
    writeln!(text, "|---|{}---|", "---|".repeat(PODS.len()))?;
    for (name, length_s, mux_s) in LENGTHS {
        write!(text, "| {name} |")?;
        for pods in PODS {
            let outcome = setting.simulate(length_s, pods, kept, &[0.0])?;
            write!(
                text,
                " {} / {} |",
                time(median(&outcome.playable_s)),
                time(median(&outcome.ready_s))
            )?;
        }
        writeln!(text, " {mux_s} s |")?;
    }
    Ok(())
}

/// Uploads of a minute, evenly over an hour.
fn many_uploads(setting: &Setting, text: &mut String) -> Result<()> {
    writeln!(
        text,
        "| transcode pods | playable, median | 95 % | ready, median | 95 % | longest queue | core hours a minute of video | $ a minute |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---|")?;
    let every_ms = HOUR_MS / UPLOADS as f64;
    let uploads_ms: Vec<f64> = (0..UPLOADS).map(|index| index as f64 * every_ms).collect();
    for pods in MANY_PODS {
        let outcome = setting.simulate(60.0, pods, 0, &uploads_ms)?;
        let core_h = outcome.transcode_pod_h * setting.cluster.transcode_cores / UPLOADS as f64;
        writeln!(
            text,
            "| {pods} | {} | {} | {} | {} | {} | {core_h:.4} | {:.4} |",
            time(median(&outcome.playable_s)),
            time(percentile(&outcome.playable_s, 0.95)),
            time(median(&outcome.ready_s)),
            time(percentile(&outcome.ready_s, 0.95)),
            outcome.longest_queue,
            core_h * setting.cluster.core_hour_usd,
        )?;
    }
    Ok(())
}

fn time(seconds: f64) -> String {
    match seconds {
        of if of < 100.0 => format!("{of:.1} s"),
        of if of < 6_000.0 => format!("{:.1} min", of / 60.0),
        of => format!("{:.1} h", of / 3_600.0),
    }
}

/// The page, from its text with the tables put in.
fn page(setting: &Setting) -> Result<String> {
    let (mut one, mut kept, mut many) = (String::new(), String::new(), String::new());
    one_upload(setting, 0, &mut one)?;
    one_upload(setting, 1, &mut kept)?;
    many_uploads(setting, &mut many)?;
    let cluster = include_str!("cluster.yaml");
    Ok(include_str!("page.md")
        .replace("{one}", one.trim_end())
        .replace("{kept}", kept.trim_end())
        .replace("{many}", many.trim_end())
        .replace("{cluster}", cluster.trim_end()))
}

#[expect(clippy::print_stdout, reason = "the page is what it is for")]
fn main() -> Result<()> {
    print!("{}", page(&Setting::read()?)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pod_encodes_one_chunk_after_the_other_and_more_pods_are_never_slower() {
        let setting = Setting::read().unwrap();
        let work = Work::of(600.0, setting.cluster.transcode_cores, &setting.measured).unwrap();
        let encoding_s: f64 = work
            .chunks
            .iter()
            .chain(&work.sound)
            .map(|part| part.0 / 1_000.0)
            .sum();
        let mut last_s = f64::INFINITY;
        for pods in PODS {
            let outcome = setting.simulate(600.0, pods, 0, &[0.0]).unwrap();
            let (playable_s, ready_s) = (median(&outcome.playable_s), median(&outcome.ready_s));
            assert!(
                playable_s <= ready_s && ready_s <= last_s + 1e-9,
                "{pods}: {ready_s}"
            );
            assert!(
                ready_s * pods as f64 > encoding_s,
                "{pods}: {ready_s} for {encoding_s}"
            );
            last_s = ready_s;
        }
        let alone = setting.simulate(600.0, 1, 0, &[0.0]).unwrap();
        assert!(median(&alone.ready_s) < encoding_s * 1.1 + 120.0);
    }

    #[test]
    fn every_upload_becomes_ready_and_a_run_is_repeatable() {
        let setting = Setting::read().unwrap();
        let uploads_ms: Vec<f64> = (0..200).map(|index| f64::from(index) * 360.0).collect();
        let once = setting.simulate(60.0, 400, 0, &uploads_ms).unwrap();
        let twice = setting.simulate(60.0, 400, 0, &uploads_ms).unwrap();
        assert_eq!(once.ready_s.len(), 200);
        assert_eq!(once.ready_s, twice.ready_s);
    }

    #[test]
    fn too_few_pods_make_a_queue() {
        let setting = Setting::read().unwrap();
        let uploads_ms: Vec<f64> = (0..200).map(|index| f64::from(index) * 360.0).collect();
        let [few, many] =
            [20, 400].map(|pods| setting.simulate(60.0, pods, 0, &uploads_ms).unwrap());
        assert!(few.longest_queue > many.longest_queue);
        assert!(median(&few.ready_s) > median(&many.ready_s));
    }
}
