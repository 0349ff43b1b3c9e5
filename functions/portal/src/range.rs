//! `Range` of a request (RFC 9110, section 14).

use std::ops::Range;

/// One range of bytes, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// From a byte on, up to a last byte where one is named.
    From {
        /// First byte.
        first: u64,
        /// Last byte, which is included.
        last: Option<u64>,
    },
    /// The last bytes.
    Suffix(u64),
}

impl Wanted {
    /// Reads the header. What is malformed, or several ranges at once, may be ignored (14.2).
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", suffix) => suffix.parse().ok().map(Self::Suffix),
            (first, "") => Some(Self::From {
                first: first.parse().ok()?,
                last: None,
            }),
            (first, last) => {
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then_some(Self::From {
                    first,
                    last: Some(last),
                })
            }
        }
    }

    /// The bytes of a file of `size_bytes`; none where it has none of them.
    pub(crate) fn within(self, size_bytes: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => {
                first..last.map_or(size_bytes, |last| last.saturating_add(1).min(size_bytes))
            }
            Self::Suffix(length) => size_bytes.saturating_sub(length)..size_bytes,
        };
        (!range.is_empty()).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        for (header, range) in [
            ("bytes=0-99", Some(0..100)),
            ("bytes=900-", Some(900..1000)),
            ("bytes=900-5000", Some(900..1000)),
            ("bytes=-100", Some(900..1000)),
            ("bytes=-5000", Some(0..1000)),
            ("bytes=1000-", None),
            ("bytes=-0", None),
        ] {
            assert_eq!(
                Wanted::parse(header).unwrap().within(1000),
                range,
                "{header}"
            );
        }
    }

    #[test]
    fn what_is_no_single_range_is_ignored() {
        for header in [
            "",
            "bytes=",
            "bytes=5-1",
            "bytes=0-1,5-9",
            "lines=1-2",
            "bytes=-",
        ] {
            assert_eq!(Wanted::parse(header), None, "{header}");
        }
    }
}
