//! What tracks are called: their folders, and the labels of their keys.

use std::collections::BTreeSet;

use reeldrop_cmaf::movie::{Kind, MovieTrack, VideoInfo};

/// The names given so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    given: BTreeSet<String>,
    audio: usize,
}

impl Names {
    /// A name for a track that no other has: `video-720p`, `audio-0`.
    pub(crate) fn of(&mut self, track: &MovieTrack<'_>) -> String {
        match track.kind {
            Kind::Video(video) => self.video(video),
            Kind::Audio(_) => {
                self.audio += 1;
                format!("audio-{}", self.audio - 1)
            }
        }
    }

    fn video(&mut self, video: VideoInfo) -> String {
        let plain = format!("video-{}p", video.width.min(video.height));
        let mut name = plain.clone();
        let mut number = 2;
        while !self.given.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        name
    }
}

/// The resolution class of a picture, by which keys are often told apart.
pub(super) fn class(video: VideoInfo) -> &'static str {
    match video.width.min(video.height) {
        0..720 => "sd",
        720..=1088 => "hd",
        _ => "uhd",
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_events::Transfer;

    use super::*;

    fn video(width: u32, height: u32) -> VideoInfo {
        VideoInfo {
            width,
            height,
            range: Transfer::Sdr,
        }
    }

    #[test]
    fn equal_sizes_have_different_names() {
        let mut names = Names::default();
        let sizes = [(1280, 720), (640, 360), (720, 1280)];
        let found = sizes.map(|(width, height)| names.video(video(width, height)));
        assert_eq!(found, ["video-720p", "video-360p", "video-720p-2"]);
    }

    #[test]
    fn classes_go_by_the_shorter_side() {
        let sizes = [(1024, 576), (1280, 720), (1080, 1920), (3840, 2160)];
        let found = sizes.map(|(width, height)| class(video(width, height)));
        assert_eq!(found, ["sd", "hd", "hd", "uhd"]);
    }
}
