//! The encoding pipeline as a text that is compared before it is run.

use std::fmt::Write as _;

use reeldrop_events::{Orientation, Rendition, Transfer};

use super::{element::encoder, picture::Preparation};
use crate::Config;

/// A frame size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// Half as wide and high, or less; rounding to even sizes is forgiven.
    fn is_half_of(self, larger: Self) -> bool {
        larger.width + 2 >= self.width * 2 && larger.height + 2 >= self.height * 2
    }
}

/// GStreamer's own bicubic, where formats and colours change as well.
const CONVERT: &str = "videoconvertscale method=catrom add-borders=false n-threads=1";

/// The size of 8-bit 4:2:0, and nothing else.
const SCALE: &str = "reeldropscale";

/// Frames that wait before each scaler and encoder: enough to keep threads busy, few enough for 4K.
const QUEUE: &str = "queue max-size-buffers=2 max-size-bytes=0 max-size-time=0";

/// Describes what stands behind the decoder: from its frames to upright SDR pictures in the largest
/// size of the ladder.
pub(crate) fn picture(preparation: &Preparation, ladder: &[Rendition]) -> String {
    let rate = preparation.frame_rate;
    // What the plan knows better than the decoder: colour, rate, and that a frame is a frame.
    let mut text = format!(
        "capssetter caps=video/x-raw,colorimetry={},framerate={}/{},\
         pixel-aspect-ratio=1/1,interlace-mode=progressive",
        preparation.input_colorimetry(),
        rate.num,
        rate.den
    );
    if let Some(largest) = sizes(ladder).first() {
        prepare(&mut text, preparation, *largest);
    }
    text
}

/// Describes the pipeline from `appsrc name=in` to one `appsink name=r<n>` per rendition.
///
/// Every rendition has threads of its own. Each size but the largest is made from the smallest one
/// at least twice as large, or from the largest.
pub(crate) fn encoders(ladder: &[Rendition], config: Config) -> String {
    let sizes = sizes(ladder);
    let mut text = "appsrc name=in format=time max-buffers=0 max-bytes=0 max-time=0".to_owned();
    for (n, size) in sizes.iter().enumerate() {
        if let Some(larger) = sizes.get(..n).filter(|larger| !larger.is_empty()) {
            let from = parent(larger, *size);
            let raw = raw("I420", *size);
            push(
                &mut text,
                &format!("  s{from}. ! {QUEUE} ! {SCALE} ! {raw}"),
            );
        }
        push(&mut text, &format!(" ! tee name=s{n}"));
        for (r, rendition) in ladder
            .iter()
            .enumerate()
            .filter(|(_, r)| size_of(r) == *size)
        {
            let encoder = encoder(rendition, config.encoder, config.encoder_threads);
            push(
                &mut text,
                &format!(
                    "  s{n}. ! {QUEUE} ! {encoder} ! appsink name=r{r} sync=false async=false"
                ),
            );
        }
    }
    text
}

fn push(text: &mut String, part: &str) {
    // Writing to a string cannot fail.
    let _ = text.write_str(part);
}

fn size_of(rendition: &Rendition) -> Size {
    Size {
        width: rendition.width,
        height: rendition.height,
    }
}

