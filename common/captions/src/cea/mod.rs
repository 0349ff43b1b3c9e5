//! Closed captions of television (CTA-608-E, CTA-708-E): from the bytes that lie in pictures to captions.
//!
//! Libraries read the codes; what a receiver would show of them is worked out here, and written down as
//! texts with their times: pop-on captions whole, each line that rolls up once.

mod canvas;
mod dtvcc;
mod line21;
mod shown;
mod window;

use dtvcc::Dtvcc;
use line21::Field;

use crate::CaptionError;

/// Who speaks in a stream of closed captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Line 21 (CTA-608): CC1 to CC4.
    Line21(u8),
    /// A service of digital television (CTA-708), from 1.
    Service(u8),
}

impl Channel {
    /// Its name to show in a menu, such as `CC1`.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Line21(number) => format!("CC{number}"),
            Self::Service(number) => format!("Service {number}"),
        }
    }

    /// Whether it is in the language of the sound: CTA-608-E and CTA-708-E say so of the first of each.
    #[must_use]
    pub fn is_primary(self) -> bool {
        matches!(self, Self::Line21(1) | Self::Service(1))
    }

    /// The channel of line 21 that says the same, where there is one.
    fn counterpart(self) -> Option<Self> {
        match self {
            Self::Service(1) => Some(Self::Line21(1)),
            Self::Service(2) => Some(Self::Line21(3)),
            Self::Line21(_) | Self::Service(_) => None,
        }
    }
}

/// A caption's text with its times in milliseconds: from, to.
pub type Text = (u64, u64, String);

/// Reads what the pictures of a title carry, picture by picture in the order in which they are shown.
#[derive(Default)]
pub struct Decoder {
    fields: [Field; 2],
    dtvcc: Dtvcc,
    now_ms: u64,
}

impl Decoder {
    /// Takes what the picture shown at `at_ms` carries: triplets of `cc_data` (CTA-708-E), each a byte with
    /// validity and type, and two of data.
    pub fn picture(&mut self, at_ms: u64, triplets: &[u8]) {
        self.now_ms = self.now_ms.max(at_ms);
        for triplet in triplets.chunks_exact(3) {
            let data = [triplet[1], triplet[2]];
            // A bit for validity, two for the type.
            match triplet[0] & 7 {
                4 => self.fields[0].pair(data, false, self.now_ms),
                5 => self.fields[1].pair(data, true, self.now_ms),
                6 => self.dtvcc.more(data, self.now_ms),
                7 => self.dtvcc.begin(data, self.now_ms),
                _ => {}
            }
        }
    }

    /// What was shown until the end at `end_ms`, of each channel that showed something. Where line 21 says the
    /// same as a service, it is line 21: what services say is mostly made of that.
    ///
    /// # Errors
    /// [`CaptionError::TooMuch`] where no title says so much.
    pub fn finish(self, end_ms: u64) -> Result<Vec<(Channel, Vec<Text>)>, CaptionError> {
        let end_ms = end_ms.max(self.now_ms);
        let [first, second] = self.fields;
        let mut all = Vec::new();
        for (number, texts) in (1..).zip(
            first
                .finish(end_ms)
                .into_iter()
                .chain(second.finish(end_ms)),
        ) {
            all.push((Channel::Line21(number), texts?));
        }
        for (number, texts) in (1..).zip(self.dtvcc.finish(end_ms)) {
            all.push((Channel::Service(number), texts?));
        }
        all.retain(|(_, texts)| !texts.is_empty());
        let channels: Vec<Channel> = all.iter().map(|(channel, _)| *channel).collect();
        let is_said = |channel: Channel| {
            channel
                .counterpart()
                .is_some_and(|same| channels.contains(&same))
        };
        all.retain(|(channel, _)| !is_said(*channel));
        Ok(all)
    }
}

/// What of a picture's triplets says anything: padding says nothing, but that a command which comes again behind
/// it is another one.
#[derive(Default)]
pub struct Padding {
    /// Whether the last pair of each field was padding.
    padded: [bool; 2],
}

impl Padding {
    /// The triplets without padding.
    #[must_use]
    pub fn strip(&mut self, triplets: &[u8]) -> Vec<u8> {
        let kept = triplets.chunks_exact(3).filter(|triplet| {
            let field = match triplet[0] & 7 {
                4 => 0,
                5 => 1,
                kind => return kind >= 6,
            };
            // Only the lower seven bits count, the eighth is parity.
            let is_padding = triplet[1] & 0x7f == 0 && triplet[2] & 0x7f == 0;
            let before = std::mem::replace(&mut self.padded[field], is_padding);
            !(is_padding && before)
        });
        kept.flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests;
