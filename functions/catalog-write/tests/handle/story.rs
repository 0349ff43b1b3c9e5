//! The events of a title.

use cloudevents::{Data, Event, EventBuilder, EventBuilderV10};
use reeldrop_events::*;
use uuid::Uuid;

use crate::media::{audio_rendition, rendition, video};

pub(crate) const AUDIO: [&str; 2] = ["audio-0", "audio-1"];
pub(crate) const LADDER: [&str; 2] = ["h264-720p", "h264-360p"];

/// A title of some chunks of two segments; its sound is cut in parts of four.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    pub(crate) chunks: u32,
}

impl Story {
    pub(crate) fn source(self) -> Source {
        Source {
            bucket: "reeldrop-uploads".to_owned(),
            object: "some folder/Ein schöner Film.mp4".to_owned(),
            version: "1".to_owned(),
            size_bytes: 12_345,
        }
    }

    pub(crate) fn asset(self) -> AssetId {
        AssetId::of(&self.source())
    }

    pub(crate) fn segments(self) -> u32 {
        self.chunks * 2
    }

    pub(crate) fn chunk(self, index: u32) -> Chunk {
        let last = index + 1 == self.chunks;
        Chunk {
            index,
            first_segment: index * 2,
            segments: 2,
            start: u64::from(index) * 360_000,
            end: (!last).then(|| u64::from(index + 1) * 360_000),
        }
    }

    pub(crate) fn parts(self) -> u32 {
        self.segments().div_ceil(4)
    }

    pub(crate) fn part(self, index: u32) -> AudioPart {
        let last = index + 1 == self.parts();
        AudioPart {
            index,
            first_segment: index * 4,
            segments: u32::min(4, self.segments() - index * 4),
            start_frame: u64::from(index) * 1_125,
            end_frame: (!last).then(|| u64::from(index + 1) * 1_125),
        }
    }

    pub(crate) fn plan(self) -> Plan {
        Plan {
            profile: "default".to_owned(),
            timeline: Timeline {
                origin_ns: 0,
                timescale: 30_000,
                frame_rate: FrameRate::Constant(Ratio { num: 30, den: 1 }),
                gop_ticks: 60_000,
                segment_ticks: 180_000,
                first_segment_ticks: None,
            },
            duration_ticks: u64::from(self.segments()) * 180_000,
            ladder: LADDER.map(rendition).to_vec(),
            chunks: (0..self.chunks).map(|index| self.chunk(index)).collect(),
            audio: AUDIO.map(audio_rendition).to_vec(),
            audio_parts: (0..self.parts()).map(|index| self.part(index)).collect(),
            scheme: Scheme::Cbcs,
            analysis_mode: None,
        }
    }

    pub(crate) fn media(self) -> Media {
        Media {
            container: Container::Mp4,
            duration_ns: u64::from(self.segments()) * 6_000_000_000,
            video: video(),
            audio: Vec::new(),
            tracks: vec![TrackSummary {
                index: 0,
                kind: TrackKind::Video,
                codec: "video/x-h264".to_owned(),
                language: Some("de".to_owned()),
                picked: true,
            }],
            seekable: true,
        }
    }

    pub(crate) fn uploaded(self) -> Event {
        event(&UploadFinalized {
            source: self.source(),
        })
    }

    pub(crate) fn probed(self) -> Event {
        event(&MediaProbed {
            asset: self.asset(),
            source: self.source(),
            name: Some("Ein schöner Film".to_owned()),
            media: self.media(),
            plan: self.plan(),
        })
    }

    pub(crate) fn chunk_planned(self, index: u32) -> Event {
        event(&ChunkPlanned {
            asset: self.asset(),
            source: self.source(),
            video: video(),
            timeline: self.plan().timeline,
            chunk: self.chunk(index),
            ladder: self.plan().ladder,
            scheme: Scheme::Cbcs,
        })
    }

