//! The pictures of a title: poster, storyboard and preview.

use serde::{Deserialize, Serialize};

use crate::{AssetId, Payload, Plan};

/// `pictures.planned`: the renditions reach far enough to make pictures of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicturesPlanned {
    /// The title.
    pub asset: AssetId,
    /// What is made of it: names its renditions, and the chunk of each segment.
    pub plan: Plan,
    /// Segments from the start that every rendition has.
    pub segments: u32,
    /// Whether that is all of them: all pictures are made then, and before that a poster alone.
    pub complete: bool,
}

/// `poster.completed`: a first poster of a title that is still being encoded lies in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosterCompleted {
    /// The title.
    pub asset: AssetId,
    /// Segments from the start that it was picked from.
    pub segments: u32,
    /// Key of the poster (JPEG).
    pub poster: String,
    /// Width of the poster in pixels.
    pub poster_width: u32,
    /// Height of the poster in pixels.
    pub poster_height: u32,
    /// Where the poster's frame lies in the title, milliseconds.
    pub poster_time_ms: u64,
}

/// `thumbnails.completed`: pictures of the title lie in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThumbnailsCompleted {
    /// The title.
    pub asset: AssetId,
    /// Key of the poster (JPEG).
    pub poster: String,
    /// Width of the poster in pixels.
    pub poster_width: u32,
    /// Height of the poster in pixels.
    pub poster_height: u32,
    /// Where the poster's frame lies in the title, milliseconds.
    pub poster_time_ms: u64,
    /// Key of the storyboard's WebVTT.
    pub storyboard: String,
    /// How many sprite sheets the storyboard has.
    pub sheets: u32,
    /// How the sheets are laid out; none where an older Reeldrop made them, which did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<Tiles>,
    /// Key of the animated preview (WebP).
    pub preview: String,
}

/// How the pictures of a storyboard lie in its sheets: row by row, of equal size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiles {
    /// Width of a picture in pixels.
    pub width: u32,
    /// Height of a picture in pixels.
    pub height: u32,
    /// Pictures in a row.
    pub columns: u32,
    /// Rows of a sheet; what the last one lacks is black.
    pub rows: u32,
    /// What each picture stands for, milliseconds; the last may stand for less.
    pub interval_ms: u64,
    /// Size of each sheet in bytes.
    pub sheet_bytes: Vec<u64>,
}

impl Payload for PicturesPlanned {
    const TYPE: &'static str = "io.reeldrop.pictures.planned.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        format!("{}/{}", self.segments, self.complete)
    }
}

impl Payload for PosterCompleted {
    const TYPE: &'static str = "io.reeldrop.poster.completed.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        self.segments.to_string()
    }
}

impl Payload for ThumbnailsCompleted {
    const TYPE: &'static str = "io.reeldrop.thumbnails.completed.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        String::new()
    }
}
