//! Fragmented files: encrypting their segments, and decrypting them. What was encrypted has to come
//! back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::protect::{
    Decryption, Protection, TrackProtection, decrypt_segment, encrypt_init, encrypt_segment,
};
use reeldrop_cmaf_fuzz::{SCHEMES, bounded, key, protection, split};
use uuid::Uuid;

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
        // The same in a later crypto period.
        let later = Protection { kid: Uuid::from_u128(8), ..protection };
        out.clear();
        let rotated = track.in_period(&later, &key());
        encrypt_segment(segment, &rotated, &mut out).expect("what one key encrypts another does");
        let mut again = Vec::new();
        let known = decryption.or(later.kid, &key());
        let _ = decrypt_segment(&out, &known, &mut again);
        assert!(again == back, "a period changes more than the key");
    }
}));