    pub(crate) fn audio_planned(self, name: &str, index: u32) -> Event {
        event(&AudioPlanned {
            asset: self.asset(),
            source: self.source(),
            timeline: self.plan().timeline,
            part: self.part(index),
            rendition: audio_rendition(name),
            total_frames: 10_000,
            last_frame_samples: None,
            scheme: Scheme::Cbcs,
        })
    }

    pub(crate) fn chunk_transcoded(self, index: u32) -> Event {
        event(&ChunkTranscoded {
            asset: self.asset(),
            source: self.source(),
            chunk: self.chunk(index),
            renditions: Vec::new(),
            scheme: Scheme::Cbcs,
        })
    }

    pub(crate) fn audio_transcoded(self, name: &str, index: u32) -> Event {
        event(&AudioTranscoded {
            asset: self.asset(),
            source: self.source(),
            part: self.part(index),
            rendition: ClearRendition {
                name: name.to_owned(),
                timescale: 48_000,
                codec: "mp4a.40.2".to_owned(),
                segments: Vec::new(),
            },
            scheme: Scheme::Cbcs,
        })
    }

    pub(crate) fn chunk_packaged(self, package: u32, index: u32) -> Event {
        let chunk = self.chunk(index);
        self.chunk_packaged_with(package, index, chunk.segments)
    }

    /// The source may end before the chunk does.
    pub(crate) fn chunk_packaged_with(self, package: u32, index: u32, segments: u32) -> Event {
        let chunk = self.chunk(index);
        let renditions =
            LADDER.map(|name| packaged(name, 30_000, "avc1.64001F", chunk.first_segment, segments));
        event(&ChunkPackaged {
            asset: self.asset(),
            package: PackageNo(package),
            chunk,
            renditions: renditions.to_vec(),
        })
    }

    pub(crate) fn audio_packaged(self, package: u32, name: &str, index: u32) -> Event {
        let part = self.part(index);
        self.audio_packaged_with(package, name, index, part.segments)
    }

    pub(crate) fn audio_packaged_with(
        self,
        package: u32,
        name: &str,
        index: u32,
        segments: u32,
    ) -> Event {
        let part = self.part(index);
        event(&AudioPackaged {
            asset: self.asset(),
            package: PackageNo(package),
            part,
            rendition: packaged(name, 48_000, "mp4a.40.2", part.first_segment, segments),
        })
    }

    /// Every part of a package.
    pub(crate) fn all_packaged(self, package: u32) -> Vec<Event> {
        let mut events: Vec<Event> = (0..self.chunks)
            .map(|index| self.chunk_packaged(package, index))
            .collect();
        for name in AUDIO {
            events.extend((0..self.parts()).map(|index| self.audio_packaged(package, name, index)));
        }
        events
    }

    pub(crate) fn published(self, package: u32, segments: u32, complete: bool) -> Event {
        let asset = self.asset();
        event(&AssetPublished {
            asset,
            package: PackageNo(package),
            segments,
            complete,
            duration_ms: u64::from(segments) * 6_000,
            hls: format!("{asset}/{package}/stream.m3u8"),
            dash: format!("{asset}/{package}/stream.mpd"),
        })
    }

    /// Pictures as an older Reeldrop made them.
    pub(crate) fn pictures(self) -> Event {
        self.pictures_laid_out(None)
    }

    pub(crate) fn pictures_laid_out(self, tiles: Option<Tiles>) -> Event {
        event(&ThumbnailsCompleted {
            asset: self.asset(),
            poster: "poster.jpg".to_owned(),
            poster_width: 1280,
            poster_height: 720,
            poster_time_ms: 1_000,
            storyboard: "index.vtt".to_owned(),
            sheets: 1,
            tiles,
            preview: "preview.webp".to_owned(),
        })
    }

    pub(crate) fn pictures_planned(self, segments: u32, complete: bool) -> Event {
        event(&PicturesPlanned {
            asset: self.asset(),
            plan: self.plan(),
            segments,
            complete,
        })
    }

