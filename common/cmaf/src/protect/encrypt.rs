//! Encrypting segments.

use reeldrop_events::Scheme;
use sha2::{Digest, Sha256};

use super::cipher::Cipher;
use super::fragment::{self, Kept, MoofWriter, SampleAt};
use super::layout::Layout;
use super::samples::{Direction, FragmentJob, Mode, SampleJob, TrackJob};
use super::segment::transform;
use super::{ContentKey, Protection, header};
use crate::CmafError;
use crate::boxes::senc::{self, Entry};
use crate::boxes::tenc::{Iv, Pattern, Tenc};
use crate::boxes::tfhd::Defaults;
use crate::boxes::{BoxRef, FourCc, common_pssh, seig};
use crate::init::entry;
use crate::init::read::tracks;

/// All that encrypting the segments of one rendition takes.
///
/// # Initialisation vectors of `cenc`
/// A vector of eight bytes is followed by a count of blocks that starts at 0 in each sample, so
/// that key stream is used once as long as no two samples under a key share a vector. A sample's
/// vector is a base plus its decode time in ticks, modulo 2^64. Decode times grow from sample to
/// sample, so that no two of a rendition are alike, wherever and in whichever order its segments
/// are encrypted. The base is the start of SHA-256 over the key's salt and the rendition's name:
/// two renditions whose times span 2^33 ticks (a day at 90 kHz) meet with a probability of 2^-30,
/// and so do two titles that a person gave the same key, where each has a salt of its own, or is part of
/// the name: key servers give several titles one salt with one key.
#[derive(Clone)]
pub struct TrackProtection {
    pub(super) cipher: Cipher,
    protection: Protection,
    pub(super) track_id: u32,
    pub(super) mode: Mode,
    pub(super) layout: Layout,
    iv_base: u64,
    defaults: Defaults,
    period: Option<Period>,
}

/// Fragments under another key than the header's.
#[derive(Clone)]
struct Period {
    group: Tenc,
    /// Common `pssh` of its key id: players ask for the key when they come to it (ISO/IEC 23001-7, 8.1).
    pssh: Vec<u8>,
}

impl std::fmt::Debug for TrackProtection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackProtection")
            .field("protection", &self.protection)
            .finish_non_exhaustive()
    }
}

impl TrackProtection {
    /// Prepares the encryption of a rendition from its clear header.
    ///
    /// `rendition` is its name, which is unique in the title.
    ///
    /// # Errors
    /// [`CmafError`] where the header has not exactly one clear track, its parameter sets cannot be
    /// read, or its codec cannot be protected here.
    pub fn new(
        clear_init: &[u8],
        protection: &Protection,
        key: &ContentKey,
        rendition: &str,
    ) -> Result<Self, CmafError> {
        let tracks = tracks(clear_init)?;
        let [track] = tracks.as_slice() else {
            return Err(CmafError::Unsupported("header without exactly one track"));
        };
        if track.protection.is_some() {
            return Err(CmafError::Unsupported("header that is protected already"));
        }
        let layout = match protection.scheme {
            Scheme::None => Layout::Whole,
            Scheme::Cbcs | Scheme::Cenc => Layout::of(track)?,
        };
        let entry = entry::protected(track.format).unwrap_or(FourCc(*b"enca"));
        let mode = match protection.scheme {
            Scheme::Cenc => Mode::Cenc,
            Scheme::Cbcs | Scheme::None => {
                Mode::Cbcs(header::default_encryption(entry, protection).pattern)
            }
        };
        Ok(Self {
            cipher: Cipher::new(key),
            protection: *protection,
            track_id: track.id,
            mode,
            layout,
            iv_base: iv_base(&protection.iv, rendition),
            defaults: track.defaults,
            period: None,
        })
    }

    /// The same track in a later crypto period: its fragments say in themselves that they are under this
    /// key (sample groups of type `seig`, ISO/IEC 23001-7, 6), with the header as it is. The scheme of
    /// `protection` is not looked at; a track that is not encrypted stays so.
    ///
    /// Two periods must not have the same key where the scheme is `cenc` and their decode times overlap.
    #[must_use]
    pub fn in_period(&self, protection: &Protection, key: &ContentKey) -> Self {
        let protection = Protection {
            scheme: self.protection.scheme,
            ..*protection
        };
        let (pattern, iv) = match self.mode {
            Mode::Cbcs(pattern) => (pattern, Iv::Constant(protection.iv)),
            Mode::Cenc => (Pattern::default(), Iv::PerSample { bytes: 8 }),
        };
        Self {
            cipher: Cipher::new(key),
            protection,
            period: Some(Period {
                group: Tenc {
                    pattern,
                    is_protected: true,
                    iv,
                    kid: protection.kid,
                },
                pssh: common_pssh(&[protection.kid]),
            }),
            ..self.clone()
        }
    }

    /// What stands at the end of each `moof`.
    pub(super) fn key_boxes(&self) -> &[u8] {
        let period = self.period.as_ref();
        period.map_or(&[], |period| period.pssh.as_slice())
    }

