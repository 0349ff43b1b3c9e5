//! An MP4 that can be read but once, in order: its boxes, and the samples of its fragments.

use std::io::{self, Read};

use reeldrop_cmaf::boxes::{Header, iter};
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::moof::{self, Defaults};
use reeldrop_cmaf::movie::MovieTrack;

use super::{MAX_CARRIED_BYTES, MAX_FRAGMENT_BYTES, MAX_MOVIE_BYTES};
use crate::PackageError;
use crate::track::TrackWriter;

/// The stream, after its movie.
pub(crate) struct StreamSource<'a> {
    stream: Counted<'a>,
    movie: Vec<u8>,
    carried: Vec<u8>,
}

/// A stream that knows how far it has been read.
struct Counted<'a> {
    stream: &'a mut dyn Read,
    /// Bytes that have been read.
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(out)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

/// A sample of the tracks that are packaged.
pub(crate) struct StreamSample {
    pub(crate) track_id: u32,
    pub(crate) info: SampleInfo,
    /// Decode time, ticks.
    pub(crate) decode_time: u64,
    /// Bytes from the start of the `moof`.
    offset: u64,
}

/// A `moof` whose `mdat` has not been read.
pub(crate) struct Fragment {
    /// In the order in which they lie.
    pub(crate) samples: Vec<StreamSample>,
    bytes: u64,
}

impl<'a> StreamSource<'a> {
    /// Reads up to the end of the movie.
    pub(crate) fn open(stream: &'a mut dyn Read) -> Result<Self, PackageError> {
        let mut source = Self {
            stream: Counted { stream, bytes: 0 },
            movie: Vec::new(),
            carried: Vec::new(),
        };
        while let Some((header, bytes)) = source.next_header()? {
            if header.kind == b"moov" {
                source.movie = source.whole(&header, &bytes, MAX_MOVIE_BYTES)?;
                return Ok(source);
            }
            if header.kind == b"mdat" {
                return Err(PackageError::StreamIndexLast);
            }
            source.skip_content(&header)?;
        }
        Err(PackageError::NoMovie)
    }

    pub(crate) fn take_header(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.movie)
    }

    /// The next `moof`; none at the end of the stream.
    pub(crate) fn next_fragment(
        &mut self,
        tracks: &[&MovieTrack<'_>],
    ) -> Result<Option<Fragment>, PackageError> {
        while let Some((header, bytes)) = self.next_header()? {
            match &header.kind.0 {
                b"moof" => {
                    let whole = self.whole(&header, &bytes, MAX_FRAGMENT_BYTES)?;
                    return Fragment::read(&whole, tracks).map(Some);
                }
                b"emsg" | b"prft" => {
                    let room = MAX_CARRIED_BYTES.saturating_sub(self.carried.len() as u64);
                    let whole = self.whole(&header, &bytes, room)?;
                    self.carried.extend(whole);
                }
                _ => self.skip_content(&header)?,
            }
        }
        Ok(None)
    }

    /// Reads the samples of `fragment` into the writers of their tracks.
    pub(crate) fn deliver(
        &mut self,
        fragment: Fragment,
        writers: &mut [(u32, TrackWriter)],
        carrier: Option<u32>,
    ) -> Result<(), PackageError> {
        let (mdat, header) = loop {
            let next = self.next_header()?.ok_or(PackageError::CutShort)?;
            if next.0.kind == b"mdat" {
                break next;
            }
            self.skip_content(&next.0)?;
        };
        // Samples are placed from the `moof` on, and nothing but its `mdat` is behind it.
        let mut at = fragment.bytes + header.len() as u64;
        let end = content_bytes(&mdat).map(|content| at.saturating_add(content));
        for sample in fragment.samples {
            let gap = sample.offset.checked_sub(at).ok_or(PackageError::Order)?;
            self.skip(gap)?;
            at = sample.offset + u64::from(sample.info.size);
            if end.is_some_and(|end| at > end) {
                return Err(PackageError::CutShort);
            }
            let mut found = writers.iter_mut();
            if let Some((id, writer)) = found.find(|(id, _)| *id == sample.track_id) {
                let mut carried = Vec::new();
                if carrier == Some(*id) {
                    carried = std::mem::take(&mut self.carried);
                }
                writer.push_streamed(
                    sample.info,
                    sample.decode_time,
                    &carried,
                    &mut self.stream,
                )?;
            }
        }
        match end {
            Some(end) => self.skip(end - at),
            None => Ok(()),
        }
    }

    /// The next box's header, and its bytes; none at the end of the stream.
    fn next_header(&mut self) -> Result<Option<(Header, Vec<u8>)>, PackageError> {
        let mut bytes = Vec::with_capacity(Header::MAX_LEN);
        read_up_to(&mut self.stream, 8, &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        // A size of 1 is followed by one of 64 bits.
        if bytes.starts_with(&[0, 0, 0, 1]) {
            read_up_to(&mut self.stream, 8, &mut bytes)?;
        }
        Ok(Some((Header::read(&bytes)?, bytes)))
    }

    fn whole(&mut self, header: &Header, bytes: &[u8], most: u64) -> Result<Vec<u8>, PackageError> {
        let content = content_bytes(header).filter(|content| *content <= most);
        let content = content.ok_or(PackageError::BoxTooLarge(header.kind))?;
        let mut whole = bytes.to_vec();
        read_up_to(&mut self.stream, content, &mut whole)?;
        if whole.len() as u64 == content + bytes.len() as u64 {
            Ok(whole)
        } else {
            Err(PackageError::CutShort)
        }
    }

    fn skip_content(&mut self, header: &Header) -> Result<(), PackageError> {
        // One that reaches to the end leaves nothing behind it.
        self.skip(content_bytes(header).unwrap_or(u64::MAX))
    }

    /// Bytes that have been read so far.
    pub(super) fn position(&self) -> u64 {
        self.stream.bytes
    }

    /// What is still to be read.
    pub(super) fn reader(&mut self) -> &mut dyn Read {
        &mut self.stream
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), PackageError> {
        let mut limited = Read::take(&mut self.stream, count);
        io::copy(&mut limited, &mut io::sink()).map_err(PackageError::Read)?;
        Ok(())
    }
}

fn content_bytes(header: &Header) -> Option<u64> {
    header.size.map(|size| size - header.header_len as u64)
}

/// Takes memory only for what is there.
fn read_up_to(stream: &mut dyn Read, count: u64, out: &mut Vec<u8>) -> Result<(), PackageError> {
    stream
        .take(count)
        .read_to_end(out)
        .map_err(PackageError::Read)?;
    Ok(())
}

impl Fragment {
    fn read(moof: &[u8], tracks: &[&MovieTrack<'_>]) -> Result<Self, PackageError> {
        let found = iter(moof).next().ok_or(PackageError::CutShort)??;
        let defaults = |id| {
            let mut tracks = tracks.iter();
            let track = tracks.find(|track| track.id == id);
            track.map_or(Defaults::default(), |track| track.defaults)
        };
        let mut samples = Vec::new();
        for fragment in moof::read(&found, defaults)? {
            let mut decode_time = fragment.base_decode_time;
            for sample in fragment.samples {
                samples.push(StreamSample {
                    track_id: fragment.track_id,
                    info: sample.info,
                    decode_time,
                    offset: sample.offset,
                });
                decode_time = decode_time.saturating_add(u64::from(sample.info.duration));
            }
        }
        samples.retain(|sample| tracks.iter().any(|track| track.id == sample.track_id));
        samples.sort_by_key(|sample| sample.offset);
        Ok(Self {
            samples,
            bytes: moof.len() as u64,
        })
    }
}
