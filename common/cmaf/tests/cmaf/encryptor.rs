//! Encrypting samples in place: the same bytes as encrypting whole segments, and clear leads.

use crate::tracks::{
    KEY, Random, TILED, audio_init, audio_segment, key, media, protection, split, tiled_track,
    video_init, video_segment,
};
use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::{BoxRef, iter};
use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::head::{SampleInfo, write_segment_type};
use reeldrop_cmaf::moof::{self, Defaults};
use reeldrop_cmaf::protect::{
    Decryption, Encryptor, TrackProtection, decrypt_init, decrypt_segment, encrypt_init_with_lead,
    encrypt_segment,
};
use reeldrop_events::{Scheme, VideoCodec};

const SCHEMES: [Scheme; 2] = [Scheme::Cbcs, Scheme::Cenc];

fn tracks() -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut random = Random(11);
    let mut tracks = vec![(audio_init(), audio_segment(&mut random))];
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        tracks.push((video_init(codec), video_segment(codec, &mut random, 3)));
    }
    tracks.extend(TILED.map(|(codec, ..)| tiled_track(codec, &mut random)));
    tracks
}

/// A fragment taken apart.
fn apart(found: &BoxRef<'_>) -> (FragmentHeader, Vec<SampleInfo>) {
    let fragment = moof::read(found, |_| Defaults::default())
        .unwrap()
        .remove(0);
    let header = FragmentHeader {
        sequence: 1,
        base_decode_time: fragment.base_decode_time,
    };
    let samples = fragment.samples.iter().map(|sample| sample.info).collect();
    (header, samples)
}

/// Encrypts fragment by fragment, the first `clear` of them not at all.
fn in_place(init: &[u8], segments: &[u8], scheme: Scheme, clear: usize) -> Vec<u8> {
    let track = TrackProtection::new(init, &protection(scheme), &key(), "r").unwrap();
    let mut encryptor = Encryptor::new(track);
    let mut out = Vec::new();
    let moofs = iter(segments)
        .map(Result::unwrap)
        .filter(|found| found.kind == b"moof");
    for (number, found) in moofs.enumerate() {
        let (header, samples) = apart(&found);
        let mut media = media(&segments[found.end()..])[..].to_vec();
        media.truncate(samples.iter().map(|sample| sample.size as usize).sum());
        write_segment_type(&mut out);
        if number < clear {
            encryptor
                .clear_fragment(&header, &samples, &media, &mut out)
                .unwrap();
        } else {
            encryptor
                .fragment(&header, &samples, &mut media, &mut out)
                .unwrap();
        }
        out.extend(media);
    }
    out
}

#[test]
fn samples_encrypted_in_place_are_those_of_whole_segments() {
    for (init, segments) in tracks() {
        for scheme in SCHEMES {
            let track = TrackProtection::new(&init, &protection(scheme), &key(), "r").unwrap();
            let mut whole = Vec::new();
            encrypt_segment(&segments, &track, &mut whole).unwrap();
            let found = in_place(&init, &segments, scheme, 0);
            assert!(found == whole, "{scheme:?}");
        }
    }
}

#[test]
fn a_clear_lead_is_read_by_others_and_taken_back_here() {
    for (codec, ..) in TILED {
        let (init, segments) = tiled_track(codec, &mut Random(12));
        for scheme in SCHEMES {
            let lead = in_place(&init, &segments, scheme, 1);
            let first = iter(&segments)
                .map(Result::unwrap)
                .find(|found| found.kind == b"mdat");
            let first = first.unwrap().payload;
            assert!(media(&lead).starts_with(first));
            assert_ne!(media(&lead), media(&segments));
            let protected_init = encrypt_init_with_lead(&init, &protection(scheme)).unwrap();
            assert_eq!(decrypt_init(&protected_init).unwrap(), init);
            let decryption = Decryption::new(&protected_init, |_| Some(key())).unwrap();
            let mut back = Vec::new();
            decrypt_segment(&lead, &decryption, &mut back).unwrap();
            assert!(back == segments, "{scheme:?}");
            let kid = protection(scheme).kid.into_bytes();
            let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, KEY));
            let clear = decrypt_bytes(&[protected_init, lead].concat(), &options).unwrap();
            assert!(
                media(&split(&clear).1) == media(&segments),
                "{codec}, {scheme:?}"
            );
        }
    }
}

#[test]
fn samples_that_do_not_fill_their_media_are_refused() {
    let track =
        TrackProtection::new(&audio_init(), &protection(Scheme::Cbcs), &key(), "r").unwrap();
    let mut encryptor = Encryptor::new(track);
    let sample = SampleInfo {
        size: 40,
        duration: 1024,
        composition_offset: 0,
        sync: true,
    };
    let header = FragmentHeader {
        sequence: 1,
        base_decode_time: 0,
    };
    for len in [39, 41] {
        let mut media = vec![7; len];
        let mut out = b"before".to_vec();
        assert!(
            encryptor
                .fragment(&header, &[sample], &mut media, &mut out)
                .is_err()
        );
        assert_eq!((media, out), (vec![7; len], b"before".to_vec()));
    }
}