    /// Writes into a `traf` which key its samples are under, where it is not the header's.
    pub(super) fn write_group(&self, out: &mut Vec<u8>, samples: usize) -> Result<(), CmafError> {
        if let Some(period) = &self.period {
            let samples = u32::try_from(samples).map_err(|_| CmafError::TooLarge("sbgp"))?;
            seig::write(out, &period.group, samples);
        }
        Ok(())
    }

    /// The vector of a sample with this decode time.
    pub(super) fn iv(&self, decode_time: u64) -> [u8; 16] {
        match self.mode {
            Mode::Cbcs(_) => self.protection.iv,
            Mode::Cenc => {
                let iv = self.iv_base.wrapping_add(decode_time);
                (u128::from(iv) << 64).to_be_bytes()
            }
        }
    }

    /// What `senc` says of the samples of `job`.
    pub(super) fn entries<'a>(
        &self,
        job: &'a TrackJob,
    ) -> impl ExactSizeIterator<Item = Entry<'a>> + Clone + use<'a> {
        let iv_bytes = self.iv_bytes();
        job.samples.iter().map(move |sample| Entry {
            iv: sample.iv.get(..iv_bytes).unwrap_or_default(),
            subsamples: job
                .subsamples
                .get(sample.subsamples.clone())
                .unwrap_or_default(),
        })
    }

    /// How many bytes of a sample's vector stand in `senc`.
    fn iv_bytes(&self) -> usize {
        match self.mode {
            Mode::Cbcs(_) => 0,
            Mode::Cenc => 8,
        }
    }
}

fn iv_base(salt: &[u8; 16], rendition: &str) -> u64 {
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update(rendition)
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |base, byte| (base << 8) | u64::from(*byte))
}

/// Encrypts a segment, one or several `moof` with their `mdat`, to the end of `out`.
///
/// The same segment gives the same bytes. On an error `out` is as it was.
///
/// # Errors
/// [`CmafError`] where the segment is broken or is of another track, a slice header cannot be read,
/// or, for `cenc`, two samples have the same decode time.
pub fn encrypt_segment(
    segment: &[u8],
    track: &TrackProtection,
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    out.reserve(segment.len() + segment.len() / 64 + 1024);
    if track.protection.scheme == Scheme::None {
        out.extend_from_slice(segment);
        return Ok(());
    }
    let mut layout = track.layout.clone();
    transform(segment, out, |moof, out| {
        encrypt_moof(segment, moof, track, &mut layout, out)
    })
}

fn encrypt_moof(
    segment: &[u8],
    moof: &BoxRef<'_>,
    track: &TrackProtection,
    layout: &mut Layout,
    out: &mut Vec<u8>,
) -> Result<FragmentJob, CmafError> {
    let mut jobs = Vec::new();
    for fragment in fragment::read(segment, moof, |_| track.defaults)? {
        if fragment.track_id != track.track_id {
            return Err(CmafError::Invalid("track id of a fragment"));
        }
        if fragment.senc.is_some() || fragment.group.is_some() {
            return Err(CmafError::Unsupported("segment that is protected already"));
        }
        jobs.push(track_job(segment, &fragment.samples, track, layout)?);
    }
    fragment::write_moof(moof, out, track.key_boxes(), |index, traf, writer| {
        write_traf(
            traf,
            writer,
            jobs.get(index).ok_or(CmafError::Missing("traf"))?,
            track,
        )
    })?;
    Ok(FragmentJob(jobs))
}

fn track_job(
    segment: &[u8],
    samples: &[SampleAt],
    track: &TrackProtection,
    layout: &mut Layout,
) -> Result<TrackJob, CmafError> {
    let same_time = |pair: &[SampleAt]| matches!(pair, [a, b] if a.decode_time == b.decode_time);
    if track.mode == Mode::Cenc && samples.windows(2).any(same_time) {
        return Err(CmafError::Invalid("sample without duration"));
    }
    let mut subsamples = Vec::new();
    let mut jobs = Vec::with_capacity(samples.len());
    for sample in samples {
        let data = segment.get(sample.range.clone()).unwrap_or_default();
        let ranges = layout.map(data, track.mode, &mut subsamples)?;
        jobs.push(SampleJob {
            range: sample.range.clone(),
            iv: track.iv(sample.decode_time),
            subsamples: ranges,
        });
    }
    Ok(TrackJob {
        cipher: track.cipher.clone(),
        mode: track.mode,
        direction: Direction::Encrypt,
        samples: jobs,
        subsamples,
    })
}

fn write_traf(
    traf: &BoxRef<'_>,
    writer: &mut MoofWriter<'_>,
    job: &TrackJob,
    track: &TrackProtection,
) -> Result<(), CmafError> {
    let entries = track.entries(job);
    writer.traf(
        traf,
        |_| Ok(Kept::Whole),
        |out, moof_start| {
            track.write_group(out, job.samples.len())?;
            senc::write(out, moof_start, entries)
        },
    )
}
