//! One track: samples in, segments out.

mod names;
mod segmenter;
mod timing;

pub(crate) use names::Names;
pub(crate) use timing::Origin;

use std::io::{IoSlice, Read};
use std::ops::Range;

use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::head::{SampleInfo, write_clear, write_segment_type};
use reeldrop_cmaf::init::TRACK_ID;
use reeldrop_cmaf::movie::{Kind, MovieTrack, single_track_header};
use reeldrop_cmaf::protect::{
    Encryptor, Protection, TrackProtection, encrypt_init, encrypt_init_with_lead,
};
use reeldrop_events::{PublishedSegment, Scheme};
use uuid::Uuid;

use crate::manifest::Done;
use crate::output::TrackOutput;
use crate::source::{FileSource, Placed};
use crate::{PackageError, Settings};
use segmenter::{Pending, Segmenter};
use timing::Timing;

/// Cuts a track's samples into segments, encrypts and writes them.
pub(crate) struct TrackWriter {
    timing: Timing,
    segmenter: Segmenter,
    pending: Pending,
    cipher: Option<Encryptor>,
    clear_lead_ticks: u64,
    /// `styp`, carried boxes, and what stands before the samples of each fragment.
    heads: Vec<u8>,
    sequence: u32,
    samples: u64,
    output: TrackOutput,
    done: Done,
}

impl TrackWriter {
    /// `header` holds the `moov` that `track` is of.
    pub(crate) fn new(
        track: &MovieTrack<'_>,
        header: &[u8],
        origin: Origin,
        settings: &Settings,
        mut output: TrackOutput,
    ) -> Result<Self, PackageError> {
        let clear_init = single_track_header(header, track.id)?;
        let lead = settings.clear_lead_ms > 0;
        let protection = protection(track, settings, output.name())?;
        let (init, cipher) = match &protection {
            None => (clear_init, None),
            Some((protection, key)) => {
                let by = TrackProtection::new(&clear_init, protection, key, output.name())?;
                let init = if lead {
                    encrypt_init_with_lead(&clear_init, protection)?
                } else {
                    encrypt_init(&clear_init, protection)?
                };
                (init, Some(Encryptor::new(by)))
            }
        };
        output.begin(&init)?;
        Ok(Self {
            timing: Timing::new(track, origin),
            segmenter: Segmenter::new(track, settings.segment_ms),
            pending: Pending::default(),
            cipher,
            clear_lead_ticks: settings.clear_lead_ms * u64::from(track.timescale) / 1000,
            heads: Vec::new(),
            sequence: 0,
            samples: 0,
            done: Done::new(track, output.name(), protection.map(|(by, _)| by.kid)),
            output,
        })
    }

    /// Adds a sample of a file, which is read with the rest of its segment.
    pub(crate) fn push_placed(
        &mut self,
        sample: &Placed,
        source: &FileSource,
    ) -> Result<(), PackageError> {
        if self.prepare(
            sample.info,
            sample.decode_time,
            &sample.carried,
            Some(source),
        )? {
            self.pending
                .place(sample.offset, sample.info.size, source)?;
        }
        Ok(())
    }

    /// Adds a sample that is next in `stream`.
    pub(crate) fn push_streamed(
        &mut self,
        info: SampleInfo,
        decode_time: u64,
        carried: &[u8],
        stream: &mut dyn Read,
    ) -> Result<(), PackageError> {
        if self.prepare(info, decode_time, carried, None)? {
            self.pending.read(stream, info.size)
        } else {
            let mut skipped = Read::take(stream, u64::from(info.size));
            std::io::copy(&mut skipped, &mut std::io::sink()).map_err(PackageError::Read)?;
            Ok(())
        }
    }

    /// Ends the segment where one begins with this sample, and adds all but its bytes; false where
    /// it is left out.
    fn prepare(
        &mut self,
        info: SampleInfo,
        decode_time: u64,
        carried: &[u8],
        source: Option<&FileSource>,
    ) -> Result<bool, PackageError> {
        let Some((info, decode_time)) = self.timing.place(info, decode_time)? else {
            return Ok(false);
        };
        let start = timing::presented(&info, decode_time);
        if self.segmenter.begins_segment(&info, start) && !self.pending.is_empty() {
            self.end_segment(Some(start), source)?;
        }
        self.pending.add(info, decode_time, carried)?;
        Ok(true)
    }

