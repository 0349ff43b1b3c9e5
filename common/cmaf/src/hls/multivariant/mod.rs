//! The multivariant playlist: which renditions there are.

mod groups;
mod variants;

use super::{IMAGES_FILE, KeyFormat, START, VERSION, attributes::Attributes};
use crate::presentation::{Presentation, Storyboard};

/// Writes the multivariant playlist, which lies beside the renditions' folders as `stream.m3u8`.
#[must_use]
pub fn multivariant(presentation: &Presentation) -> String {
    multivariant_for(presentation, KeyFormat::Identity)
}

/// Writes the multivariant playlist for players that take keys in that form. It lies beside the
/// renditions' folders as [`KeyFormat::multivariant_file`].
#[must_use]
pub fn multivariant_for(presentation: &Presentation, format: KeyFormat) -> String {
    let mut lines = vec![
        "#EXTM3U".to_owned(),
        format!("#EXT-X-VERSION:{VERSION}"),
        "#EXT-X-INDEPENDENT-SEGMENTS".to_owned(),
    ];
    if !presentation.complete {
        lines.push(START.to_owned());
    }
    lines.extend(format.session_keys(presentation));
    let groups = groups::of(&presentation.audio);
    lines.extend(groups.iter().flat_map(|group| group.lines(format)));
    lines.extend(groups::text_lines(&presentation.text));
    for variant in variants::of(presentation, &groups) {
        lines.push(format!("#EXT-X-STREAM-INF:{}", variant.attributes()));
        lines.push(format!(
            "{}/{}",
            variant.video.track.name,
            format.media_file()
        ));
    }
    lines.extend(variants::iframe_lines(presentation, format));
    lines.extend(
        presentation
            .storyboard
            .iter()
            .map(|storyboard| image_line(presentation, storyboard)),
    );
    lines.join("\n") + "\n"
}

/// Roku's extension, which names the size of one picture and not of a sheet.
fn image_line(presentation: &Presentation, storyboard: &Storyboard) -> String {
    let size = format_args!("{}x{}", storyboard.tile_width, storyboard.tile_height).to_string();
    let attributes = Attributes::default()
        .bare("BANDWIDTH", storyboard.bandwidth_bps(presentation.length()))
        .bare("RESOLUTION", size)
        .quoted("CODECS", "jpeg")
        .quoted("URI", IMAGES_FILE);
    format!("#EXT-X-IMAGE-STREAM-INF:{}", attributes.into_string())
}

#[cfg(test)]
mod tests;
