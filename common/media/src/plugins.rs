//! Which of GStreamer's elements may touch an uploaded file.

use std::sync::OnceLock;

use gst::prelude::*;
use gstreamer as gst;

use crate::MediaError;

/// Demuxers and parsers that may be plugged. None of them opens an address.
const DEMUXERS: &[&str] = &[
    "qtdemux",
    "matroskademux",
    "tsdemux",
    "mpegpsdemux",
    "avidemux",
    "flvdemux",
    "asfdemux",
    "oggdemux",
    "mxfdemux",
    "dvdemux",
    "ivfparse",
    "id3demux",
    "apedemux",
    "wavparse",
    "aiffparse",
    "h264parse",
    "h265parse",
    "h263parse",
    "vp9parse",
    "av1parse",
    "mpegvideoparse",
    "mpeg4videoparse",
    "vc1parse",
    "jpeg2000parse",
    "diracparse",
    "aacparse",
    "ac3parse",
    "dcaparse",
    "mpegaudioparse",
    "flacparse",
    "opusparse",
    "amrparse",
    "wavpackparse",
];

/// Decoders that may be plugged, the one to prefer first where two take the same codec.
const DECODERS: &[&str] = &[
    "avdec_h264",
    "avdec_h265",
    "avdec_vp9",
    "avdec_vp8",
    "av1dec",
    "avdec_mpeg2video",
    "avdec_mpegvideo",
    "avdec_mpeg4",
    "avdec_msmpeg4",
    "avdec_msmpeg4v1",
    "avdec_msmpeg4v2",
    "avdec_h263",
    "avdec_h263p",
    "avdec_flv",
    "avdec_vp6",
    "avdec_vp6f",
    "avdec_vp6a",
    "avdec_wmv1",
    "avdec_wmv2",
    "avdec_wmv3",
    "avdec_vc1",
    "avdec_mjpeg",
    "avdec_prores",
    "avdec_dnxhd",
    "avdec_dvvideo",
    "theoradec",
    "avdec_ffv1",
    "avdec_huffyuv",
    "avdec_ffvhuff",
    "avdec_qtrle",
    "avdec_svq1",
    "avdec_svq3",
    "avdec_cinepak",
    "avdec_jpeg2000",
    "avdec_cfhd",
    "avdec_aac",
    "avdec_aac_latm",
    "avdec_mp3",
    "avdec_mp2float",
    "mpg123audiodec",
    "avdec_ac3",
    "avdec_eac3",
    "avdec_dca",
    "avdec_truehd",
    "avdec_flac",
    "avdec_alac",
    "avdec_opus",
    "opusdec",
    "vorbisdec",
    "avdec_wmav1",
    "avdec_wmav2",
    "avdec_wmapro",
    "avdec_wmalossless",
    "avdec_amrnb",
    "avdec_amrwb",
    "alawdec",
    "mulawdec",
    "adpcmdec",
    "avdec_adpcm_ima_qt",
    "avdec_adpcm_ima_wav",
    "avdec_adpcm_ms",
    "avdec_adpcm_swf",
    "avdec_nellymoser",
    "avdec_speex",
    "wavpackdec",
    "avdec_qdm2",
    "avdec_s302m",
    "dvdlpcmdec",
];

/// What nothing works without.
const NEEDED: &[&str] = &[
    "parsebin",
    "qtdemux",
    "h264parse",
    "aacparse",
    "avdec_h264",
    "avdec_aac",
];

/// Starts GStreamer, once, and limits what may be plugged.
///
/// # Errors
/// [`MediaError::Missing`] where GStreamer or an element that everything needs is not installed.
pub fn init() -> Result<(), MediaError> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(start).clone().map_err(MediaError::Missing)
}

fn start() -> Result<(), String> {
    gst::init().map_err(|error| error.to_string())?;
    allow_only_listed(&gst::Registry::get());
    match NEEDED
        .iter()
        .find(|name| gst::ElementFactory::find(name).is_none())
    {
        Some(name) => Err(format!("element {name} is not installed")),
        None => Ok(()),
    }
}

/// Plugging considers elements of rank MARGINAL and above only: hlsdemux, dashdemux, sdpdemux and
/// all that is not listed get rank NONE. Ranks live in this process alone.
fn allow_only_listed(registry: &gst::Registry) {
    for feature in registry.features(gst::ElementFactory::static_type()) {
        let name = feature.name();
        if let Some(place) = DECODERS.iter().position(|allowed| *allowed == name) {
            feature.set_rank(gst::Rank::PRIMARY + (DECODERS.len() - place) as i32);
        } else if DEMUXERS.contains(&name.as_str()) {
            feature.set_rank(gst::Rank::PRIMARY + 1);
        } else if feature.rank() > gst::Rank::NONE && decodes(&feature) {
            feature.set_rank(gst::Rank::NONE);
        }
    }
}

fn decodes(feature: &gst::PluginFeature) -> bool {
    feature
        .downcast_ref::<gst::ElementFactory>()
        .is_some_and(|factory| factory.has_type(gst::ElementFactoryType::DECODABLE))
}

/// The decoder to use for packets of `caps`: none for raw media, which needs none.
pub(crate) fn decoder_for(caps: &gst::Caps) -> Option<gst::ElementFactory> {
    gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::PRIMARY)
        .into_iter()
        .filter(|factory| factory.can_sink_any_caps(caps))
        .max_by_key(|factory| factory.rank())
}