    /// Ends the last segment.
    pub(crate) fn finish(mut self, source: Option<&FileSource>) -> Result<Done, PackageError> {
        if self.pending.is_empty() && self.done.segments.is_empty() {
            return Err(PackageError::NoSamples);
        }
        if !self.pending.is_empty() {
            self.end_segment(None, source)?;
        }
        self.output.finish(&mut self.done)?;
        self.done.samples = self.samples;
        Ok(self.done)
    }

    /// Writes what is pending; `next` is when the next segment begins.
    fn end_segment(
        &mut self,
        next: Option<u64>,
        source: Option<&FileSource>,
    ) -> Result<(), PackageError> {
        self.pending.fill(source)?;
        let start = self.pending.start();
        let clear = start < self.clear_lead_ticks;
        self.heads.clear();
        write_segment_type(&mut self.heads);
        self.heads.extend_from_slice(&self.pending.carried);
        let mut parts = Vec::new();
        for fragment in self.pending.fragments() {
            parts.push(self.write_head(&fragment, clear)?);
        }
        let media = self.pending.media();
        let slices: Vec<IoSlice<'_>> = parts
            .iter()
            .flat_map(|(head, of)| {
                let head = self.heads.get(head.clone()).unwrap_or_default();
                let media = media.get(of.clone()).unwrap_or_default();
                [IoSlice::new(head), IoSlice::new(media)]
            })
            .collect();
        let number = u32::try_from(self.done.segments.len()).unwrap_or(u32::MAX);
        let bytes = self.output.segment(number, slices)?;
        let samples = self.pending.samples.len();
        self.done.segments.push(PublishedSegment {
            number,
            start_ticks: start,
            duration_ticks: match next {
                Some(next) => next.saturating_sub(start),
                None => self.pending.duration(),
            },
            bytes,
            samples: u32::try_from(samples).unwrap_or(u32::MAX),
        });
        self.samples += samples as u64;
        self.pending.clear();
        Ok(())
    }

    /// Writes what stands before a fragment's samples, which are encrypted: gives the places of both.
    fn write_head(
        &mut self,
        fragment: &segmenter::Fragment,
        clear: bool,
    ) -> Result<(Range<usize>, Range<usize>), PackageError> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = FragmentHeader {
            sequence: self.sequence,
            base_decode_time: fragment.decode_time,
        };
        // What stands before the first fragment is written with its head.
        let start = if fragment.samples.start == 0 {
            0
        } else {
            self.heads.len()
        };
        let (samples, media) = self.pending.of(fragment);
        match &mut self.cipher {
            None => write_clear(&header, TRACK_ID, samples, &mut self.heads)?,
            Some(cipher) if clear => {
                cipher.clear_fragment(&header, samples, media, &mut self.heads)?;
            }
            Some(cipher) => cipher.fragment(&header, samples, media, &mut self.heads)?,
        }
        Ok((start..self.heads.len(), fragment.media.clone()))
    }
}

/// How many segments a track has.
pub(crate) fn count_segments(
    samples: impl Iterator<Item = Result<Placed, PackageError>>,
    track: &MovieTrack<'_>,
    origin: Origin,
    settings: &Settings,
) -> Result<usize, PackageError> {
    let mut timing = Timing::new(track, origin);
    let mut segmenter = Segmenter::new(track, settings.segment_ms);
    let mut count = 0;
    for sample in samples {
        let sample = sample?;
        if let Some((info, decode_time)) = timing.place(sample.info, sample.decode_time)? {
            let begins = segmenter.begins_segment(&info, timing::presented(&info, decode_time));
            count += usize::from(begins || count == 0);
        }
    }
    Ok(count)
}

fn protection(
    track: &MovieTrack<'_>,
    settings: &Settings,
    name: &str,
) -> Result<Option<(Protection, reeldrop_cmaf::protect::ContentKey)>, PackageError> {
    if settings.scheme == Scheme::None {
        return Ok(None);
    }
    let labels = match track.kind {
        Kind::Video(video) => vec![name, names::class(video), "video"],
        Kind::Audio(_) => vec![name, "audio"],
    };
    let key = settings.keys.find(&labels);
    let key = key.ok_or_else(|| PackageError::NoKey(name.to_owned()))?;
    let iv = settings
        .iv
        .unwrap_or_else(|| Uuid::from_bytes(rand::random()).into_bytes());
    let protection = Protection {
        scheme: settings.scheme,
        kid: key.kid,
        iv,
    };
    Ok(Some((protection, key.key.clone())))
}
