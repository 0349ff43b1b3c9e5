//! Key rotation: fragments that say themselves which key they are under.

use crate::tracks::{
    KEY, Random, TILED, audio_init, audio_segment, key, media, protection, split, tiled_track,
    video_init, video_segment,
};
use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::CmafError;
use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::protect::{
    ContentKey, Decryption, Encryptor, Protection, TrackProtection, decrypt_segment, encrypt_init,
    encrypt_segment,
};
use reeldrop_events::{Scheme, VideoCodec};
use uuid::Uuid;

const SCHEMES: [Scheme; 2] = [Scheme::Cbcs, Scheme::Cenc];
const LATER_KEY: [u8; 16] = [0x5a; 16];
const LATER_KID: Uuid = Uuid::from_u128(0x7777);

fn later(scheme: Scheme) -> (Protection, ContentKey) {
    let protection = Protection {
        scheme,
        kid: LATER_KID,
        iv: [0xc3; 16],
    };
    (protection, ContentKey(LATER_KEY))
}

/// Clear headers, with two stretches of media each.
fn tracks() -> Vec<(Vec<u8>, [Vec<u8>; 2])> {
    let mut random = Random(31);
    let sound = [audio_segment(&mut random), audio_segment(&mut random)];
    let mut tracks = vec![(audio_init(), sound)];
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let mut segment = || video_segment(codec, &mut random, 3);
        tracks.push((video_init(codec), [segment(), segment()]));
    }
    for (codec, ..) in TILED {
        let (init, segments) = tiled_track(codec, &mut random);
        tracks.push((init, [segments.clone(), segments]));
    }
    tracks
}

/// The first stretch under the header's key, the second under another.
fn rotated(init: &[u8], stretches: &[Vec<u8>; 2], scheme: Scheme) -> (Vec<u8>, Vec<u8>) {
    let first = TrackProtection::new(init, &protection(scheme), &key(), "r").unwrap();
    let (period, period_key) = later(scheme);
    let second = first.in_period(&period, &period_key);
    let mut out = Vec::new();
    encrypt_segment(&stretches[0], &first, &mut out).unwrap();
    encrypt_segment(&stretches[1], &second, &mut out).unwrap();
    (encrypt_init(init, &protection(scheme)).unwrap(), out)
}

#[test]
fn each_period_is_under_its_own_key() {
    for (init, stretches) in tracks() {
        for scheme in SCHEMES {
            let (protected, out) = rotated(&init, &stretches, scheme);
            let known = Decryption::new(&protected, |_| Some(key())).unwrap();
            let mut back = Vec::new();
            let refused = decrypt_segment(&out, &known, &mut back);
            assert_eq!(
                refused,
                Err(CmafError::Missing("content key")),
                "{scheme:?}"
            );
            let known = known.or(LATER_KID, &ContentKey(LATER_KEY));
            decrypt_segment(&out, &known, &mut back).unwrap();
            assert!(back == stretches.concat(), "{scheme:?}");
            let wrong = Decryption::new(&protected, |_| Some(key())).unwrap();
            let wrong = wrong.or(LATER_KID, &key());
            let mut garbled = Vec::new();
            decrypt_segment(&out, &wrong, &mut garbled).unwrap();
            assert!(garbled.starts_with(&stretches[0]), "{scheme:?}");
            assert_ne!(media(&garbled), media(&stretches.concat()), "{scheme:?}");
        }
    }
}

/// mp4forge takes vectors and patterns from the groups, and the key from the header's key id: it is told
/// that this one has the later key.
#[test]
fn another_implementation_reads_how_a_later_period_is_protected() {
    for (init, stretches) in tracks() {
        for scheme in SCHEMES {
            let first = TrackProtection::new(&init, &protection(scheme), &key(), "r").unwrap();
            let (period, period_key) = later(scheme);
            let mut file = encrypt_init(&init, &protection(scheme)).unwrap();
            let second = first.in_period(&period, &period_key);
            encrypt_segment(&stretches[1], &second, &mut file).unwrap();
            let kid = protection(scheme).kid.into_bytes();
            let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, LATER_KEY));
            let clear = decrypt_bytes(&file, &options).unwrap();
            let found = media(&split(&clear).1);
            assert!(found == media(&stretches[1]), "{scheme:?}");
            let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, KEY));
            let wrong = decrypt_bytes(&file, &options).unwrap();
            assert!(media(&split(&wrong).1) != found, "{scheme:?}");
        }
    }
}

