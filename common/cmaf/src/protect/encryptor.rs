//! Encrypting samples where they lie.

use std::ops::Range;

use super::encrypt::TrackProtection;
use super::header::CLEAR_ENTRY;
use super::layout::Layout;
use super::samples::{Direction, Mode, SampleJob, TrackJob};
use super::{ContentKey, Protection};
use crate::CmafError;
use crate::boxes::senc;
use crate::fragment::FragmentHeader;
use crate::head::{self, SampleInfo};

/// Encrypts the fragments of a track one after the other, in decode order, without copying samples.
///
/// For a packager that has read a track's samples into memory of its own: [`Self::fragment`] encrypts
/// them there and writes what has to stand before them.
pub struct Encryptor {
    track: TrackProtection,
    layout: Layout,
    job: TrackJob,
}

impl std::fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Encryptor").field(&self.track).finish()
    }
}

impl Encryptor {
    /// Prepares the encryption of a track.
    #[must_use]
    pub fn new(track: TrackProtection) -> Self {
        let job = TrackJob {
            cipher: track.cipher.clone(),
            mode: track.mode,
            direction: Direction::Encrypt,
            samples: Vec::new(),
            subsamples: Vec::new(),
        };
        Self {
            layout: track.layout.clone(),
            track,
            job,
        }
    }

    /// Encrypts with another key from the next fragment on: see [`TrackProtection::in_period`].
    pub fn begin_period(&mut self, protection: &Protection, key: &ContentKey) {
        self.track = self.track.in_period(protection, key);
        self.job.cipher = self.track.cipher.clone();
    }

    /// Writes fragments of track `id` from now on: for a file of several tracks, whose headers
    /// [`crate::movie::merge_headers`] makes one.
    #[must_use]
    pub fn of_track(mut self, id: u32) -> Self {
        self.track.track_id = id;
        self
    }

    /// Encrypts `media`, which holds `samples` end to end, and appends to `out` the `moof` and the
    /// header of the `mdat` whose content `media` is.
    ///
    /// # Errors
    /// [`CmafError`] where the samples do not fill `media`, a header in them cannot be read, two
    /// samples have the same decode time under `cenc`, or the fragment is too large. `media` is as it
    /// was then.
    pub fn fragment(
        &mut self,
        header: &FragmentHeader,
        samples: &[SampleInfo],
        media: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CmafError> {
        let start = out.len();
        let outcome = self
            .plan(header, samples, media)
            .and_then(|()| self.write(header, samples, out));
        if outcome.is_err() {
            out.truncate(start);
            return outcome;
        }
        self.job.apply_all(0, media);
        Ok(())
    }

    /// As [`Self::fragment`] for samples that stay clear in a protected track: a clear lead, whose
    /// header [`super::encrypt_init_with_lead`] writes.
    ///
    /// # Errors
    /// As [`Self::fragment`].
    pub fn clear_fragment(
        &mut self,
        header: &FragmentHeader,
        samples: &[SampleInfo],
        media: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CmafError> {
        // Headers in clear samples hold for those that follow.
        self.plan(header, samples, media)?;
        let track = (self.track.track_id, Some(CLEAR_ENTRY));
        head::write(header, track, samples, &[], out, |_, _| Ok(()))
    }

    /// Finds what is protected.
    fn plan(
        &mut self,
        header: &FragmentHeader,
        samples: &[SampleInfo],
        media: &[u8],
    ) -> Result<(), CmafError> {
        self.job.samples.clear();
        self.job.subsamples.clear();
        let mut at = 0;
        let mut decode_time = header.base_decode_time;
        for sample in samples {
            let range = next_range(at, sample, media)?;
            at = range.end;
            if self.track.mode == Mode::Cenc && sample.duration == 0 {
                return Err(CmafError::Invalid("sample without duration"));
            }
            let data = media.get(range.clone()).unwrap_or_default();
            let subsamples = self
                .layout
                .map(data, self.track.mode, &mut self.job.subsamples)?;
            self.job.samples.push(SampleJob {
                range,
                iv: self.track.iv(decode_time),
                subsamples,
            });
            decode_time = decode_time.wrapping_add(u64::from(sample.duration));
        }
        if at == media.len() {
            Ok(())
        } else {
            Err(CmafError::Invalid("size of a fragment's samples"))
        }
    }

    fn write(
        &self,
        header: &FragmentHeader,
        samples: &[SampleInfo],
        out: &mut Vec<u8>,
    ) -> Result<(), CmafError> {
        let entries = self.track.entries(&self.job);
        let track = (self.track.track_id, None);
        let after = self.track.key_boxes();
        head::write(header, track, samples, after, out, |out, moof| {
            self.track.write_group(out, samples.len())?;
            senc::write(out, moof, entries)
        })
    }
}

fn next_range(at: usize, sample: &SampleInfo, media: &[u8]) -> Result<Range<usize>, CmafError> {
    let size = usize::try_from(sample.size).map_err(|_| CmafError::TooLarge("sample"))?;
    let end = at.checked_add(size).filter(|end| *end <= media.len());
    Ok(at..end.ok_or(CmafError::Truncated("samples"))?)
}
