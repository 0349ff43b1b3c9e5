//! `pssh`: what a player hands to its key system (ISO/IEC 23001-7, 8.1).

use uuid::Uuid;

use super::full_boxed;

/// The W3C's common system id: key ids, and nothing that belongs to one vendor.
pub const COMMON_SYSTEM_ID: Uuid = Uuid::from_u128(0x1077_efec_c0b2_4d02_ace3_3c1e_52e2_fb4b);

/// Writes a common `pssh` box, version 1, that lists `kids`; also what `cenc:pssh` in an MPD holds.
#[must_use]
pub fn common_pssh(kids: &[Uuid]) -> Vec<u8> {
    let mut out = Vec::new();
    full_boxed(&mut out, b"pssh", 1, 0, |out| {
        out.extend(COMMON_SYSTEM_ID.as_bytes());
        out.extend(u32::try_from(kids.len()).unwrap_or(u32::MAX).to_be_bytes());
        for kid in kids {
            out.extend(kid.as_bytes());
        }
        out.extend(0_u32.to_be_bytes());
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_is_that_of_the_w3c_example() {
        // "Common SystemID and PSSH Box Format", with one key id.
        let pssh = common_pssh(&[Uuid::from_u128(0x3031_3233_3435_3637_3839_3031_3233_3435)]);
        let expected = b"\0\0\0\x34pssh\x01\0\0\0\x10\x77\xef\xec\xc0\xb2\x4d\x02\xac\xe3\x3c\x1e\
            \x52\xe2\xfb\x4b\0\0\0\x010123456789012345\0\0\0\0";
        assert_eq!(pssh, expected);
    }
}
