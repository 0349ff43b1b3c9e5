//! A title that breaks no rule: 12 s of picture in two bit rates, with sound.

use bytes::Bytes;
use reeldrop_captions::{Cue, webvtt};
use reeldrop_cmaf::{
    fragment::{self, FragmentHeader, Sample},
    hls::{self, KeyFormat},
    key_frames,
    presentation::{Audio, Presentation, Protection, Span, Storyboard, TextTrack, Track, Video},
};
use reeldrop_events::{CaptionKind, PublishedSegment, Ratio, Scheme, Transfer, VideoCodec};
use reeldrop_tests::lint::{Files, lint};

/// The multivariant playlist.
pub(crate) const STREAM: &str = "stream.m3u8";

/// Ticks per second of the picture, 25 frames a second of which the first of every 50 is a key.
pub(crate) const TIMESCALE: u32 = 16_000;
const FRAMES: u32 = 150;

/// AAC frames of a segment.
const SOUND: [u32; 2] = [281, 281];

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), content].concat()
}

/// An init segment with what the linter looks at.
pub(crate) fn init(handler: &[u8; 4], timescale: u32, pattern: u8) -> Vec<u8> {
    let is_video = handler == b"vide";
    let tenc = boxed(
        b"tenc",
        &[&[1, 0, 0, 0, 0, pattern, 1, 0], &[0; 33][..]].concat(),
    );
    let sinf = boxed(b"sinf", &boxed(b"schi", &tenc));
    let fields = vec![0; if is_video { 78 } else { 28 }];
    let entry = boxed(
        if is_video { b"encv" } else { b"enca" },
        &[fields, sinf].concat(),
    );
    let stsd = boxed(
        b"stsd",
        &[&[0, 0, 0, 0, 0, 0, 0, 1], entry.as_slice()].concat(),
    );
    let minf = boxed(b"minf", &boxed(b"stbl", &stsd));
    let mdhd = [&[0; 12], timescale.to_be_bytes().as_slice(), &[0; 8]].concat();
    let hdlr = [&[0; 8], handler.as_slice(), &[0; 13]].concat();
    let mdia = [boxed(b"mdhd", &mdhd), boxed(b"hdlr", &hdlr), minf].concat();
    let trex = [0_u32, 1, 1, 0, 0, 0].map(u32::to_be_bytes).concat();
    let mvex = boxed(b"mvex", &boxed(b"trex", &trex));
    let trak = boxed(b"trak", &boxed(b"mdia", &mdia));
    boxed(b"moov", &[trak, mvex].concat())
}

fn pictures(bytes: usize) -> Vec<Sample> {
    let pictures = (0..FRAMES).map(|frame| Sample {
        data: Bytes::from(vec![1; bytes]),
        duration: 640,
        composition_offset: 0,
        sync: frame % 50 == 0,
    });
    pictures.collect()
}

fn sound(frames: u32) -> Vec<Sample> {
    let frames = (0..frames).map(|_| Sample {
        data: Bytes::from_static(&[2; 300]),
        duration: 1_024,
        composition_offset: 0,
        sync: true,
    });
    frames.collect()
}

/// Writes the segments of a rendition and says what a manifest needs to know of them.
fn track(files: &mut Files, name: &str, codec: &str, timescale: u32, of: &[Vec<Sample>]) -> Track {
    let is_video = codec.starts_with("avc1");
    let mut track = Track {
        name: name.to_owned(),
        codec: codec.to_owned(),
        timescale,
        ..Track::default()
    };
    let mut start_ticks = 0;
    for (number, samples) in (0..).zip(of) {
        let header = FragmentHeader {
            sequence: number + 1,
            base_decode_time: start_ticks,
        };
        let mut segment = Vec::new();
        let write = if is_video {
            fragment::write_pictures
        } else {
            fragment::write
        };
        write(&header, samples, &mut segment).unwrap();
        let duration_ticks = samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum();
        track.segments.push(PublishedSegment {
            number,
            start_ticks,
            duration_ticks,
            bytes: segment.len() as u64,
            samples: samples.len() as u32,
        });
        if is_video {
            track
                .key_frames
                .extend(key_frames(number, &segment).unwrap());
        }
        start_ticks += duration_ticks;
        files.insert(format!("{name}/{number:06}.m4s"), segment);
    }
    let handler = if is_video { b"vide" } else { b"soun" };
    files.insert(format!("{name}/init.mp4"), init(handler, timescale, 0x19));
    track
}

