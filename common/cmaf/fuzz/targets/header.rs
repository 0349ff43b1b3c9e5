//! Headers: protecting them, and back again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::protect::{
    Decryption, TrackProtection, decrypt_init, encrypt_init, encrypt_init_with_lead,
};
use reeldrop_cmaf_fuzz::{SCHEMES, bounded, key, protection};

fuzz_target!(|data: &[u8]| bounded(data, || {
    let _ = decrypt_init(data);
    let _ = Decryption::new(data, |_| Some(key()));
    for scheme in SCHEMES {
        let protection = protection(scheme);
        let _ = TrackProtection::new(data, &protection, &key(), "r");
        for protected in [encrypt_init(data, &protection), encrypt_init_with_lead(data, &protection)]
            .into_iter()
            .flatten()
        {
            let _ = decrypt_init(&protected);
            let _ = Decryption::new(&protected, |_| Some(key()));
        }
    }
}));
