//! The ciphers of `cenc` and `cbcs` over the protected ranges of samples (ISO/IEC 23001-7, 9 and 10).

use aes::Aes128;
use aes::cipher::{Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use super::ContentKey;
use crate::boxes::tenc::Pattern;

pub(super) const BLOCK: usize = 16;

/// Blocks of key stream made at once: enough to fill the pipelines of AES instructions.
const BATCH: usize = 32;

/// An expanded content key.
#[derive(Clone)]
pub(super) struct Cipher(Aes128);

impl Cipher {
    pub(super) fn new(key: &ContentKey) -> Self {
        Self(Aes128::new(&Array::from(key.0)))
    }

    /// Encrypts each block by itself.
    pub(super) fn encrypt_blocks(&self, blocks: &mut [Block<Aes128>]) {
        self.0.encrypt_blocks(blocks);
    }

    /// `cbcs`: decrypts the whole blocks that `pattern` picks; a partial one at the end is clear.
    pub(super) fn cbcs_decrypt(&self, iv: &[u8; 16], pattern: Pattern, range: &mut [u8]) {
        let mut chain = Block::<Aes128>::from(*iv);
        let mut clear = [Block::<Aes128>::default(); BATCH];
        let (crypt, period) = blocks_of(pattern);
        let len = range.len() / BLOCK * BLOCK;
        let range = range.get_mut(..len).unwrap_or_default();
        // A period of all blocks is a batch: what decryption takes from a chain is there already.
        let (crypt, period) = if crypt == period {
            (BATCH, BATCH)
        } else {
            (crypt.min(BATCH), period)
        };
        for group in range.chunks_mut(period * BLOCK) {
            let (blocks, _) = Array::slice_as_chunks_mut(group);
            let count = blocks.len().min(crypt);
            let (blocks, _) = blocks.split_at_mut(count);
            let (clear, _) = clear.split_at_mut(count);
            clear.copy_from_slice(blocks);
            self.0.decrypt_blocks(clear);
            for (block, clear) in blocks.iter_mut().zip(clear) {
                let encrypted = *block;
                xor(clear, &chain);
                *block = *clear;
                chain = encrypted;
            }
        }
    }

    /// The key stream of `cenc` for one sample, from its first protected byte.
    pub(super) fn key_stream(&self, iv: [u8; 16]) -> KeyStream<'_> {
        let iv = u128::from_be_bytes(iv);
        KeyStream {
            cipher: &self.0,
            iv,
            block: 0,
            ready: [0; BLOCK],
            used: BLOCK,
        }
    }
}

/// How many blocks of each period a pattern picks, and how many the period has.
pub(super) fn blocks_of(pattern: Pattern) -> (usize, usize) {
    // ISO/IEC 23001-7, 10.4.2: sound has the pattern 0:0, in which every whole block is encrypted.
    if pattern.crypt == 0 && pattern.skip == 0 {
        return (1, 1);
    }
    let crypt = usize::from(pattern.crypt);
    (crypt, crypt + usize::from(pattern.skip))
}

/// AES-CTR over one sample: goes on from range to range, as if they were one.
pub(super) struct KeyStream<'a> {
    cipher: &'a Aes128,
    iv: u128,
    /// Number of the next block of key stream.
    block: u64,
    /// The current block, of which `used` bytes are spent.
    ready: [u8; BLOCK],
    used: usize,
}

impl KeyStream<'_> {
    /// Encrypts or decrypts the next protected range.
    pub(super) fn apply(&mut self, range: &mut [u8]) {
        let left = BLOCK - self.used;
        let (head, rest) = range.split_at_mut(left.min(range.len()));
        xor(head, self.ready.get(self.used..).unwrap_or_default());
        self.used += head.len();
        let mut keys = [Block::<Aes128>::default(); BATCH];
        for batch in rest.chunks_mut(BATCH * BLOCK) {
            let (keys, _) = keys.split_at_mut(batch.len().div_ceil(BLOCK).min(BATCH));
            for key in keys.iter_mut() {
                *key = self.counter();
            }
            self.cipher.encrypt_blocks(keys);
            for (bytes, key) in batch.chunks_mut(BLOCK).zip(keys.iter()) {
                xor(bytes, key);
                self.used = bytes.len();
            }
            self.ready = keys.last().copied().unwrap_or_default().into();
        }
    }

    // ISO/IEC 23001-7, 9.3: only the last eight bytes count, and they wrap.
    fn counter(&mut self) -> Block<Aes128> {
        let low = u64::MAX;
        let counted = self.iv.wrapping_add(u128::from(self.block)) & u128::from(low);
        self.block = self.block.wrapping_add(1);
        Array::from(((self.iv & !u128::from(low)) | counted).to_be_bytes())
    }
}

fn xor(bytes: &mut [u8], key: &[u8]) {
    for (byte, key) in bytes.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
    }

    // NIST SP 800-38A, F.2.1 and F.5.1.
    const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
    const CLEAR: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

    #[test]
    fn the_key_stream_is_that_of_nist_however_the_ranges_are_cut() {
        let cipher = Cipher::new(&ContentKey(bytes(KEY)));
        let iv = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        let expected: [u8; 32] =
            bytes("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
        for cut in 0..=32 {
            let mut range: [u8; 32] = bytes(CLEAR);
            let mut stream = cipher.key_stream(iv);
            let (head, tail) = range.split_at_mut(cut);
            stream.apply(head);
            stream.apply(tail);
            assert_eq!(range, expected, "cut at {cut}");
        }
    }

    #[test]
    fn batches_give_the_same_stream_as_single_blocks() {
        let cipher = Cipher::new(&ContentKey([5; 16]));
        let iv = [0xff; 16];
        let mut whole = [0; 2000];
        cipher.key_stream(iv).apply(&mut whole);
        let mut pieces = [0; 2000];
        let mut stream = cipher.key_stream(iv);
        pieces.chunks_mut(7).for_each(|piece| stream.apply(piece));
        assert_eq!(whole, pieces);
    }
}