fn video(files: &mut Files, height: u32, bytes: usize) -> Video {
    let name = format!("h264-{height}p");
    let segments = vec![pictures(bytes); 2];
    Video {
        track: track(files, &name, "avc1.64001F", TIMESCALE, &segments),
        family: VideoCodec::H264.into(),
        width: height * 16 / 9,
        height,
        frame_rate: Ratio { num: 25, den: 1 },
        range: Transfer::Sdr,
    }
}

/// Two languages, with a caption over the end of a segment.
fn captions(files: &mut Files) -> Vec<TextTrack> {
    let cue = |start_ms, end_ms, text: &str| Cue {
        start_ms,
        end_ms,
        lines: vec![text.to_owned()],
    };
    let cues = [
        cue(1_000, 3_000, "Good morning."),
        cue(7_000, 9_000, "Two < three & four."),
        cue(11_000, 11_900, "Good night."),
    ];
    let mut captions = Vec::new();
    for (language, label) in [("en", "English"), ("de", "Deutsch")] {
        let track = TextTrack {
            language: language.to_owned(),
            label: label.to_owned(),
            name: language.to_owned(),
            segment_ticks: 8_000 * 90,
            duration_ticks: 12_000 * 90,
            segments: 2,
            kind: CaptionKind::Full,
            default: false,
        };
        for (number, segment) in webvtt::segments(&cues, 8_000, 12_000).enumerate() {
            files.insert(format!("text/{language}/{number}.vtt"), segment.into());
        }
        captions.push(track);
    }
    captions
}

/// Six pictures of two seconds in one sheet, of which a linter sees the size alone.
fn storyboard(files: &mut Files) -> Storyboard {
    let (tile_width, tile_height, columns, rows) = (160_u32, 90_u32, 6_u32, 1_u32);
    let size = |tile: u32, tiles: u32| u16::try_from(tile * tiles).unwrap().to_be_bytes();
    let start: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
    let frame: &[u8] = &[0xff, 0xc0, 0, 11, 8];
    let sheet = [
        start,
        frame,
        &size(tile_height, rows),
        &size(tile_width, columns),
        &[1, 1, 0x11, 0],
        &[0; 9_000],
    ];
    let sheet = sheet.concat();
    let bytes = sheet.len() as u64;
    files.insert("storyboard/000.jpg".to_owned(), sheet);
    Storyboard {
        tile_width,
        tile_height,
        columns,
        rows,
        tile: Span {
            ticks: 2_000,
            timescale: 1_000,
        },
        sheets: vec![bytes],
    }
}

/// The files of the title.
pub(crate) fn title() -> Files {
    let mut files = Files::new();
    let video = vec![video(&mut files, 360, 2_000), video(&mut files, 180, 700)];
    let segments = SOUND.map(sound);
    let title = Presentation {
        complete: true,
        planned_segment: Span {
            ticks: u64::from(TIMESCALE) * 6,
            timescale: TIMESCALE,
        },
        audio: vec![Audio {
            track: track(&mut files, "audio-0", "mp4a.40.2", 48_000, &segments),
            language: "en".to_owned(),
            label: "English".to_owned(),
            channels: 2,
            sample_rate_hz: 48_000,
            default: true,
        }],
        text: captions(&mut files),
        storyboard: Some(storyboard(&mut files)),
        video,
        protection: Some(Protection {
            scheme: Scheme::Cbcs,
            key_uri: "/key".to_owned(),
            license_uri: "/license".to_owned(),
            ..Protection::default()
        }),
    };
    let format = KeyFormat::Identity;
    for track in title.video.iter().map(|video| &video.track) {
        let text = hls::iframes(&title, track, format).unwrap();
        files.insert(
            format!("{}/{}", track.name, format.iframes_file()),
            text.into(),
        );
    }
    let sound = title.audio.iter().map(|audio| &audio.track);
    for track in title.video.iter().map(|video| &video.track).chain(sound) {
        let text = hls::media(&title, track);
        files.insert(
            format!("{}/{}", track.name, format.media_file()),
            text.into(),
        );
    }
    for track in &title.text {
        files.insert(hls::text_file(track), hls::text(&title, track).into());
    }
    let images = hls::images(&title).unwrap();
    files.insert(hls::IMAGES_FILE.to_owned(), images.into());
    files.insert(STREAM.to_owned(), hls::multivariant(&title).into());
    files
}

#[test]
fn a_right_title_breaks_no_rule() {
    let findings = lint(&title(), STREAM, None);
    assert!(findings.is_empty(), "{findings:#?}");
}