    pub(crate) fn early_poster(self) -> Event {
        event(&PosterCompleted {
            asset: self.asset(),
            segments: 8,
            poster: "poster-8.jpg".to_owned(),
            poster_width: 1280,
            poster_height: 720,
            poster_time_ms: 500,
        })
    }

    pub(crate) fn failed(self, step: &str, part: &str) -> Event {
        event(&StepFailed {
            asset: self.asset(),
            step: step.to_owned(),
            part: part.to_owned(),
            reason: format!("The step {step} cannot do {part:?}."),
        })
    }

    pub(crate) fn rejected(self) -> Event {
        event(&MediaRejected {
            asset: self.asset(),
            source: self.source(),
            reason: "The file is a text.".to_owned(),
        })
    }

    pub(crate) fn rekey(self, kid: u128, scheme: Scheme) -> Event {
        event(&RekeyRequested {
            asset: self.asset(),
            kid: Uuid::from_u128(kid),
            scheme,
            described: 0,
        })
    }

    /// The same for `cbcs`, with what a key server says.
    pub(crate) fn describe(self, kid: u128, described: u32) -> Event {
        event(&RekeyRequested {
            asset: self.asset(),
            kid: Uuid::from_u128(kid),
            scheme: Scheme::Cbcs,
            described,
        })
    }

    pub(crate) fn retry(self) -> Event {
        event(&RetryRequested {
            asset: self.asset(),
            request: Uuid::new_v4(),
        })
    }

    pub(crate) fn deleted(self) -> Event {
        event(&AssetDeleted {
            asset: self.asset(),
        })
    }

    /// Everything that is said of a title that becomes ready, in the natural order.
    pub(crate) fn whole(self) -> Vec<Event> {
        let mut events = vec![self.uploaded(), self.probed()];
        for index in 0..self.chunks {
            events.extend([self.chunk_planned(index), self.chunk_transcoded(index)]);
        }
        for name in AUDIO {
            for index in 0..self.parts() {
                events.extend([
                    self.audio_planned(name, index),
                    self.audio_transcoded(name, index),
                ]);
            }
        }
        events.extend(self.all_packaged(1));
        events.extend([self.early_poster(), self.pictures()]);
        events.extend([
            self.published(1, 2, false),
            self.published(1, self.segments(), true),
        ]);
        events
    }
}

fn event<P: Payload>(payload: &P) -> Event {
    Outgoing::of(payload).into_event("test")
}

/// An event as the broker gives it up: its data as the bytes that came over HTTP.
pub(crate) fn dead(mut event: Event, step: &str, data: &str) -> Event {
    if let Some(Data::Json(json)) = event.data() {
        let bytes = serde_json::to_vec(json).unwrap();
        event.set_data_unchecked(Data::Binary(bytes));
    }
    EventBuilderV10::from(event)
        .extension(
            "knativeerrordest",
            format!("http://{step}.default.svc.cluster.local"),
        )
        .extension("knativeerrorcode", "503")
        .extension("knativeerrordata", data)
        .build()
        .unwrap()
}

fn packaged(name: &str, timescale: u32, codec: &str, first: u32, count: u32) -> PackagedRendition {
    let duration = u64::from(timescale) * 6;
    PackagedRendition {
        name: name.to_owned(),
        timescale,
        codec: if count == 0 {
            String::new()
        } else {
            codec.to_owned()
        },
        segments: (first..first + count)
            .map(|number| PublishedSegment {
                number,
                start_ticks: u64::from(number) * duration,
                duration_ticks: duration,
                bytes: 100_000 + u64::from(number),
                samples: 180,
            })
            .collect(),
        key_frames: (first..first + count)
            .filter(|_| codec.starts_with("avc1"))
            .map(|segment| KeyFrame {
                segment,
                start_ticks: u64::from(segment) * duration,
                offset: 24,
                bytes: 10_000,
            })
            .collect(),
    }
}
