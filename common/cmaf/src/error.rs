//! Why bytes are not what they should be.

use crate::boxes::FourCc;

/// Why a box, a segment or a codec configuration cannot be read, written or protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmafError {
    /// A box claims more bytes than its parent has, or fewer than its own header.
    #[error("box {kind} at byte {offset} claims a size that does not fit")]
    BoxSize {
        /// Type of the box.
        kind: FourCc,
        /// Where it begins in its parent's content, bytes.
        offset: usize,
    },
    /// The bytes end before the named thing does.
    #[error("{0} is cut short")]
    Truncated(&'static str),
    /// The named thing is required and not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The named thing breaks its standard.
    #[error("{0} is invalid")]
    Invalid(&'static str),
    /// The named thing is larger than its field or than the bound set here.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// The named thing is legal, and not handled here.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}
