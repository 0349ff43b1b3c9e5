//! What one upload asks of each function.

use anyhow::Result;

use crate::measured::{Measured, TRANSCODE_CORE_S};

/// Seconds of the first chunk, of a segment, and segments of a chunk at most (the default profile).
const FIRST_S: f64 = 2.0;
const SEGMENT_S: f64 = 6.0;
const MOST_SEGMENTS: u32 = 4;
const AUDIO_PART_S: f64 = 300.0;

/// Functions of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Function {
    BucketSource,
    Probe,
    Transcode,
    EncryptPackage,
    CatalogWrite,
    Thumbnail,
}

/// All of them, in the order of their numbers.
pub(crate) const FUNCTIONS: [Function; 6] = [
    Function::BucketSource,
    Function::Probe,
    Function::Transcode,
    Function::EncryptPackage,
    Function::CatalogWrite,
    Function::Thumbnail,
];

impl Function {
    /// Name of its Knative Service.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BucketSource => "bucket-source",
            Self::Probe => "probe",
            Self::Transcode => "transcode",
            Self::EncryptPackage => "encrypt-package",
            Self::CatalogWrite => "catalog-write",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// Milliseconds of each step of an upload.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) announce: f64,
    pub(crate) probe: f64,
    /// Encoding and packaging of each chunk.
    pub(crate) chunks: Vec<(f64, f64)>,
    /// Encoding and packaging of each part of the sound.
    pub(crate) sound: Vec<(f64, f64)>,
    pub(crate) record: f64,
    pub(crate) publish: f64,
    pub(crate) pictures: f64,
}

impl Work {
    /// The work of a title of this length in 1080p.
    pub(crate) fn of(length_s: f64, cores: f64, measured: &Measured) -> Result<Self> {
        // The measured clip has two chunks and two parts of sound.
        let package =
            measured.ms_per_s("encrypt-package", "io.reeldrop.chunk.transcoded.v1", 2.0)?;
        let wrap = measured.ms_per_s("encrypt-package", "io.reeldrop.audio.transcoded.v1", 2.0)?;
        let sound = measured.ms_per_s("transcode", "io.reeldrop.audio.planned.v1", 2.0)?;
        let encode = TRANSCODE_CORE_S * 1_000.0 / cores;
        let chunk = |seconds: f64| (seconds * encode, seconds * package);
        let part = |seconds: f64| (seconds * sound, seconds * wrap);
        Ok(Self {
            announce: measured.ms("bucket-source", "plain")?,
            probe: measured.ms("probe", "io.reeldrop.upload.finalized.v1")?,
            chunks: chunk_lengths(length_s).into_iter().map(chunk).collect(),
            sound: sound_lengths(length_s).into_iter().map(part).collect(),
            record: measured.ms("catalog-write", "io.reeldrop.chunk.packaged.v1")?,
            publish: measured.ms("encrypt-package", "io.reeldrop.asset.advanced.v1")?,
            pictures: measured.pictures_ms(length_s)?,
        })
    }
}

/// As probe plans them: a short first segment and the rest of its span, then ever more segments.
fn chunk_lengths(length_s: f64) -> Vec<f64> {
    let mut lengths = Vec::new();
    let mut left = length_s;
    let mut size = 1;
    for wanted in [FIRST_S, SEGMENT_S - FIRST_S] {
        push(&mut lengths, &mut left, wanted);
    }
    while left > 0.0 {
        size = (size + 1).min(MOST_SEGMENTS);
        push(&mut lengths, &mut left, f64::from(size) * SEGMENT_S);
    }
    lengths
}

fn sound_lengths(length_s: f64) -> Vec<f64> {
    let mut lengths = Vec::new();
    let mut left = length_s;
    push(&mut lengths, &mut left, SEGMENT_S);
    while left > 0.0 {
        push(&mut lengths, &mut left, AUDIO_PART_S);
    }
    lengths
}

fn push(lengths: &mut Vec<f64>, left: &mut f64, wanted: f64) {
    let taken = wanted.min(*left);
    if taken > 0.0 {
        lengths.push(taken);
        *left -= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_and_sound_cover_the_title() {
        for length in [1.0, 5.0, 60.0, 3_600.0] {
            for lengths in [chunk_lengths(length), sound_lengths(length)] {
                assert!(
                    (lengths.iter().sum::<f64>() - length).abs() < 1e-6,
                    "{length}: {lengths:?}"
                );
            }
        }
        assert_eq!(chunk_lengths(60.0), [2.0, 4.0, 12.0, 18.0, 24.0]);
    }
}
