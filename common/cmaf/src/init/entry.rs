//! What is known of a sample entry by its type.

use crate::boxes::FourCc;

/// Bytes between a sample entry's header and the boxes inside it (ISO/IEC 14496-12, 12.1.3, 12.2.3).
pub(crate) fn fields_len(entry: FourCc) -> Option<usize> {
    match &entry.0 {
        b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"av01" | b"vp09" | b"encv" => Some(78),
        b"mp4a" | b"Opus" | b"fLaC" | b"ac-3" | b"ec-3" | b"enca" => Some(28),
        _ => None,
    }
}

/// The type that it has once its samples are protected (ISO/IEC 14496-12, 8.12.2).
pub(crate) fn protected(entry: FourCc) -> Option<FourCc> {
    match &entry.0 {
        b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"av01" | b"vp09" => Some(FourCc(*b"encv")),
        b"mp4a" | b"Opus" | b"fLaC" | b"ac-3" | b"ec-3" => Some(FourCc(*b"enca")),
        _ => None,
    }
}
