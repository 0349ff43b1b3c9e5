//! Titles whose renditions lie encoded in the work bucket, as transcode leaves them.

use bytes::Bytes;
use reeldrop_cmaf::{
    fragment::{self, FragmentHeader, Sample},
    init::{VideoTrackConfig, video},
};
use reeldrop_events::*;
use reeldrop_store::{Key, testing::TestBuckets};
use uuid::Uuid;

use crate::encode::{Coded, encode};

/// Ticks per second.
const TIMESCALE: u32 = 30_000;

#[derive(Clone, Copy)]
pub(crate) struct Title {
    /// What gives its pictures, as gst-launch writes it, at 30 frames per second.
    pub(crate) source: &'static str,
    pub(crate) codec: VideoCodec,
    /// Sizes of its renditions, the highest first.
    pub(crate) sizes: &'static [(u32, u32)],
}

impl Title {
    pub(crate) const fn h264(source: &'static str, sizes: &'static [(u32, u32)]) -> Self {
        Self {
            source,
            codec: VideoCodec::H264,
            sizes,
        }
    }

    pub(crate) fn asset() -> AssetId {
        AssetId(Uuid::from_u128(7))
    }

    /// Encodes it, and says that all of it is there.
    pub(crate) async fn put(&self, buckets: &TestBuckets) -> PicturesPlanned {
        let work = *self;
        let coded = tokio::task::spawn_blocking(move || work.encoded());
        let coded = coded.await.unwrap();
        let plan = self.plan(coded[0].1.len() as u64 * 1_000);
        for (rung, (config, pictures)) in plan.ladder.iter().zip(&coded) {
            let config = VideoTrackConfig {
                codec: rung.codec,
                width: rung.width,
                height: rung.height,
                timescale: TIMESCALE,
                codec_config: config,
                color: None,
            };
            let key = Key::ClearInit {
                asset: Self::asset(),
                rendition: &rung.name,
            };
            let init = video(&config).unwrap().into();
            buckets.store.put(&key, init).await.unwrap();
            assert!(pictures.len() as u64 * 1_000 == plan.duration_ticks);
        }
        let mut segments = 0;
        for chunk in &plan.chunks {
            segments += put_chunk(buckets, &plan, chunk, &coded).await;
        }
        PicturesPlanned {
            asset: Self::asset(),
            plan,
            segments,
            complete: true,
        }
    }

    fn encoded(&self) -> Vec<(Vec<u8>, Vec<Coded>)> {
        let sizes = self.sizes.iter();
        sizes
            .map(|size| encode(self.source, self.codec, *size))
            .collect()
    }

    fn plan(&self, duration_ticks: u64) -> Plan {
        let timeline = Timeline {
            origin_ns: 5_000_000,
            timescale: TIMESCALE,
            frame_rate: FrameRate::Constant(Ratio { num: 30, den: 1 }),
            gop_ticks: 60_000,
            segment_ticks: 180_000,
            first_segment_ticks: Some(60_000),
        };
        let segments = timeline.segment_at(duration_ticks - 1) + 1;
        let ladder = self.sizes.iter().map(|(width, height)| Rendition {
            name: format!("r{height}"),
            codec: self.codec,
            width: *width,
            height: *height,
            max_bitrate_bps: 1_000_000,
            crf: 23,
            preset: String::new(),
        });
        Plan {
            profile: "default".to_owned(),
            timeline,
            duration_ticks,
            ladder: ladder.collect(),
            chunks: chunks(&timeline, segments),
            audio: Vec::new(),
            audio_parts: Vec::new(),
            scheme: Scheme::Cbcs,
            analysis_mode: None,
        }
    }
}

/// One segment first, then two in each chunk.
fn chunks(timeline: &Timeline, segments: u32) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut first = 0;
    while first < segments {
        let end = segments.min(first + if first == 0 { 1 } else { 2 });
        chunks.push(Chunk {
            index: chunks.len() as u32,
            first_segment: first,
            segments: end - first,
            start: timeline.segment_start(first),
            end: (end < segments).then(|| timeline.segment_start(end)),
        });
        first = end;
    }
    chunks
}

