//! The HLS playlists of a package: which there are, and where they lie.

use reeldrop_cmaf::{
    hls::{self, KeyFormat},
    presentation::{Presentation, Track},
};
use reeldrop_events::{AssetId, PackageNo};
use reeldrop_store::Key;

/// A playlist to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Playlist {
    /// The rendition in whose folder it lies; none where it lies beside the folders.
    rendition: Option<String>,
    file: String,
    pub(crate) text: String,
}

impl Playlist {
    fn beside(file: impl Into<String>, text: String) -> Self {
        Self {
            rendition: None,
            file: file.into(),
            text,
        }
    }

    fn of(track: &Track, file: &str, text: String) -> Self {
        Self {
            rendition: Some(track.name.clone()),
            file: file.to_owned(),
            text,
        }
    }

    pub(crate) fn key(&self, asset: AssetId, package: PackageNo) -> Key<'_> {
        let file = self.file.as_str();
        match &self.rendition {
            Some(rendition) => Key::HlsMedia {
                asset,
                package,
                rendition,
                file,
            },
            None => Key::HlsBeside {
                asset,
                package,
                file,
            },
        }
    }
}

/// All that the multivariant playlists name: to be there before them.
pub(crate) fn beneath(title: &Presentation) -> Vec<Playlist> {
    let video = title.video.iter().map(|video| &video.track);
    let audio = title.audio.iter().map(|audio| &audio.track);
    let mut playlists = Vec::new();
    for track in video.chain(audio) {
        for format in KeyFormat::ALL {
            let media = hls::media_for(title, track, format);
            playlists.push(Playlist::of(track, format.media_file(), media));
            let iframes = hls::iframes(title, track, format);
            playlists.extend(iframes.map(|text| Playlist::of(track, format.iframes_file(), text)));
        }
    }
    let text = title.text.iter();
    playlists
        .extend(text.map(|track| Playlist::beside(hls::text_file(track), hls::text(title, track))));
    let images = hls::images(title);
    playlists.extend(images.map(|text| Playlist::beside(hls::IMAGES_FILE, text)));
    playlists
}

/// The multivariant playlists.
pub(crate) fn multivariant(title: &Presentation) -> Vec<Playlist> {
    let playlists = KeyFormat::ALL.map(|format| {
        let text = hls::multivariant_for(title, format);
        Playlist::beside(format.multivariant_file(), text)
    });
    playlists.to_vec()
}
