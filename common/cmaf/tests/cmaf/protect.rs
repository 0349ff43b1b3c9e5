//! Protection and back again, alone and against another implementation.

use crate::tracks::{
    KEY, Random, TILED, audio_init, audio_segment, key, media, protection, renamed, sample,
    segment, slices, tiled_track, video_init, video_segment,
};
use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::CmafError;
use reeldrop_cmaf::boxes::iter;
use reeldrop_cmaf::protect::{
    ContentKey, Decryption, TrackProtection, decrypt_init, decrypt_segment, encrypt_init,
    encrypt_segment,
};
use reeldrop_events::{Scheme, VideoCodec};

const SCHEMES: [Scheme; 2] = [Scheme::Cbcs, Scheme::Cenc];

/// A clear track: its header, and several segments one after the other.
struct ClearTrack {
    init: Vec<u8>,
    segments: Vec<u8>,
}

fn clear_tracks(random: &mut Random) -> Vec<ClearTrack> {
    let mut tracks = vec![ClearTrack {
        init: audio_init(),
        segments: [audio_segment(random), audio_segment(random)].concat(),
    }];
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let first = video_segment(codec, random, 5);
        let segments = [first, video_segment(codec, random, 1)].concat();
        tracks.push(ClearTrack {
            init: video_init(codec),
            segments,
        });
    }
    for kind in [b"Opus", b"fLaC", b"ac-3", b"ec-3"] {
        tracks.push(ClearTrack {
            init: renamed(&audio_init(), b"mp4a", kind),
            segments: audio_segment(random),
        });
    }
    for (codec, ..) in TILED {
        let (init, segments) = tiled_track(codec, random);
        tracks.push(ClearTrack { init, segments });
    }
    tracks
}

fn encrypt(track: &ClearTrack, scheme: Scheme, rendition: &str) -> (Vec<u8>, Vec<u8>) {
    let protection = protection(scheme);
    let init = encrypt_init(&track.init, &protection).unwrap();
    let by = TrackProtection::new(&track.init, &protection, &key(), rendition).unwrap();
    let mut segments = Vec::new();
    encrypt_segment(&track.segments, &by, &mut segments).unwrap();
    (init, segments)
}

#[test]
fn what_was_encrypted_is_decrypted_byte_for_byte() {
    let mut random = Random(1);
    for round in 0..25 {
        for track in clear_tracks(&mut random) {
            for scheme in SCHEMES {
                let (init, segments) = encrypt(&track, scheme, "r");
                assert_ne!(media(&segments), media(&track.segments));
                assert_eq!(decrypt_init(&init).unwrap(), track.init);
                let decryption = Decryption::new(&init, |_| Some(key())).unwrap();
                let mut back = Vec::new();
                decrypt_segment(&segments, &decryption, &mut back).unwrap();
                assert!(back == track.segments, "round {round}, {scheme:?}");
            }
        }
    }
}

#[test]
fn another_implementation_decrypts_it_to_the_same_samples() {
    let mut random = Random(2);
    for round in 0..10 {
        for track in clear_tracks(&mut random) {
            for scheme in SCHEMES {
                let (init, segments) = encrypt(&track, scheme, "r");
                let kid = protection(scheme).kid.into_bytes();
                let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, KEY));
                let clear = decrypt_bytes(&[init, segments].concat(), &options).unwrap();
                assert!(
                    media(&clear) == media(&track.segments),
                    "round {round}, {scheme:?}"
                );
            }
        }
    }
}

#[test]
fn the_same_segment_gives_the_same_bytes_alone_or_after_others() {
    let mut random = Random(3);
    let init = video_init(VideoCodec::H264);
    let segments: Vec<_> = (0..4)
        .map(|_| video_segment(VideoCodec::H264, &mut random, 3))
        .collect();
    for scheme in SCHEMES {
        let track = TrackProtection::new(&init, &protection(scheme), &key(), "r").unwrap();
        let mut together = Vec::new();
        encrypt_segment(&segments.concat(), &track, &mut together).unwrap();
        let mut apart = Vec::new();
        for segment in &segments {
            encrypt_segment(segment, &track, &mut apart).unwrap();
        }
        assert!(together == apart);
    }
}

#[test]
fn no_scheme_means_no_change() {
    let mut random = Random(4);
    for track in clear_tracks(&mut random) {
        let (init, segments) = encrypt(&track, Scheme::None, "r");
        assert_eq!((&init, &segments), (&track.init, &track.segments));
        let decryption = Decryption::new(&init, |_| None).unwrap();
        let mut back = Vec::new();
        decrypt_segment(&segments, &decryption, &mut back).unwrap();
        assert_eq!(back, track.segments);
    }
}

