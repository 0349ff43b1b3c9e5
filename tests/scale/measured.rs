//! How long one event takes, from what was measured.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

const SAMPLES: &str = include_str!("measured.tsv");
/// Processor seconds of transcode for a second of 1080p at 30 frames, with the default ladder: 230 for
/// a minute (docs/measured.md, `make bench`).
pub(crate) const TRANSCODE_CORE_S: f64 = 230.0 / 60.0;
/// Pictures that thumbnail reads of the measured clip, and at most.
const LEAST_PICTURES: f64 = 20.0;
const MOST_PICTURES: f64 = 100.0;
/// Between two pictures, seconds.
const PICTURE_EVERY_S: f64 = 2.0;

/// The median milliseconds of each function and event type, and the clip's seconds.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    medians: BTreeMap<(String, String), f64>,
    clip_s: f64,
}

impl Measured {
    /// Reads the samples that `tests/scale/measure` wrote.
    pub(crate) fn read() -> Result<Self> {
        let mut samples: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        let mut clip_s = 0.0;
        for line in SAMPLES.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [function, ty, seconds, ms] = fields.as_slice() else {
                anyhow::bail!("measured.tsv: `{line}` has not four fields");
            };
            clip_s = seconds.parse()?;
            let key = ((*function).to_owned(), (*ty).to_owned());
            samples.entry(key).or_default().push(ms.parse()?);
        }
        let medians = samples.into_iter().map(|(key, mut ms)| {
            ms.sort_by(f64::total_cmp);
            (key, ms[ms.len() / 2])
        });
        Ok(Self {
            medians: medians.collect(),
            clip_s,
        })
    }

    /// Milliseconds of this function for this event type.
    pub(crate) fn ms(&self, function: &str, ty: &str) -> Result<f64> {
        let key = (function.to_owned(), ty.to_owned());
        let median = self.medians.get(&key).copied();
        median.with_context(|| format!("measured.tsv has no {ty} of {function}"))
    }

    /// The same for a second of video.
    pub(crate) fn ms_per_s(&self, function: &str, ty: &str, parts: f64) -> Result<f64> {
        Ok(self.ms(function, ty)? * parts / self.clip_s)
    }

    /// Milliseconds for the pictures of a title of this length.
    pub(crate) fn pictures_ms(&self, length_s: f64) -> Result<f64> {
        let pictures = (length_s / PICTURE_EVERY_S).clamp(LEAST_PICTURES, MOST_PICTURES);
        let measured = self.ms("thumbnail", "io.reeldrop.pictures.planned.v1")?;
        Ok(measured * pictures / LEAST_PICTURES)
    }
}
