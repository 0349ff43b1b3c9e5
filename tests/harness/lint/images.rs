//! The image playlist, an extension by Roku that players of many makers read
//! (`EXT-X-IMAGE-STREAM-INF`, `EXT-X-IMAGES-ONLY`, `EXT-X-TILES`).

use super::{
    Files, Findings, Title, must,
    playlist::{Attributes, attributes},
    rendition::resolve,
};

/// All rules of it have this name: their text has no numbers.
const RULE: &str = "IMAGES";

/// Six decimals of an `EXTINF`, and the last frame.
const SLACK_S: f64 = 1.0;

/// A sheet of pictures, as the playlist says.
struct Sheet {
    uri: String,
    duration_s: f64,
    tiles: Attributes,
}

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    for stream in &title.multivariant.images {
        for name in ["BANDWIDTH", "RESOLUTION", "CODECS", "URI"] {
            if !stream.contains_key(name) {
                let what = format!("EXT-X-IMAGE-STREAM-INF without {name}");
                findings.push(must(RULE, what));
            }
        }
        let Some(uri) = stream.get("URI") else {
            continue;
        };
        let path = resolve(&title.path, uri);
        match title.files.get(&path) {
            Some(text) => {
                let text = String::from_utf8_lossy(text);
                playlist(title, stream, &path, &text, findings);
            }
            None => findings.push(must(RULE, format!("{path} is not there"))),
        }
    }
}

fn playlist(
    title: &Title<'_>,
    stream: &Attributes,
    path: &str,
    text: &str,
    findings: &mut Findings,
) {
    if !text.contains("\n#EXT-X-IMAGES-ONLY\n") {
        findings.push(must(RULE, format!("{path}: no EXT-X-IMAGES-ONLY")));
    }
    let target = text
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:"));
    let target: f64 = target.and_then(|target| target.parse().ok()).unwrap_or(0.0);
    let mut whole_s = 0.0;
    for sheet in read(text) {
        whole_s += sheet.duration_s;
        if let Some(wrong) = wrong(title.files, stream, path, &sheet) {
            findings.push(must(RULE, format!("{path}: {} {wrong}", sheet.uri)));
        }
        if sheet.duration_s.round() > target {
            let what = format!("{path}: {} is longer than the target duration", sheet.uri);
            findings.push(must("RFC 4.4.3.1", what));
        }
    }
    let lengths = title.renditions().map(|found| {
        let entries = found.playlist.entries.iter();
        entries.map(|entry| entry.duration_s).sum::<f64>()
    });
    let longest = lengths.fold(0.0, f64::max);
    if (whole_s - longest).abs() > SLACK_S {
        let what = format!("{path}: {whole_s:.3} s of {longest:.3} s");
        findings.push(must(RULE, what));
    }
}

fn read(text: &str) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let (mut duration_s, mut tiles) = (0.0, Attributes::new());
    for line in text.lines().map(str::trim) {
        if let Some(duration) = line.strip_prefix("#EXTINF:") {
            let duration = duration.split(',').next().unwrap_or_default();
            duration_s = duration.parse().unwrap_or(0.0);
        } else if let Some(list) = line.strip_prefix("#EXT-X-TILES:") {
            tiles = attributes(list);
        } else if !line.is_empty() && !line.starts_with('#') {
            sheets.push(Sheet {
                uri: line.to_owned(),
                duration_s,
                tiles: std::mem::take(&mut tiles),
            });
        }
    }
    sheets
}

/// What is wrong with a sheet: it must be there, and be as large as its pictures are together.
fn wrong(files: &Files, stream: &Attributes, path: &str, sheet: &Sheet) -> Option<String> {
    let value = |name: &str| sheet.tiles.get(name).cloned().unwrap_or_default();
    let sizes = (pair(&value("RESOLUTION")), pair(&value("LAYOUT")));
    let (Some((width, height)), Some((columns, rows))) = sizes else {
        return Some("has no EXT-X-TILES with RESOLUTION and LAYOUT".to_owned());
    };
    if stream.get("RESOLUTION") != Some(&value("RESOLUTION")) {
        return Some("has another RESOLUTION than EXT-X-IMAGE-STREAM-INF".to_owned());
    }
    let tile_s: f64 = value("DURATION").parse().unwrap_or(0.0);
    let most_s = tile_s * f64::from(columns * rows);
    if tile_s <= 0.0 || sheet.duration_s > most_s + 0.001 {
        let own_s = sheet.duration_s;
        return Some(format!("lasts {own_s} s, its pictures {most_s} s"));
    }
    let Some(file) = files.get(&resolve(path, &sheet.uri)) else {
        return Some("is not there".to_owned());
    };
    let bandwidth = stream.get("BANDWIDTH").and_then(|bps| bps.parse().ok());
    let bps = file.len() as f64 * 8.0 / sheet.duration_s.max(0.001);
    if bandwidth.unwrap_or(0.0) < bps.floor() {
        return Some(format!("has {bps:.0} b/s, more than BANDWIDTH"));
    }
    let (stated, size) = ((width * columns, height * rows), jpeg_size(file));
    (size != Some(stated)).then(|| format!("is {size:?} large, and should be {stated:?}"))
}

fn pair(text: &str) -> Option<(u32, u32)> {
    let (first, second) = text.split_once('x')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// Width and height of a JPEG (ITU-T T.81, B.2.2); none where it is no JPEG.
#[must_use]
pub fn jpeg_size(file: &[u8]) -> Option<(u32, u32)> {
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (head, after) = rest.split_first_chunk::<4>()?;
        let [0xff, marker, high, low] = *head else {
            return None;
        };
        let size = usize::from(u16::from_be_bytes([high, low]));
        // Frames of all kinds, but for the tables between their numbers.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            let size = after.get(1..5)?;
            let value = |at: usize| u32::from(u16::from_be_bytes([size[at], size[at + 1]]));
            return Some((value(2), value(0)));
        }
        rest = after.get(size.checked_sub(2)?..)?;
    }
}
