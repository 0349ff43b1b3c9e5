//! From coded pictures to CMAF segments.

use reeldrop_cmaf::fragment::{self, FragmentHeader, Sample};
use reeldrop_events::{ClearSegment, Timeline, VideoCodec};

use super::{collected::Coded, gate::Times};
use crate::Error;

/// Writes the segments of one rendition of a chunk one after another.
///
/// The n-th picture in decode order is decoded at the n-th presentation time of the chunk: decode
/// times then start where the chunk starts and end where it ends, without an edit list, and the
/// composition offsets are small and may be negative (version 1 `trun`).
pub(crate) fn write(
    timeline: &Timeline,
    times: &Times,
    codec: VideoCodec,
    pictures: Vec<Coded>,
    out: &mut Vec<u8>,
) -> Result<Vec<ClearSegment>, Error> {
    if pictures.len() != times.ticks.len() {
        let (frames, coded) = (times.ticks.len(), pictures.len());
        return Err(Error::Encoder(format!(
            "{frames} frames became {coded} pictures"
        )));
    }
    let ends = times.ticks.iter().skip(1).copied().chain([times.end]);
    let mut segments: Vec<ClearSegment> = Vec::new();
    let mut open: Option<Open> = None;
    for ((picture, tick), end) in pictures
        .into_iter()
        .zip(times.ticks.iter().copied())
        .zip(ends)
    {
        let number = timeline.segment_at(tick);
        if let Some(full) = open.take_if(|open| open.number != number) {
            segments.push(full.write(codec, out)?);
        }
        let open = open.get_or_insert_with(|| Open {
            number,
            start: tick,
            end,
            samples: Vec::new(),
        });
        open.add(timeline, picture, tick, end)?;
    }
    if let Some(last) = open {
        segments.push(last.write(codec, out)?);
    }
    Ok(segments)
}

/// The segment being filled.
struct Open {
    number: u32,
    start: u64,
    end: u64,
    samples: Vec<Sample>,
}

impl Open {
    fn add(
        &mut self,
        timeline: &Timeline,
        picture: Coded,
        tick: u64,
        end: u64,
    ) -> Result<(), Error> {
        if self.samples.is_empty() && !picture.sync {
            return Err(Error::Encoder(format!(
                "segment {} begins without a key frame",
                self.number
            )));
        }
        let shown = ticks_of(timeline, picture.time_ns);
        let overflow = |_| Error::Encoder("a picture's time does not fit".to_owned());
        let offset = i128::from(shown) - i128::from(tick);
        self.samples.push(Sample {
            data: picture.data,
            duration: u32::try_from(end - tick).map_err(overflow)?,
            composition_offset: i32::try_from(offset).map_err(overflow)?,
            sync: picture.sync,
        });
        self.end = end;
        Ok(())
    }

    fn write(self, codec: VideoCodec, out: &mut Vec<u8>) -> Result<ClearSegment, Error> {
        let offset = out.len() as u64;
        let header = FragmentHeader {
            sequence: self.number + 1,
            base_decode_time: self.start,
        };
        match codec {
            VideoCodec::H264 | VideoCodec::H265 => {
                fragment::write_pictures(&header, &self.samples, out)?;
            }
            // GStreamer 1.22 loses the second picture of a file that begins with a fragment of one.
            VideoCodec::Av1 => fragment::write(&header, &self.samples, out)?,
        }
        Ok(ClearSegment {
            number: self.number,
            start_ticks: self.start,
            duration_ticks: self.end - self.start,
            offset,
            bytes: out.len() as u64 - offset,
            samples: self.samples.len() as u32,
        })
    }
}

/// The tick whose [`Timeline::tick_ns`] is `time_ns`.
fn ticks_of(timeline: &Timeline, time_ns: u64) -> u64 {
    let ticks = u128::from(time_ns) * u128::from(timeline.timescale) + 500_000_000;
    u64::try_from(ticks / 1_000_000_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reeldrop_events::{FrameRate, Ratio};

    use super::*;

    fn timeline() -> Timeline {
        Timeline {
            origin_ns: 7,
            timescale: 30_000,
            frame_rate: FrameRate::Constant(Ratio {
                num: 30_000,
                den: 1_001,
            }),
            gop_ticks: 4_004,
            segment_ticks: 8_008,
            first_segment_ticks: None,
        }
    }

    fn coded(timeline: &Timeline, tick: u64, sync: bool) -> Coded {
        Coded {
            data: Bytes::from_static(b"data"),
            time_ns: timeline.tick_ns(tick),
            sync,
        }
    }

    #[test]
    fn a_tick_survives_nanoseconds() {
        for tick in (0..400_000_000_000).step_by(777_777_777) {
            assert_eq!(ticks_of(&timeline(), timeline().tick_ns(tick)), tick);
        }
    }

    #[test]
    fn pictures_out_of_order_fill_segments_without_gap() {
        let timeline = timeline();
        let ticks: Vec<u64> = (8..24).map(|n| n * 1_001).collect();
        // Decode order of each GOP: I P B B.
        let order = [0, 3, 1, 2];
        let pictures =
            (0..16).map(|n| coded(&timeline, ticks[n / 4 * 4 + order[n % 4]], n % 4 == 0));
        let times = Times {
            ticks: ticks.clone(),
            end: 24 * 1_001,
        };
        let mut out = Vec::new();
        let segments = write(
            &timeline,
            &times,
            VideoCodec::H264,
            pictures.collect(),
            &mut out,
        )
        .unwrap();
        let bounds: Vec<_> = segments
            .iter()
            .map(|s| (s.number, s.start_ticks, s.duration_ticks, s.samples))
            .collect();
        assert_eq!(bounds, [(1, 8_008, 8_008, 8), (2, 16_016, 8_008, 8)]);
        assert_eq!(segments[1].offset, segments[0].bytes);
        assert_eq!(segments[1].offset + segments[1].bytes, out.len() as u64);
    }

    #[test]
    fn a_lost_picture_is_an_error() {
        let timeline = timeline();
        let times = Times {
            ticks: vec![0, 1_001],
            end: 2_002,
        };
        let pictures = vec![coded(&timeline, 0, true)];
        assert!(
            write(
                &timeline,
                &times,
                VideoCodec::H264,
                pictures,
                &mut Vec::new()
            )
            .is_err()
        );
    }
}
