//! Which encoder makes H.264: chosen once at start, by what the machine can.

use std::{fmt, str::FromStr};

use reeldrop_events::{Rendition, VideoCodec};

use crate::{Error, launched::Launched, video};

/// What a deployment asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// An NVIDIA card where there is one that works, else the processor.
    Auto,
    /// The processor.
    #[default]
    X264,
    /// An NVIDIA card, and nothing else.
    Nvenc,
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "x264" => Ok(Self::X264),
            "nvenc" => Ok(Self::Nvenc),
            _ => Err("auto, x264 or nvenc"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::X264 => "x264",
            Self::Nvenc => "nvenc",
        })
    }
}

/// What encodes H.264.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoder {
    /// x264: the same bytes each time.
    #[default]
    X264,
    /// NVENC, by GStreamer's nvcodec. Sizes that no card takes are still x264's.
    Nvenc,
}

impl Encoder {
    /// Takes what is wanted, where a few pictures can be encoded with it.
    ///
    /// # Errors
    /// Why an NVIDIA card that is demanded does not encode.
    pub(crate) fn choose(wanted: Wanted) -> Result<Self, String> {
        if wanted == Wanted::X264 {
            return Ok(Self::X264);
        }
        match (Self::Nvenc.trial(), wanted) {
            (Ok(()), _) => {
                tracing::info!("encoding H.264 with NVENC");
                Ok(Self::Nvenc)
            }
            (Err(error), Wanted::Auto) => {
                tracing::warn!(%error, "NVENC does not work here: encoding with the processor");
                Ok(Self::X264)
            }
            (Err(error), Wanted::X264 | Wanted::Nvenc) => {
                Err(format!("NVENC does not work here: {error}"))
            }
        }
    }

    /// Encodes a few pictures: a driver may be there without what GStreamer asks of it.
    fn trial(self) -> Result<(), Error> {
        reeldrop_media::init()?;
        let rendition = Rendition {
            name: "trial".to_owned(),
            codec: VideoCodec::H264,
            width: 640,
            height: 360,
            max_bitrate_bps: 1_000_000,
            crf: 23,
            preset: "veryfast".to_owned(),
        };
        let encoder = video::encoder(&rendition, self, 1);
        let launched = Launched::new(&format!(
            "videotestsrc num-buffers=8 ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 \
             ! {encoder} ! fakesink"
        ))?;
        launched.play()?;
        launched.wait_for_end(|| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_setting_are_read_as_they_are_written() {
        for wanted in [Wanted::Auto, Wanted::X264, Wanted::Nvenc] {
            assert_eq!(wanted.to_string().parse(), Ok(wanted));
        }
        assert_eq!("gpu".parse::<Wanted>(), Err("auto, x264 or nvenc"));
    }

    #[test]
    fn an_encoder_that_works_passes_its_trial() {
        Encoder::X264.trial().unwrap();
    }

    #[test]
    fn without_a_card_auto_falls_back_and_who_demands_it_hears_why() {
        let works = Encoder::Nvenc.trial().is_ok();
        let auto = Encoder::choose(Wanted::Auto);
        let demanded = Encoder::choose(Wanted::Nvenc);
        if works {
            assert_eq!((auto, demanded), (Ok(Encoder::Nvenc), Ok(Encoder::Nvenc)));
            return;
        }
        assert_eq!(auto, Ok(Encoder::X264));
        let reason = demanded.unwrap_err();
        assert!(reason.contains("nvh264enc"), "{reason}");
    }
}
