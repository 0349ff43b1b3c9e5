//! Damaged headers and segments: errors, never a panic, never memory out of proportion.

use crate::tracks::{
    Random, TILED, audio_init, audio_segment, key, protection, tiled_track, video_init,
    video_segment,
};
use reeldrop_cmaf::protect::{
    Decryption, TrackProtection, decrypt_init, decrypt_segment, encrypt_init, encrypt_segment,
};
use reeldrop_events::{Scheme, VideoCodec};

/// Flips some bits, overwrites a 32-bit field, or cuts the end off.
fn damage(data: &[u8], random: &mut Random) -> Vec<u8> {
    let mut data = data.to_vec();
    let at = random.below(data.len() as u64) as usize;
    match random.below(4) {
        0 => data.truncate(at),
        1 => {
            let values = [0, 1, 7, 8, 0x7fff_ffff, 0x8000_0000, u32::MAX];
            let value = values[random.below(7) as usize].to_be_bytes();
            data.splice(at..(at + 4).min(data.len()), value);
        }
        _ => {
            for _ in 0..=random.below(3) {
                // Mostly in the boxes, which are at the start.
                let at = random.below((data.len() as u64).min(900)) as usize;
                data[at] ^= 1 << random.below(8);
            }
        }
    }
    data
}

/// Reads in every way; a result may be right or an error.
fn exercise(init: &[u8], segment: &[u8], scheme: Scheme) {
    let protection = protection(scheme);
    let bound = 3 * segment.len() + 4096;
    let mut out = Vec::new();
    if let Ok(track) = TrackProtection::new(init, &protection, &key(), "r") {
        let _ = encrypt_segment(segment, &track, &mut out);
        assert!(
            out.capacity() <= bound,
            "{} bytes for {}",
            out.capacity(),
            segment.len()
        );
    }
    let mut out = Vec::new();
    if let Ok(decryption) = Decryption::new(init, |_| Some(key())) {
        let _ = decrypt_segment(segment, &decryption, &mut out);
        assert!(
            out.capacity() <= bound,
            "{} bytes for {}",
            out.capacity(),
            segment.len()
        );
    }
    for rewritten in [encrypt_init(init, &protection), decrypt_init(init)]
        .into_iter()
        .flatten()
    {
        assert!(rewritten.len() <= 4 * init.len() + 4096);
    }
}

#[test]
fn damaged_input_never_panics() {
    let mut random = Random(7);
    for scheme in [Scheme::Cbcs, Scheme::Cenc] {
        let mut tracks = vec![(audio_init(), audio_segment(&mut random))];
        for codec in [VideoCodec::H264, VideoCodec::H265] {
            tracks.push((video_init(codec), video_segment(codec, &mut random, 3)));
        }
        tracks.extend(TILED.map(|(codec, ..)| tiled_track(codec, &mut random)));
        for (init, segment) in tracks {
            let track = TrackProtection::new(&init, &protection(scheme), &key(), "r").unwrap();
            let protected_init = encrypt_init(&init, &protection(scheme)).unwrap();
            let mut protected = Vec::new();
            encrypt_segment(&segment, &track, &mut protected).unwrap();
            for _ in 0..1200 {
                exercise(&damage(&init, &mut random), &segment, scheme);
                exercise(&init, &damage(&segment, &mut random), scheme);
                exercise(&damage(&protected_init, &mut random), &protected, scheme);
                exercise(&protected_init, &damage(&protected, &mut random), scheme);
            }
        }
    }
}

#[test]
fn every_truncation_is_survived() {
    let init = video_init(VideoCodec::H265);
    let segment = video_segment(VideoCodec::H265, &mut Random(8), 2);
    for len in 0..init.len() {
        exercise(&init[..len], &segment, Scheme::Cbcs);
    }
    for len in 0..segment.len().min(2000) {
        exercise(&init, &segment[..len], Scheme::Cenc);
    }
}

#[test]
fn a_run_that_claims_four_thousand_million_empty_samples_is_refused() {
    let init = audio_init();
    let clear = audio_segment(&mut Random(9));
    let at = clear.windows(4).position(|kind| kind == b"trun").unwrap() + 8;
    let mut hostile = clear.clone();
    hostile[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    // No sizes in the run: all samples have the default, which is none.
    hostile[at - 2..at].copy_from_slice(&[0, 1]);
    let track = TrackProtection::new(&init, &protection(Scheme::Cbcs), &key(), "r").unwrap();
    assert!(encrypt_segment(&hostile, &track, &mut Vec::new()).is_err());
}
