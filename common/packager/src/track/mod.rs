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
use reeldrop_cmaf::movie::{Kind, MovieTrack, single_track_header};
use reeldrop_cmaf::protect::{
    Encryptor, Protection, TrackProtection, add_pssh, encrypt_init, encrypt_init_with_lead,
};
use reeldrop_events::{KeyFrame, PublishedSegment, Scheme};
use uuid::Uuid;

use crate::manifest::Done;
use crate::output::TrackOutput;
use crate::source::{FileSource, Placed};
use crate::{Key, PackageError, Settings};
use segmenter::{Pending, Segmenter};
use timing::Timing;

/// Key frames that are kept for their playlist, at most: twelve days with one every two seconds. A
/// track with more has no such playlist.
const MAX_KEY_FRAMES: usize = 1 << 19;

/// Cuts a track's samples into segments, encrypts and writes them.
pub(crate) struct TrackWriter {
    timing: Timing,
    segmenter: Segmenter,
    pending: Pending,
    cipher: Option<Encryptor>,
    clear_lead_ticks: u64,
    pictures: bool,
    /// `styp`, carried boxes, and what stands before the samples of each fragment.
    heads: Vec<u8>,
    samples: u64,
    /// Key frames that were there.
    keys: usize,
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
                let by = TrackProtection::new(&clear_init, protection, &key.key, output.name())?;
                let init = if lead {
                    encrypt_init_with_lead(&clear_init, protection)?
                } else {
                    encrypt_init(&clear_init, protection)?
                };
                let boxes = key.systems.iter().flat_map(|system| system.pssh.clone());
                let init = add_pssh(&init, &boxes.collect::<Vec<u8>>())?;
                (init, Some(Encryptor::new(by).of_track(output.track_id())))
            }
        };
        output.begin(&init)?;
        Ok(Self {
            timing: Timing::new(track, origin),
            segmenter: Segmenter::new(track, settings.segment_ms),
            pending: Pending::default(),
            cipher,
            clear_lead_ticks: settings.clear_lead_ms * u64::from(track.timescale) / 1000,
            pictures: matches!(track.kind, Kind::Video(_)),
            heads: Vec::new(),
            samples: 0,
            keys: 0,
            done: Done::new(
                track,
                output.name(),
                protection.map(|(_, key)| key),
                settings,
            ),
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
        if self.keys > MAX_KEY_FRAMES {
            self.done.key_frames = Vec::new();
        }
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
        if self.output.has_segment_types() {
            write_segment_type(&mut self.heads);
        }
        self.heads.extend_from_slice(&self.pending.carried);
        let number = u32::try_from(self.done.segments.len()).unwrap_or(u32::MAX);
        let mut parts = Vec::new();
        for fragment in self.pending.fragments(self.pictures) {
            let begin = self.heads.len();
            let part = self.write_head(&fragment, clear)?;
            self.keep_key_frame(number, &fragment, begin..part.0.end);
            parts.push(part);
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
        let header = FragmentHeader {
            sequence: self.output.next_sequence(),
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
            None => write_clear(&header, self.output.track_id(), samples, &mut self.heads)?,
            Some(cipher) if clear => {
                cipher.clear_fragment(&header, samples, media, &mut self.heads)?;
            }
            Some(cipher) => cipher.fragment(&header, samples, media, &mut self.heads)?,
        }
        Ok((start..self.heads.len(), fragment.media.clone()))
    }

    /// Remembers where a key frame is that decodes alone; `head` is where its `moof` and the header of
    /// its `mdat` lie among those of its segment.
    fn keep_key_frame(&mut self, segment: u32, fragment: &segmenter::Fragment, head: Range<usize>) {
        let sample = self.pending.samples.get(fragment.samples.start);
        let Some(sample) = sample.filter(|sample| self.pictures && sample.sync) else {
            return;
        };
        self.keys += 1;
        if self.keys <= MAX_KEY_FRAMES {
            self.done.key_frames.push(KeyFrame {
                segment,
                start_ticks: timing::presented(sample, fragment.decode_time),
                offset: (head.start + fragment.media.start) as u64,
                bytes: (head.len() + fragment.media.len()) as u64,
            });
        }
    }

    /// Segments that have been written.
    pub(crate) fn segments(&self) -> usize {
        self.done.segments.len()
    }

    /// How far the segments that have been written reach, seconds.
    pub(crate) fn reached_s(&self) -> f64 {
        let last = self.done.segments.last();
        let ticks = last.map_or(0, |last| last.start_ticks + last.duration_ticks);
        ticks as f64 / f64::from(self.done.timescale)
    }
}

/// How long a track is, milliseconds.
pub(crate) fn length_ms(
    samples: impl Iterator<Item = Result<Placed, PackageError>>,
    track: &MovieTrack<'_>,
    origin: Origin,
) -> Result<u64, PackageError> {
    let mut timing = Timing::new(track, origin);
    let mut end = 0;
    for sample in samples {
        let sample = sample?;
        if let Some((info, time)) = timing.place(sample.info, sample.decode_time)? {
            end = time.saturating_add(u64::from(info.duration));
        }
    }
    let ms = u128::from(end) * 1000 / u128::from(track.timescale);
    Ok(u64::try_from(ms).unwrap_or(u64::MAX))
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

/// How a track is encrypted, and with which key.
fn protection<'a>(
    track: &MovieTrack<'_>,
    settings: &'a Settings,
    name: &str,
) -> Result<Option<(Protection, &'a Key)>, PackageError> {
    if settings.scheme == Scheme::None {
        return Ok(None);
    }
    let labels = match track.kind {
        Kind::Video(video) => vec![name, names::class(video), "video"],
        Kind::Audio(_) => vec![name, "audio"],
    };
    let key = settings.keys.find(track.kind, &labels)?;
    // What a key server chose for `cbcs` would let `cenc` count from the same number for every title.
    let constant = key.iv.filter(|_| settings.scheme == Scheme::Cbcs);
    let iv = settings
        .iv
        .or(constant)
        .unwrap_or_else(|| Uuid::from_bytes(rand::random()).into_bytes());
    let protection = Protection {
        scheme: settings.scheme,
        kid: key.kid,
        iv,
    };
    Ok(Some((protection, key)))
}
