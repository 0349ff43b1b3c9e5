//! What a manifest calls a codec (RFC 6381).

use std::fmt::Write as _;

use reeldrop_events::VideoCodec;

use crate::CmafError;

/// A codec that a track here can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264/AVC, parameter sets in the sample entry.
    H264,
    /// H.265/HEVC, parameter sets in the sample entry.
    H265,
    /// AV1.
    Av1,
    /// VP9.
    Vp9,
    /// MPEG-4 AAC.
    Aac,
    /// Opus.
    Opus,
    /// FLAC.
    Flac,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
}

impl From<VideoCodec> for Codec {
    fn from(codec: VideoCodec) -> Self {
        match codec {
            VideoCodec::H264 => Self::H264,
            VideoCodec::H265 => Self::H265,
            VideoCodec::Av1 => Self::Av1,
        }
    }
}

/// The RFC 6381 name of a codec, such as `avc1.64001F`.
///
/// `codec_config` is the content of the `avcC`, `hvcC`, `av1C` or `vpcC` box, or the
/// `AudioSpecificConfig`; codecs that need none do not look at it.
///
/// # Errors
/// [`CmafError::Truncated`] or [`CmafError::Invalid`] where the configuration is not one.
pub fn codec_string(codec: impl Into<Codec>, codec_config: &[u8]) -> Result<String, CmafError> {
    match codec.into() {
        Codec::H264 => avc(codec_config),
        Codec::H265 => hevc(codec_config),
        Codec::Av1 => av1(codec_config),
        Codec::Vp9 => vp9(codec_config),
        Codec::Aac => aac(codec_config),
        Codec::Opus => Ok("opus".to_owned()),
        Codec::Flac => Ok("flac".to_owned()),
        Codec::Ac3 => Ok("ac-3".to_owned()),
        Codec::Eac3 => Ok("ec-3".to_owned()),
    }
}

// RFC 6381, 3.3: profile_idc, constraint flags and level_idc in hexadecimal.
fn avc(config: &[u8]) -> Result<String, CmafError> {
    match config {
        [1, profile, constraints, level, ..] => {
            Ok(format!("avc1.{profile:02X}{constraints:02X}{level:02X}"))
        }
        [_, _, _, _, ..] => Err(CmafError::Invalid("avcC version")),
        _ => Err(CmafError::Truncated("avcC")),
    }
}

// ISO/IEC 14496-15, annex E.3.
fn hevc(config: &[u8]) -> Result<String, CmafError> {
    let Some((head, _)) = config.split_first_chunk::<13>() else {
        return Err(CmafError::Truncated("hvcC"));
    };
    let [1, profile, c0, c1, c2, c3, constraints @ .., level] = head else {
        return Err(CmafError::Invalid("hvcC version"));
    };
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 == 0 { 'L' } else { 'H' };
    let compatibility = u32::from_be_bytes([*c0, *c1, *c2, *c3]).reverse_bits();
    let mut name = format!(
        "hvc1.{space}{}.{compatibility:X}.{tier}{level}",
        profile & 0x1f
    );
    let used = constraints
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    for byte in constraints.iter().take(used) {
        // Writing to a string cannot fail.
        let _ = write!(name, ".{byte:X}");
    }
    Ok(name)
}

// AV1 Codec ISO Media File Format Binding, 5. The optional fields are left out: their defaults are
// 4:2:0 in BT.709, and a player takes others from the sequence header.
fn av1(config: &[u8]) -> Result<String, CmafError> {
    let [marker, level, depth, _, ..] = config else {
        return Err(CmafError::Truncated("av1C"));
    };
    if *marker != 0x81 {
        return Err(CmafError::Invalid("av1C marker and version"));
    }
    let tier = if depth & 0x80 == 0 { 'M' } else { 'H' };
    let bits = match (depth & 0x40 != 0, depth & 0x20 != 0) {
        (true, true) => 12,
        (true, false) => 10,
        (false, _) => 8,
    };
    Ok(format!(
        "av01.{}.{:02}{tier}.{bits:02}",
        level >> 5,
        level & 0x1f
    ))
}

// VP Codec ISO Media File Format Binding, "Codecs Parameter String", its mandatory fields.
fn vp9(config: &[u8]) -> Result<String, CmafError> {
    let [_, _, _, _, profile, level, depth, ..] = config else {
        return Err(CmafError::Truncated("vpcC"));
    };
    Ok(format!("vp09.{profile:02}.{level:02}.{:02}", depth >> 4))
}

// ISO/IEC 14496-3, 1.6.2.1: five bits of audio object type, 31 escapes to six bits more.
fn aac(config: &[u8]) -> Result<String, CmafError> {
    let [first, second, ..] = config else {
        return Err(CmafError::Truncated("AudioSpecificConfig"));
    };
    let object_type = match first >> 3 {
        31 => 32 + (((first & 7) << 3) | (second >> 5)),
        short => short,
    };
    Ok(format!("mp4a.40.{object_type}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn avc_high_at_level_3_1() {
        let name = codec_string(Codec::H264, &[1, 0x64, 0, 0x1f, 0xff, 0xe1]).unwrap();
        assert_eq!(name, "avc1.64001F");
    }

    #[test]
    fn hevc_main_at_level_3_1_with_one_constraint_byte() {
        // The example of ISO/IEC 14496-15, annex E: general_profile_compatibility_flags 0x60000000.
        let config = [1, 1, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93, 0xf0];
        assert_eq!(
            codec_string(Codec::H265, &config).unwrap(),
            "hvc1.1.6.L93.B0"
        );
    }

    #[test]
    fn hevc_high_tier_without_constraints_in_profile_space_1() {
        let config = [1, 0x62, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 120, 0xf0];
        assert_eq!(
            codec_string(Codec::H265, &config).unwrap(),
            "hvc1.A2.4.H120"
        );
    }

    #[test]
    fn av1_main_at_level_3_1_with_10_bits() {
        let name = codec_string(VideoCodec::Av1, &[0x81, 5, 0x4c, 0]).unwrap();
        assert_eq!(name, "av01.0.05M.10");
    }

    #[test]
    fn vp9_profile_0_at_level_3_1() {
        let config = [1, 0, 0, 0, 0, 31, 0x82, 2, 2, 2, 0, 0];
        assert_eq!(codec_string(Codec::Vp9, &config).unwrap(), "vp09.00.31.08");
    }

    #[test]
    fn codecs_without_parameters_have_plain_names() {
        let names = [Codec::Opus, Codec::Flac, Codec::Ac3, Codec::Eac3]
            .map(|codec| codec_string(codec, &[]).unwrap());
        assert_eq!(names, ["opus", "flac", "ac-3", "ec-3"]);
    }

    #[test]
    fn aac_low_complexity() {
        assert_eq!(
            codec_string(Codec::Aac, &[0x11, 0x90]).unwrap(),
            "mp4a.40.2"
        );
    }

    #[test]
    fn a_short_configuration_is_an_error() {
        for codec in [Codec::H264, Codec::H265, Codec::Av1, Codec::Vp9, Codec::Aac] {
            assert!(matches!(
                codec_string(codec, &[1]),
                Err(CmafError::Truncated(_))
            ));
        }
    }
}
