//! The storyboard's playlist: an extension by Roku that Shaka Player and others read too.

use std::fmt::Write as _;

use super::{head, seconds};
use crate::presentation::{Presentation, Span};

/// Writes the playlist of the storyboard's sheets, which lies beside the multivariant playlist as
/// [`IMAGES_FILE`](super::IMAGES_FILE); none where the title has no storyboard.
#[must_use]
pub fn images(presentation: &Presentation) -> Option<String> {
    let storyboard = presentation.storyboard.as_ref()?;
    let spans = storyboard.spans(presentation.length());
    let target_s = spans.iter().copied().map(Span::seconds_rounded).max()?;
    let mut lines = head(presentation.complete, target_s.max(1));
    lines.push("#EXT-X-IMAGES-ONLY".to_owned());
    let mut playlist = lines.join("\n") + "\n";
    let tiles = format!(
        "#EXT-X-TILES:RESOLUTION={}x{},LAYOUT={}x{},DURATION={}",
        storyboard.tile_width,
        storyboard.tile_height,
        storyboard.columns,
        storyboard.rows,
        seconds(storyboard.tile)
    );
    for (number, span) in spans.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            playlist,
            "#EXTINF:{},\n{tiles}\n../storyboard/{number:03}.jpg\n",
            seconds(span)
        );
    }
    if presentation.complete {
        playlist.push_str("#EXT-X-ENDLIST\n");
    }
    Some(playlist)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::{title, title_with_extras};

    #[test]
    fn complete_playlist() {
        let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:17
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-IMAGES-ONLY
#EXTINF:17.017000,
#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=9x1,DURATION=2.000000
../storyboard/000.jpg
#EXT-X-ENDLIST
";
        assert_eq!(images(&title_with_extras()).unwrap(), expected);
        assert_eq!(images(&title(true)), None);
    }
}
