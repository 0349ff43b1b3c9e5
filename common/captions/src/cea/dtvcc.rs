//! Services of digital television's captions (CTA-708-E), out of their packets.

use cea708_types::tables::Code;

use super::{Text, window::Service};
use crate::CaptionError;

/// A receiver must know so many services (47 CFR 79.102); nobody uses those beyond.
const SERVICES: usize = 6;

/// Packets, and the services in them.
#[derive(Default)]
pub(super) struct Dtvcc {
    /// What has come of a packet.
    packet: Vec<u8>,
    /// Its length with its header, bytes; 0 where none is under way.
    length: usize,
    services: [Service; SERVICES],
}

impl Dtvcc {
    /// A packet begins; one that has not ended before is lost, but for what is whole in it.
    pub(super) fn begin(&mut self, data: [u8; 2], now: u64) {
        self.end(now);
        // CTA-708-E, 5: six bits say how long it is, 0 stands for 128 bytes.
        self.length = match usize::from(data[0] & 0x3f) {
            0 => 128,
            pairs => 2 * pairs,
        };
        self.more(data, now);
    }

    /// A packet goes on.
    pub(super) fn more(&mut self, data: [u8; 2], now: u64) {
        let left = self.length.saturating_sub(self.packet.len());
        self.packet.extend(data.iter().take(left));
        if self.length > 0 && self.packet.len() == self.length {
            self.end(now);
        }
    }

    /// A packet holds blocks of services, each behind a header; what is not whole is left out.
    fn end(&mut self, now: u64) {
        let packet = std::mem::take(&mut self.packet);
        self.length = 0;
        let mut rest = packet.get(1..).unwrap_or_default();
        while let [head, after @ ..] = rest {
            let (mut number, size) = (head >> 5, usize::from(head & 0x1f));
            rest = after;
            // A block of nothing is padding; 7 stands for a number of its own.
            if size > 0
                && number == 7
                && let [extended, after @ ..] = rest
            {
                (number, rest) = (extended & 0x3f, after);
            }
            let block = rest.get(..size).unwrap_or_default();
            rest = rest.get(size..).unwrap_or_default();
            let service = usize::from(number).checked_sub(1);
            if let Some(service) = service.and_then(|at| self.services.get_mut(at)) {
                let codes = Code::from_data(block).unwrap_or_default();
                codes.iter().for_each(|code| service.take(code, now));
            }
        }
    }

    pub(super) fn finish(mut self, end: u64) -> [Result<Vec<Text>, CaptionError>; SERVICES] {
        self.end(end);
        self.services.map(|service| service.finish(end))
    }
}