/// Stores a chunk of every rendition and the note; says how many segments it has.
async fn put_chunk(
    buckets: &TestBuckets,
    plan: &Plan,
    chunk: &Chunk,
    coded: &[(Vec<u8>, Vec<Coded>)],
) -> u32 {
    let asset = Title::asset();
    let mut renditions = Vec::new();
    for (rung, (_, pictures)) in plan.ladder.iter().zip(coded) {
        let (segments, body) = part(&plan.timeline, chunk, pictures);
        let key = Key::ClearPart {
            asset,
            rendition: &rung.name,
            part: chunk.index,
        };
        buckets.store.put(&key, body.into()).await.unwrap();
        renditions.push(ClearRendition {
            name: rung.name.clone(),
            timescale: TIMESCALE,
            codec: String::new(),
            segments,
        });
    }
    let written = renditions[0].segments.len() as u32;
    let note = ClearNote {
        planned: planned(plan, chunk),
        renditions,
    };
    let key = Key::ClearIndex {
        asset,
        set: "video",
        part: chunk.index,
    };
    let note = serde_json::to_vec(&note).unwrap();
    buckets.store.put(&key, note.into()).await.unwrap();
    written
}

/// The n-th picture in decode order is decoded at the n-th presentation time.
fn part(timeline: &Timeline, chunk: &Chunk, pictures: &[Coded]) -> (Vec<ClearSegment>, Vec<u8>) {
    let (mut segments, mut body) = (Vec::new(), Vec::new());
    for number in chunk.first_segment..chunk.first_segment + chunk.segments {
        let span = timeline.segment_start(number)..timeline.segment_start(number + 1);
        let samples: Vec<Sample> = (0_u64..)
            .zip(pictures)
            .map(|(nth, picture)| (nth * 1_000, picture))
            .filter(|(tick, _)| span.contains(tick))
            .map(|(tick, picture)| Sample {
                data: picture.data.clone(),
                duration: 1_000,
                composition_offset: (picture.frame as i64 * 1_000 - tick as i64) as i32,
                sync: picture.key,
            })
            .collect();
        let offset = body.len() as u64;
        let header = FragmentHeader {
            sequence: number + 1,
            base_decode_time: span.start,
        };
        assert!(samples[0].sync, "segment {number} begins with a key frame");
        fragment::write(&header, &samples, &mut body).unwrap();
        segments.push(ClearSegment {
            number,
            start_ticks: span.start,
            duration_ticks: samples.len() as u64 * 1_000,
            offset,
            bytes: body.len() as u64 - offset,
            samples: samples.len() as u32,
        });
    }
    (segments, body)
}

fn planned(plan: &Plan, chunk: &Chunk) -> ChunkPlanned {
    ChunkPlanned {
        asset: Title::asset(),
        source: Source {
            bucket: "uploads".to_owned(),
            object: "clip.mp4".to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
        },
        video: track(),
        timeline: plan.timeline,
        chunk: *chunk,
        ladder: plan.ladder.clone(),
        scheme: plan.scheme,
    }
}

fn track() -> VideoTrack {
    VideoTrack {
        index: 0,
        codec: "video/x-h264".to_owned(),
        profile: None,
        coded_width: 640,
        coded_height: 360,
        display_width: 640,
        display_height: 360,
        sample_aspect_ratio: Ratio::ONE,
        orientation: Orientation::Identity,
        frame_rate: Ratio { num: 30, den: 1 },
        variable_frame_rate: false,
        interlaced: false,
        bit_depth: 8,
        color: Color {
            primaries: 1,
            transfer: 1,
            matrix: 1,
            full_range: false,
            dynamic_range: Transfer::Sdr,
        },
        start_ns: 0,
        duration_ns: 0,
        frames: None,
        bitrate_bps: None,
        key_frames: KeyFrames::default(),
    }
}

/// Replaces what a chunk's note says.
pub(crate) async fn spoil_note(buckets: &TestBuckets, part: u32, note: &'static [u8]) {
    let key = Key::ClearIndex {
        asset: Title::asset(),
        set: "video",
        part,
    };
    let note = Bytes::from_static(note);
    buckets.store.put(&key, note).await.unwrap();
}