fn sizes(ladder: &[Rendition]) -> Vec<Size> {
    let mut sizes: Vec<Size> = Vec::new();
    for size in ladder.iter().map(size_of) {
        if !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    sizes.sort_by_key(|size| std::cmp::Reverse(u64::from(size.width) * u64::from(size.height)));
    sizes
}

fn parent(larger: &[Size], size: Size) -> usize {
    larger
        .iter()
        .rposition(|larger| size.is_half_of(*larger))
        .unwrap_or(0)
}

fn raw(format: &str, size: Size) -> String {
    format!(
        "capsfilter caps=video/x-raw,format={format},width={},height={},pixel-aspect-ratio=1/1",
        size.width, size.height
    )
}

fn prepare(text: &mut String, preparation: &Preparation, size: Size) {
    if preparation.deinterlace {
        // Fields must be told apart before anything mixes lines.
        push(
            text,
            " ! videoconvertscale n-threads=1 ! video/x-raw,format={I420,Y42B} ! reeldropdeinterlace",
        );
    }
    let lying = match preparation.orientation.swaps_sides() {
        true => Size {
            width: size.height,
            height: size.width,
        },
        false => size,
    };
    let colorimetry = preparation.output_colorimetry();
    if preparation.tone_maps() {
        let hlg = preparation.input.dynamic_range == Transfer::Hlg;
        let full = preparation.input.full_range;
        let ten_bits = raw("I420_10LE", lying);
        push(
            text,
            &format!(
                " ! {CONVERT} ! {ten_bits} ! {QUEUE} ! reeldroptonemap hlg={hlg} full-range={full}"
            ),
        );
    } else if preparation.limits_range() {
        let full_range = preparation.full_range_colorimetry();
        let full_range = format!("{},colorimetry={full_range}", raw("I420", lying));
        push(
            text,
            &format!(" ! {CONVERT} ! {full_range} ! reeldroplimitrange"),
        );
    } else {
        // Formats and colours first, where they differ at all: ours is the faster for the size.
        push(
            text,
            &format!(
                " ! {CONVERT} primaries-mode=fast ! video/x-raw,format=I420,colorimetry={colorimetry} ! {SCALE}"
            ),
        );
    }
    push(
        text,
        &format!(" ! {},colorimetry={colorimetry}", raw("I420", lying)),
    );
    if let Some(direction) = direction(preparation.orientation) {
        push(text, &format!(" ! videoflip video-direction={direction}"));
    }
}

fn direction(orientation: Orientation) -> Option<&'static str> {
    match orientation {
        Orientation::Identity => None,
        Orientation::Rotate90 => Some("90r"),
        Orientation::Rotate180 => Some("180"),
        Orientation::Rotate270 => Some("90l"),
        Orientation::FlipHorizontal => Some("horiz"),
        Orientation::FlipVertical => Some("vert"),
        // GStreamer's ul-lr is the transposition, ur-ll the one over the other diagonal.
        Orientation::FlipRotate90 => Some("ur-ll"),
        Orientation::FlipRotate270 => Some("ul-lr"),
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_events::{FrameRate, Ratio, Timeline, VideoCodec};

    use super::*;
    use crate::video::picture::tests::video;

    fn rung(name: &str, width: u32, height: u32) -> Rendition {
        Rendition {
            name: name.to_owned(),
            codec: VideoCodec::H264,
            width,
            height,
            max_bitrate_bps: 3_000_000,
            crf: 23,
            preset: "veryfast".to_owned(),
        }
    }

    fn preparation(orientation: Orientation) -> Preparation {
        let mut track = video(1, 1080);
        track.orientation = orientation;
        let timeline = Timeline {
            origin_ns: 0,
            timescale: 25_000,
            frame_rate: FrameRate::Constant(Ratio { num: 25, den: 1 }),
            gop_ticks: 50_000,
            segment_ticks: 150_000,
            first_segment_ticks: None,
        };
        Preparation::of(&track, &timeline)
    }

    #[test]
    fn a_portrait_phone_clip_is_scaled_lying_and_then_turned() {
        let text = picture(&preparation(Orientation::Rotate90), &[rung("a", 720, 1280)]);
        assert_eq!(
            text,
            "capssetter caps=video/x-raw,colorimetry=2:3:5:1,framerate=25/1,\
             pixel-aspect-ratio=1/1,interlace-mode=progressive \
             ! videoconvertscale method=catrom add-borders=false n-threads=1 primaries-mode=fast \
             ! video/x-raw,format=I420,colorimetry=2:3:5:1 ! reeldropscale \
             ! capsfilter caps=video/x-raw,format=I420,width=1280,height=720,pixel-aspect-ratio=1/1,colorimetry=2:3:5:1 \
             ! videoflip video-direction=90r"
        );
    }

    #[test]
    fn one_rendition_is_one_encoder() {
        assert_eq!(
            encoders(&[rung("a", 720, 1280)], Config::default()),
            "appsrc name=in format=time max-buffers=0 max-bytes=0 max-time=0 ! tee name=s0  \
             s0. ! queue max-size-buffers=2 max-size-bytes=0 max-size-time=0 \
             ! x264enc speed-preset=veryfast pass=qual quantizer=23 bitrate=3000 vbv-buf-capacity=2000 \
             key-int-max=1073741824 threads=1 aud=false \
             option-string=scenecut=0:open-gop=0:cpu-independent=1 \
             ! video/x-h264,profile=high,stream-format=avc,alignment=au \
             ! appsink name=r0 sync=false async=false"
        );
    }

    #[test]
    fn small_rungs_are_made_from_the_smallest_picture_twice_their_size() {
        let heights = [
            (1920, 1080),
            (1280, 720),
            (854, 480),
            (640, 360),
            (426, 240),
        ];
        let sizes: Vec<Size> = heights
            .iter()
            .map(|(width, height)| Size {
                width: *width,
                height: *height,
            })
            .collect();
        let parents: Vec<usize> = (1..sizes.len())
            .map(|n| parent(&sizes[..n], sizes[n]))
            .collect();
        assert_eq!(parents, [0, 0, 1, 2]);
    }

    #[test]
    fn two_codecs_of_one_size_share_its_picture() {
        let other = Rendition {
            codec: VideoCodec::H265,
            ..rung("b", 1280, 720)
        };
        let text = encoders(&[rung("a", 1280, 720), other], Config::default());
        assert!(!text.contains(SCALE));
        assert_eq!(text.matches("s0. !").count(), 2);
    }
}