/// The vectors of a `cenc` audio track, whose `senc` holds nothing else.
fn vectors(segments: &[u8]) -> Vec<[u8; 8]> {
    let mut vectors = Vec::new();
    for moof in iter(segments)
        .map(Result::unwrap)
        .filter(|found| found.kind == b"moof")
    {
        let traf = moof.children().find(b"traf").unwrap().unwrap();
        let senc = traf.children().find(b"senc").unwrap().unwrap();
        vectors.extend(
            senc.payload[8..]
                .chunks(8)
                .map(|iv| <[u8; 8]>::try_from(iv).unwrap()),
        );
    }
    vectors
}

#[test]
fn no_two_samples_under_a_key_share_a_vector() {
    let sound = |start: u64| {
        let frames: Vec<_> = (0..100)
            .map(|_| sample(vec![1; 64], 1024, true, 0))
            .collect();
        segment(&frames, start)
    };
    let segments = [sound(0), sound(102_400)].concat();
    let track = ClearTrack {
        init: audio_init(),
        segments,
    };
    let mut all: Vec<_> = ["audio-0", "audio-1", "h264-720p"]
        .iter()
        .flat_map(|rendition| vectors(&encrypt(&track, Scheme::Cenc, rendition).1))
        .collect();
    assert_eq!(all.len(), 600);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 600);
}

#[test]
fn samples_that_would_share_a_vector_are_refused() {
    let frames: Vec<_> = (0..2).map(|_| sample(vec![1; 64], 0, true, 0)).collect();
    let clear = segment(&frames, 0);
    let by = TrackProtection::new(&audio_init(), &protection(Scheme::Cenc), &key(), "r").unwrap();
    let mut out = b"before".to_vec();
    assert!(encrypt_segment(&clear, &by, &mut out).is_err());
    assert_eq!(out, b"before");
}

#[test]
fn cbcs_sound_takes_sixteen_bytes_a_fragment() {
    let mut random = Random(5);
    let track = ClearTrack {
        init: audio_init(),
        segments: audio_segment(&mut random),
    };
    let (_, segments) = encrypt(&track, Scheme::Cbcs, "r");
    // An empty `senc`, and no sizes or offsets of what is not there.
    assert_eq!(segments.len(), track.segments.len() + 16);
}

#[test]
fn a_long_parameter_set_and_supplemental_data_stay_clear() {
    let avc = slices(VideoCodec::H264);
    let message = [vec![6], vec![0x55; 70_000]].concat();
    let slice = [avc.prefixes[0].clone(), vec![0x77; 1000]].concat();
    let data: Vec<u8> = [&message, &slice]
        .iter()
        .flat_map(|nal| [&(nal.len() as u32).to_be_bytes()[..], nal].concat())
        .collect();
    let init = video_init(VideoCodec::H264);
    let track = ClearTrack {
        init,
        segments: segment(&[sample(data.clone(), 1, true, 0)], 0),
    };
    for scheme in SCHEMES {
        let (init, segments) = encrypt(&track, scheme, "r");
        let protected = media(&segments);
        assert_eq!(protected[..70_010], data[..70_010]);
        assert_ne!(protected, data);
        let decryption = Decryption::new(&init, |_| Some(key())).unwrap();
        let mut back = Vec::new();
        decrypt_segment(&segments, &decryption, &mut back).unwrap();
        assert!(back == track.segments);
    }
}

#[test]
fn a_missing_key_is_named() {
    let init = encrypt_init(&audio_init(), &protection(Scheme::Cbcs)).unwrap();
    let missing = Decryption::new(&init, |_| None).map(|_| ());
    assert_eq!(missing, Err(CmafError::Missing("content key")));
}

#[test]
fn nothing_is_protected_twice() {
    let init = encrypt_init(&audio_init(), &protection(Scheme::Cenc)).unwrap();
    assert!(encrypt_init(&init, &protection(Scheme::Cenc)).is_err());
    assert!(TrackProtection::new(&init, &protection(Scheme::Cenc), &key(), "r").is_err());
    let mut random = Random(6);
    let track = ClearTrack {
        init: audio_init(),
        segments: audio_segment(&mut random),
    };
    let (_, segments) = encrypt(&track, Scheme::Cenc, "r");
    let by = TrackProtection::new(&track.init, &protection(Scheme::Cenc), &key(), "r").unwrap();
    assert!(encrypt_segment(&segments, &by, &mut Vec::new()).is_err());
}

#[test]
fn printing_shows_no_key() {
    let by = TrackProtection::new(&audio_init(), &protection(Scheme::Cbcs), &key(), "r").unwrap();
    let init = encrypt_init(&audio_init(), &protection(Scheme::Cbcs)).unwrap();
    let decryption = Decryption::new(&init, |_| Some(key())).unwrap();
    let printed = format!("{by:?} {decryption:?} {:?}", ContentKey(KEY));
    for form in [
        format!("{KEY:?}"),
        "sixteen".to_owned(),
        "7369787465656e".to_owned(),
    ] {
        assert!(!printed.contains(&form), "{printed}");
    }
}
