//! Bit rates as HLS and DASH declare them: measured over what is there.

/// A piece of a rendition that is fetched by itself: a segment, or a key frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Duration in ticks.
    pub(crate) ticks: u64,
    /// Size in bytes.
    pub(crate) bytes: u64,
}

/// Bit rate over all pieces in bits per second, rounded up; 0 without any.
pub(crate) fn average_bps(pieces: &[Piece], timescale: u32) -> u64 {
    let ticks: u64 = pieces.iter().map(|piece| piece.ticks).sum();
    let bytes: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    if ticks == 0 {
        return 0;
    }
    let bits_per_s = (u128::from(bytes) * 8 * u128::from(timescale)).div_ceil(u128::from(ticks));
    u64::try_from(bits_per_s).unwrap_or(u64::MAX)
}

/// Peak bit rate in bits per second, rounded up: the largest of any run of pieces that lasts half to
/// one and a half times `target_s` (RFC 8216bis, section 4.4.6.2).
pub(crate) fn peak_bps(pieces: &[Piece], timescale: u32, target_s: u64) -> u64 {
    let least = u64::from(timescale) * target_s / 2;
    let most = u64::from(timescale) * target_s * 3 / 2;
    let mut peak = 0;
    for start in 0..pieces.len() {
        let mut ticks = 0;
        for end in start..pieces.len() {
            ticks += pieces[end].ticks;
            if ticks > most {
                break;
            }
            if ticks >= least {
                peak = peak.max(average_bps(&pieces[start..=end], timescale));
            }
        }
    }
    // What is shorter than any such run has no other rate than its own.
    if peak == 0 {
        average_bps(pieces, timescale)
    } else {
        peak
    }
}
