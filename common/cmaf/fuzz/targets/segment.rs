//! Fragmented files: encrypting their segments, and decrypting them. What was encrypted has to come
//! back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::protect::{
    Decryption, TrackProtection, decrypt_segment, encrypt_init, encrypt_segment,
};
use reeldrop_cmaf_fuzz::{SCHEMES, bounded, key, protection, split};

fuzz_target!(|data: &[u8]| bounded(data, || {
    let (init, segment) = split(data);
    let mut out = Vec::new();
    if let Ok(decryption) = Decryption::new(init, |_| Some(key())) {
        let _ = decrypt_segment(segment, &decryption, &mut out);
    }
    for scheme in SCHEMES {
        let protection = protection(scheme);
        let Ok(track) = TrackProtection::new(init, &protection, &key(), "r") else {
            continue;
        };
        out.clear();
        if encrypt_segment(segment, &track, &mut out).is_err() {
            assert!(out.is_empty(), "an error leaves nothing behind");
            continue;
        }
        let Ok(init) = encrypt_init(init, &protection) else {
            continue;
        };
        let Ok(decryption) = Decryption::new(&init, |_| Some(key())) else {
            continue;
        };
        let mut back = Vec::new();
        let _ = decrypt_segment(&out, &decryption, &mut back);
    }
}));
