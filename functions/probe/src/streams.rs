//! Which tracks the title is made from.

use gstreamer as gst;
use reeldrop_events::{Container, TrackKind, TrackSummary};
use reeldrop_media::{Demuxed, Stream, StreamKind, Track, mp4};

use crate::Rejection;

/// A stream, and the track of the file's own index behind it.
#[derive(Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) place: usize,
    pub(crate) number: u32,
    pub(crate) stream: &'a Stream,
    pub(crate) track: Option<&'a mp4::Track>,
}

impl Candidate<'_> {
    pub(crate) fn video(&self) -> Track {
        Track::Video(self.number)
    }

    pub(crate) fn audio(&self) -> Track {
        Track::Audio(self.number)
    }

    fn enabled(&self) -> bool {
        self.track.is_none_or(|track| track.enabled)
    }

    fn pixels(&self) -> u64 {
        let side = |name| {
            let value = self
                .stream
                .caps
                .structure(0)
                .and_then(|s| s.get::<i32>(name).ok());
            u64::try_from(value.unwrap_or(0)).unwrap_or(0)
        };
        side("width") * side("height")
    }

    /// BCP 47 language: GStreamer gives two letters where there are such.
    pub(crate) fn language(&self) -> Option<String> {
        let tag = self
            .stream
            .tags
            .get::<gst::tags::LanguageCode>()
            .map(|tag| tag.get().to_owned());
        tag.or_else(|| self.track.and_then(|track| track.language.clone()))
            .filter(|code| !code.is_empty() && code != "und")
    }

    pub(crate) fn title(&self) -> Option<String> {
        self.stream
            .tags
            .get::<gst::tags::Title>()
            .map(|tag| tag.get().to_owned())
    }
}

/// The video and audio streams, each with its track in the index.
pub(crate) fn candidates<'a>(
    demuxed: &'a Demuxed,
    index: Option<&'a mp4::Mp4>,
) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    let (mut video, mut audio) = (Vec::new(), Vec::new());
    for (place, stream) in demuxed.streams().iter().enumerate() {
        let track = index.and_then(|index| index.movie.track(stream.id.parse().ok()?));
        let candidate = |number| Candidate {
            place,
            number,
            stream,
            track,
        };
        match stream.kind {
            StreamKind::Video(number) => video.push(candidate(number)),
            StreamKind::Audio(number) => audio.push(candidate(number)),
            StreamKind::Text | StreamKind::Other => {}
        }
    }
    (video, audio)
}

/// The video to make the title from: a decodable one that is meant to be shown, the largest of
/// those, the first of equals. Cover pictures are none.
pub(crate) fn pick_video<'a>(
    video: Vec<Candidate<'a>>,
    index: Option<&mp4::Mp4>,
) -> Result<Candidate<'a>, Rejection> {
    let still = |candidate: &Candidate<'_>| {
        let name = candidate
            .stream
            .caps
            .structure(0)
            .map(|s| s.name().to_string());
        let picture = name.is_some_and(|name| name.starts_with("image/"));
        let single = candidate
            .track
            .zip(index)
            .is_some_and(|(track, index)| index.presentation(track).times.len() <= 1);
        picture && (single || candidate.track.is_none() && candidate.stream.id.is_empty())
    };
    let moving: Vec<_> = video
        .into_iter()
        .filter(|candidate| !still(candidate))
        .collect();
    let first_codec = moving
        .first()
        .map(|candidate| candidate.stream.codec.clone());
    let decodable = moving
        .into_iter()
        .filter(|candidate| Demuxed::can_decode(candidate.stream));
    let best = decodable.max_by_key(|c| (c.enabled(), c.pixels(), std::cmp::Reverse(c.number)));
    match (best, first_codec) {
        (Some(best), _) => Ok(best),
        (None, Some(codec)) => Err(Rejection::UnsupportedCodec { codec }),
        (None, None) => Err(unknown_codec(index).unwrap_or(Rejection::NoVideo)),
    }
}

/// Video in the index that the demuxer does not know.
fn unknown_codec(index: Option<&mp4::Mp4>) -> Option<Rejection> {
    let tracks = &index?.movie.tracks;
    let track = tracks
        .iter()
        .find(|track| track.handler == mp4::Handler::Video)?;
    // A cover picture is no video of an unknown codec.
    let still = ["jpeg", "png", "mjpa", "mjpb"].contains(&track.format_name().as_str());
    (!still).then(|| Rejection::UnsupportedCodec {
        codec: track.format_name(),
    })
}

/// The audio to make the title from, the default one first.
pub(crate) fn pick_audio<'a>(audio: Vec<Candidate<'a>>, most: u32) -> Vec<Candidate<'a>> {
    let mut usable: Vec<_> = audio
        .into_iter()
        .filter(|candidate| Demuxed::can_decode(candidate.stream))
        .collect();
    usable.sort_by_key(|candidate| !candidate.enabled());
    usable.truncate(most as usize);
    usable
}

pub(crate) fn container(demuxed: &Demuxed, index: Option<&mp4::Mp4>) -> Container {
    let demuxers = demuxed.demuxers();
    // Tags around an audio file are no container of tracks.
    let tags = |name: &&String| ["id3demux", "apedemux"].contains(&name.as_str());
    match demuxers.iter().find(|name| !tags(name)).map(String::as_str) {
        Some("qtdemux") if index.is_some_and(|index| index.movie.fragmented) => {
            Container::FragmentedMp4
        }
        Some("qtdemux") => Container::Mp4,
        Some("matroskademux") => Container::Matroska,
        Some("tsdemux") => Container::MpegTs,
        Some("avidemux") => Container::Avi,
        Some("flvdemux") => Container::Flv,
        _ => Container::Other,
    }
}

/// Every track of the file, picked or not.
pub(crate) fn summaries(demuxed: &Demuxed, picked: &[usize]) -> Vec<TrackSummary> {
    let streams = demuxed.streams().iter().enumerate();
    streams
        .map(|(place, stream)| TrackSummary {
            index: place as u32,
            kind: match stream.kind {
                StreamKind::Video(_) => TrackKind::Video,
                StreamKind::Audio(_) => TrackKind::Audio,
                StreamKind::Text => TrackKind::Text,
                StreamKind::Other => TrackKind::Other,
            },
            codec: media_type(stream),
            language: stream
                .tags
                .get::<gst::tags::LanguageCode>()
                .map(|tag| tag.get().to_owned()),
            picked: picked.contains(&place),
        })
        .collect()
}

/// GStreamer's name of what a stream holds, such as `video/x-h264`.
pub(crate) fn media_type(stream: &Stream) -> String {
    stream
        .caps
        .structure(0)
        .map(|s| s.name().to_string())
        .unwrap_or_default()
}