#[test]
fn fragments_encrypted_in_place_are_told_of_the_period() {
    let sample = SampleInfo {
        size: 64,
        duration: 1024,
        composition_offset: 0,
        sync: true,
    };
    for scheme in SCHEMES {
        let first = TrackProtection::new(&audio_init(), &protection(scheme), &key(), "r").unwrap();
        let (period, period_key) = later(scheme);
        let mut encryptor = Encryptor::new(first);
        let mut out = Vec::new();
        let mut clear: Vec<u8> = Vec::new();
        for number in 0..4_u32 {
            if number == 2 {
                encryptor.begin_period(&period, &period_key);
            }
            let header = FragmentHeader {
                sequence: number + 1,
                base_decode_time: u64::from(number) * 1024,
            };
            let mut media = vec![number as u8; 64];
            clear.extend(&media);
            encryptor
                .fragment(&header, &[sample], &mut media, &mut out)
                .unwrap();
            out.extend(media);
        }
        let protected = encrypt_init(&audio_init(), &protection(scheme)).unwrap();
        let known = Decryption::new(&protected, |_| Some(key())).unwrap();
        let known = known.or(LATER_KID, &period_key);
        let mut back = Vec::new();
        decrypt_segment(&out, &known, &mut back).unwrap();
        assert_eq!(media(&back), clear, "{scheme:?}");
        let groups = out.windows(4).filter(|kind| kind == b"sgpd").count();
        assert_eq!(groups, 2, "only later fragments name their key");
    }
}

/// Clear as the header says, but for groups: given back as it is, it would pass for clear.
#[test]
fn protection_by_groups_alone_is_refused() {
    let init = audio_init();
    let (period, period_key) = later(Scheme::Cbcs);
    let by = TrackProtection::new(&init, &protection(Scheme::Cbcs), &key(), "r").unwrap();
    let mut out = Vec::new();
    let segment = audio_segment(&mut Random(32));
    encrypt_segment(&segment, &by.in_period(&period, &period_key), &mut out).unwrap();
    let mut header = encrypt_init(&init, &protection(Scheme::Cbcs)).unwrap();
    let tenc = header.windows(4).position(|kind| kind == b"tenc").unwrap();
    // isProtected stands after type, version, flags, a reserved byte and the pattern.
    header[tenc + 10] = 0;
    let known = Decryption::new(&header, |_| Some(key())).unwrap();
    let refused = decrypt_segment(&out, &known.or(LATER_KID, &period_key), &mut Vec::new());
    assert!(
        matches!(refused, Err(CmafError::Unsupported(_))),
        "{refused:?}"
    );
    header[tenc + 10] = 2;
    assert!(Decryption::new(&header, |_| Some(key())).is_err());
}

/// What would be written after a box without a size would become part of it. Found by fuzzing.
#[test]
fn boxes_without_a_size_inside_others_are_refused() {
    let init = audio_init();
    let by = TrackProtection::new(&init, &protection(Scheme::Cbcs), &key(), "r").unwrap();
    let mut segment = Vec::new();
    // A moof of one box that says no size.
    segment.extend(16_u32.to_be_bytes());
    segment.extend(b"moof");
    segment.extend(0_u32.to_be_bytes());
    segment.extend(b"free");
    let refused = encrypt_segment(&segment, &by, &mut Vec::new());
    assert!(
        matches!(refused, Err(CmafError::BoxSize { .. })),
        "{refused:?}"
    );
    segment[11] = 8;
    encrypt_segment(&segment, &by, &mut Vec::new()).unwrap();
}
