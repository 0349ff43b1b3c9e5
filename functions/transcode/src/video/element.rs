//! The elements that encode one rendition, as a text.

use reeldrop_events::{Rendition, VideoCodec};

use crate::Encoder;

/// Key frames come where they are forced and nowhere else, GOPs are closed, and the rate is capped
/// over two seconds. A chunk may be encoded again on another machine: x264 decides alike on all
/// (its macroblock tree else uses approximations that differ, and AVX-512 code that reads past the
/// picture; seen in build 164).
pub(crate) fn encoder(rendition: &Rendition, h264: Encoder, threads: u32) -> String {
    let kbps = (rendition.max_bitrate_bps / 1000).max(1);
    let (crf, preset) = (rendition.crf, &rendition.preset);
    match rendition.codec {
        VideoCodec::H264 if h264 == Encoder::Nvenc && nvenc_takes(rendition) => nvenc(rendition),
        VideoCodec::H264 => format!(
            "x264enc speed-preset={preset} pass=qual quantizer={crf} bitrate={kbps} vbv-buf-capacity=2000 \
             key-int-max=1073741824 threads={threads} aud=false \
             option-string=scenecut=0:open-gop=0:cpu-independent=1 \
             ! video/x-h264,profile=high,stream-format=avc,alignment=au"
        ),
        VideoCodec::H265 => format!(
            "x265enc speed-preset={preset} tune=0 log-level=none option-string=crf={crf}:vbv-maxrate={kbps}:\
             vbv-bufsize={}:keyint=-1:scenecut=0:open-gop=0:repeat-headers=0:info=0:frame-threads=1 \
             ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au",
            kbps * 2
        ),
        VideoCodec::Av1 => format!(
            "av1enc usage-profile=realtime end-usage=vbr min-quantizer={crf} max-quantizer=63 target-bitrate={kbps} \
             cpu-used={preset} keyframe-mode=disabled keyframe-max-dist=2147483647 row-mt=true threads=2 \
             ! av1parse ! video/x-av1,stream-format=obu-stream,alignment=tu"
        ),
    }
}

/// Sizes that NVENC encodes as H.264, by what GStreamer 1.22 documents of cards.
fn nvenc_takes(rendition: &Rendition) -> bool {
    (160..=4096).contains(&rendition.width) && (64..=4096).contains(&rendition.height)
}

/// The same rules on an NVIDIA card. An endless GOP has no B-frames and no key frame of its own, and
/// without lookahead none is put at a scene cut: each is forced, and comes as an IDR picture. A kilobit
/// is 1,024 bits here.
fn nvenc(rendition: &Rendition) -> String {
    let kbps = (rendition.max_bitrate_bps / 1024).max(1);
    format!(
        "nvh264enc rc-mode=vbr const-quality={} bitrate={kbps} max-bitrate={kbps} vbv-buffer-size={} \
         gop-size=-1 aud=false ! video/x-h264,profile=high \
         ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
        rendition.crf,
        kbps * 2
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(width: u32, height: u32) -> Rendition {
        Rendition {
            name: "a".to_owned(),
            codec: VideoCodec::H264,
            width,
            height,
            max_bitrate_bps: 3_000_000,
            crf: 23,
            preset: "veryfast".to_owned(),
        }
    }

    #[test]
    fn a_card_encodes_h264_by_the_same_rules_where_it_takes_the_size() {
        assert_eq!(
            encoder(&rung(1280, 720), Encoder::Nvenc, 1),
            "nvh264enc rc-mode=vbr const-quality=23 bitrate=2929 max-bitrate=2929 vbv-buffer-size=5858 \
             gop-size=-1 aud=false ! video/x-h264,profile=high \
             ! h264parse ! video/x-h264,stream-format=avc,alignment=au"
        );
        for (width, height) in [(134, 240), (4320, 2432), (256, 62)] {
            let rung = rung(width, height);
            assert!(encoder(&rung, Encoder::Nvenc, 1).starts_with("x264enc"));
        }
        let other = Rendition {
            codec: VideoCodec::H265,
            ..rung(1280, 720)
        };
        assert!(encoder(&other, Encoder::Nvenc, 1).starts_with("x265enc"));
    }
}
