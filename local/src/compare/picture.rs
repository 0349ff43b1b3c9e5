//! A title's picture at a moment, as a JPEG: from the smallest rendition that is large enough.

use std::{path::PathBuf, process::Stdio, time::Duration};

use m3u8_rs::{MasterPlaylist, VariantStream};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::client::{
    ClientError, Portal, Rendition, Title, content_key, join, multivariant, unfinished,
};

/// Longest side of what is sent, pixels: what Google recommends for finding objects.
const SIDE: u64 = 640;

/// The program that decodes: GStreamer is not linked into the command line.
const PROGRAM: &str = "reeldrop-still";

/// Decoding one segment takes this long at most.
const PATIENCE: Duration = Duration::from_secs(90);

/// Playlists round times: a moment so close before a segment begins belongs to it. Shorter than a frame.
const ROUNDED_S: f64 = 0.005;

/// A JPEG, and its size in pixels.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) jpeg: Vec<u8>,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The rendition that pictures are taken from.
pub(super) struct Pictures<'a> {
    portal: &'a Portal,
    rendition: Rendition,
    /// The segment of the moment before, and its number.
    segment: Option<(usize, Vec<u8>)>,
}

impl<'a> Pictures<'a> {
    pub(super) async fn open(portal: &'a Portal, title: &Title) -> Result<Self, ClientError> {
        let (address, playlist) = multivariant(portal, title).await?;
        let variant = smallest(&playlist).ok_or_else(|| unfinished(title))?;
        let base = join(&address, &variant.uri)?;
        let key = content_key(portal, title).await?;
        let rendition = Rendition::open(portal, title, base, (true, key.as_ref())).await?;
        Ok(Self {
            portal,
            rendition,
            segment: None,
        })
    }

    /// The picture that the title shows at `time_ms`.
    pub(super) async fn at(&mut self, time_ms: u64) -> Result<Picture, ClientError> {
        let segments = self.rendition.playlist.segments.iter();
        let number = segment_at(segments.map(|s| f64::from(s.duration)), time_ms);
        let segment = match self.segment.take() {
            Some((at, segment)) if at == number => segment,
            Some(_) | None => self.rendition.segment(self.portal, number).await?,
        };
        let file = [self.rendition.header.as_slice(), &segment].concat();
        let jpeg = decoded(&file, time_ms).await?;
        self.segment = Some((number, segment));
        let (width, height) = size(&jpeg).ok_or_else(|| {
            ClientError::Failed(format!("{PROGRAM} gave something that is no JPEG"))
        })?;
        Ok(Picture {
            jpeg,
            width,
            height,
        })
    }
}

/// The smallest variant whose longest side is enough, else the largest.
fn smallest(playlist: &MasterPlaylist) -> Option<&VariantStream> {
    let side = |variant: &&VariantStream| {
        let size = variant.resolution.map(|size| size.width.max(size.height));
        (size.unwrap_or(0), variant.bandwidth)
    };
    let variants = playlist
        .variants
        .iter()
        .filter(|variant| !variant.is_i_frame);
    let enough = variants.clone().filter(|variant| side(variant).0 >= SIDE);
    enough
        .min_by_key(side)
        .or_else(|| variants.max_by_key(side))
}

/// Which segment of such durations, in seconds, shows `time_ms`.
fn segment_at(durations: impl Iterator<Item = f64>, time_ms: u64) -> usize {
    let time_s = time_ms as f64 / 1_000.0 + ROUNDED_S;
    let ends = durations.scan(0.0, |end_s, duration_s| {
        *end_s += duration_s;
        Some(*end_s)
    });
    let mut last = 0;
    for (number, end_s) in ends.enumerate() {
        last = number;
        if time_s < end_s {
            break;
        }
    }
    last
}

/// Has the picture at `time_ms` of an MP4 decoded.
async fn decoded(file: &[u8], time_ms: u64) -> Result<Vec<u8>, ClientError> {
    let failed = |why: String| ClientError::Failed(format!("the picture at {time_ms} ms: {why}"));
    let mut child = Command::new(program())
        .args([time_ms.to_string(), SIDE.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            failed(format!(
                "{PROGRAM} does not start: {error}. `make build` builds it beside reeldrop"
            ))
        })?;
    let input = child.stdin.take();
    let write = async {
        if let Some(mut input) = input {
            // One that ends before it has read all says why by itself.
            let _ = input.write_all(file).await;
        }
    };
    let output = timeout(PATIENCE, async {
        tokio::join!(write, child.wait_with_output()).1
    });
    let output = output
        .await
        .map_err(|_| failed(format!("{PROGRAM} took too long")))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )),
    }
}

/// Beside this program, or wherever programs are looked for.
fn program() -> PathBuf {
    let own = std::env::current_exe().ok();
    let beside = own.map(|own| own.with_file_name(PROGRAM));
    let beside = beside.filter(|program| program.is_file());
    beside.unwrap_or_else(|| PathBuf::from(PROGRAM))
}

/// Width and height of a JPEG (ITU-T T.81, B.2.2: the frame header).
fn size(jpeg: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xff, marker, high, low] = *jpeg.get(at..at + 4)? else {
            return None;
        };
        // All start-of-frame markers, but not DHT, JPG and DAC, which lie among them.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let &[h1, h0, w1, w0] = jpeg.get(at + 5..at + 9)? else {
                return None;
            };
            let sides = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
            return Some((sides.0.into(), sides.1.into()));
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(sizes: &[(u32, u32)]) -> String {
        let variant = |(width, height): &(u32, u32)| {
            format!("#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION={width}x{height}\n{width}.m3u8\n")
        };
        let text: String = sizes.iter().map(variant).collect();
        let text = format!("#EXTM3U\n{text}");
        let playlist = m3u8_rs::parse_master_playlist_res(text.as_bytes());
        smallest(&playlist.unwrap()).unwrap().uri.clone()
    }

    #[test]
    fn the_smallest_rendition_that_is_large_enough_is_read() {
        assert_eq!(
            chosen(&[(1_920, 1_080), (640, 360), (426, 240)]),
            "640.m3u8"
        );
        assert_eq!(chosen(&[(1_280, 720), (426, 240)]), "1280.m3u8");
        assert_eq!(chosen(&[(320, 180), (426, 240)]), "426.m3u8");
        assert_eq!(chosen(&[(720, 1_280), (360, 640)]), "360.m3u8");
    }

    #[test]
    fn a_moment_lies_in_its_segment_also_where_times_are_rounded() {
        let at = |ms| segment_at([2.0, 6.0, 1.5].into_iter(), ms);
        let found = [0, 1_990, 1_999, 2_000, 7_900, 8_000, 9_400, 60_000].map(at);
        assert_eq!(found, [0, 0, 1, 1, 1, 2, 2, 2]);
    }

    #[test]
    fn the_size_of_a_jpeg_stands_in_its_frame_header() {
        let start = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 0];
        let frame = [0xff, 0xc0, 0, 11, 8, 1, 104, 2, 128, 1, 1, 17, 0];
        let jpeg = [start, frame].concat();
        assert_eq!(size(&jpeg), Some((640, 360)));
        for cut in 0..22 {
            assert_eq!(size(&jpeg[..cut]), None, "{cut}");
        }
        assert_eq!(size(b"\x89PNG\r\n\x1a\n and more of it"), None);
    }
}
