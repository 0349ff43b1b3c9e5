//! `cbcs` encryption of many ranges at once.
//!
//! CBC waits for each block before it can begin the next, while AES instructions could work on
//! several. Ranges do not wait for each other, so that a few are encrypted side by side.

use std::ops::Range;

use aes::Aes128;
use aes::cipher::Block;

use super::cipher::{BLOCK, Cipher, blocks_of};
use crate::boxes::tenc::Pattern;

/// Ranges worked on at once: what fills the pipelines of AES instructions.
const LANES: usize = 8;

/// A range under way.
#[derive(Clone, Copy, Default)]
struct Lane {
    /// Where the next block begins; blocks end at `end`.
    at: usize,
    end: usize,
    /// Blocks left to encrypt before the next clear ones.
    left: usize,
}

impl Lane {
    fn new(range: &Range<usize>, crypt: usize) -> Self {
        Self {
            at: range.start,
            // A partial block at the end stays clear.
            end: range.start + range.len() / BLOCK * BLOCK,
            left: crypt,
        }
    }

    /// Goes on to the next block; false where there is none.
    fn advance(&mut self, crypt: usize, period: usize) -> bool {
        self.at += BLOCK;
        self.left -= 1;
        if self.left == 0 {
            self.left = crypt;
            self.at += (period - crypt) * BLOCK;
        }
        self.at < self.end
    }
}

/// The lanes that are under way, from the first, and the chain of each.
struct Lanes {
    lanes: [Lane; LANES],
    chains: [Block<Aes128>; LANES],
    active: usize,
}

/// Encrypts `ranges` of `media`, each from its own vector: the whole blocks that `pattern` picks.
pub(super) fn encrypt(
    cipher: &Cipher,
    pattern: Pattern,
    ranges: impl Iterator<Item = (Range<usize>, [u8; 16])>,
    media: &mut [u8],
) {
    let (crypt, period) = blocks_of(pattern);
    if crypt == 0 {
        return;
    }
    let length = media.len();
    let mut ranges = ranges.filter(|(range, _)| range.len() >= BLOCK && range.end <= length);
    let mut lanes = Lanes {
        lanes: [Lane::default(); LANES],
        chains: [Block::<Aes128>::default(); LANES],
        active: 0,
    };
    loop {
        while lanes.active < LANES {
            let Some((range, iv)) = ranges.next() else {
                break;
            };
            lanes.lanes[lanes.active] = Lane::new(&range, crypt);
            lanes.chains[lanes.active] = iv.into();
            lanes.active += 1;
        }
        if lanes.active == 0 {
            return;
        }
        lanes.run(cipher, (crypt, period), media);
    }
}

impl Lanes {
    /// Encrypts block after block of all lanes, until at least one of them is at its end.
    fn run(&mut self, cipher: &Cipher, (crypt, period): (usize, usize), media: &mut [u8]) {
        let mut ended = false;
        while !ended {
            let active = self.active;
            for (lane, chain) in self.lanes.iter().zip(&mut self.chains).take(active) {
                if let Some(block) = media[lane.at..].first_chunk::<BLOCK>() {
                    let mixed = u128::from_ne_bytes(*block) ^ u128::from_ne_bytes((*chain).into());
                    *chain = mixed.to_ne_bytes().into();
                }
            }
            cipher.encrypt_blocks(&mut self.chains);
            for (lane, chain) in self.lanes.iter_mut().zip(&self.chains).take(active) {
                if let Some(block) = media[lane.at..].first_chunk_mut::<BLOCK>() {
                    *block = (*chain).into();
                }
                ended |= !lane.advance(crypt, period);
            }
        }
        self.drop_ended();
    }

    fn drop_ended(&mut self) {
        let mut index = 0;
        while index < self.active {
            if self.lanes[index].at < self.lanes[index].end {
                index += 1;
                continue;
            }
            self.active -= 1;
            self.lanes[index] = self.lanes[self.active];
            self.chains[index] = self.chains[self.active];
        }
    }
}

#[cfg(test)]
mod tests {
    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

    use super::super::ContentKey;
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
    }

    // NIST SP 800-38A, F.2.1.
    const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
    const CLEAR: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

    #[test]
    fn all_blocks_are_chained_as_nist_does() {
        let cipher = Cipher::new(&ContentKey(bytes(KEY)));
        let iv = bytes("000102030405060708090a0b0c0d0e0f");
        let mut range: [u8; 32] = bytes(CLEAR);
        encrypt(
            &cipher,
            Pattern::default(),
            [(0..32, iv)].into_iter(),
            &mut range,
        );
        let expected = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2";
        assert_eq!(range, bytes(expected));
        cipher.cbcs_decrypt(&iv, Pattern::default(), &mut range);
        assert_eq!(range, bytes(CLEAR));
    }

    /// One range after the other, one block after the other.
    fn plainly(pattern: Pattern, ranges: &[Range<usize>], media: &mut [u8]) {
        let aes = Aes128::new(&Array::from(bytes::<16>(KEY)));
        let (crypt, period) = blocks_of(pattern);
        for range in ranges {
            let mut chain = [3_u8; 16];
            for (number, block) in media[range.clone()].chunks_exact_mut(16).enumerate() {
                if number % period < crypt {
                    let mixed: [u8; 16] = std::array::from_fn(|at| block[at] ^ chain[at]);
                    let mut mixed = Array::from(mixed);
                    aes.encrypt_block(&mut mixed);
                    block.copy_from_slice(&mixed);
                    chain = mixed.into();
                }
            }
        }
    }

    #[test]
    fn ranges_side_by_side_are_those_one_after_the_other() {
        let cipher = Cipher::new(&ContentKey(bytes(KEY)));
        let clear: Vec<u8> = (0..40_000_u32)
            .map(|at| (at * 7 + at / 251) as u8)
            .collect();
        let mut ranges = Vec::new();
        let (mut at, mut len) = (3, 0);
        while at + len < clear.len() {
            ranges.push(at..at + len);
            at += len + 5;
            len = (len * 5 + 37) % 1999;
        }
        for (crypt, skip) in [(1, 9), (0, 0), (5, 5), (1, 0), (10, 0)] {
            let pattern = Pattern { crypt, skip };
            let (mut expected, mut found) = (clear.clone(), clear.clone());
            plainly(pattern, &ranges, &mut expected);
            let with_vectors = ranges.iter().map(|range| (range.clone(), [3; 16]));
            encrypt(&cipher, pattern, with_vectors, &mut found);
            assert!(found == expected, "{crypt}:{skip}");
            for range in &ranges {
                cipher.cbcs_decrypt(&[3; 16], pattern, &mut found[range.clone()]);
            }
            assert!(found == clear, "{crypt}:{skip} back");
        }
    }

    #[test]
    fn a_pattern_that_picks_nothing_changes_nothing() {
        let cipher = Cipher::new(&ContentKey(bytes(KEY)));
        let mut media = [9; 64];
        let pattern = Pattern { crypt: 0, skip: 1 };
        encrypt(&cipher, pattern, [(0..64, [0; 16])].into_iter(), &mut media);
        cipher.cbcs_decrypt(&[0; 16], pattern, &mut media);
        assert_eq!(media, [9; 64]);
    }
}
