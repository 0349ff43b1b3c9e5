//! Clips that others protected, with their clear twins.

use crate::tracks::{KEY, clip, key, media, protection, split, unhex};
use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::{BoxRef, iter};
use reeldrop_cmaf::protect::{
    ContentKey, Decryption, TrackProtection, decrypt_init, decrypt_segment, encrypt_init,
    encrypt_segment,
};
use reeldrop_events::Scheme;

/// Protected clip, clear twin, key.
const PAIRS: [(&str, &str, &str); 3] = [
    (
        "cbcs_video_enc.mp4",
        "cbcs_video_clear.mp4",
        "22bdb0063805260307ee5045c0f3835a",
    ),
    (
        "cbcs_audio_enc.mp4",
        "cbcs_audio_clear.mp4",
        "5ffd93861fa776e96cccd934898fc1c8",
    ),
    (
        "cenc_av_enc.mp4",
        "cenc_av_clear.mp4",
        "63cb5f7184dd4b689a5c5ff11ee6a328",
    ),
];

#[test]
fn clips_of_other_packagers_are_decrypted_to_their_twins() {
    for (protected, clear, key) in PAIRS {
        let (Some(protected), Some(clear)) = (clip(protected), clip(clear)) else {
            return;
        };
        let (init, segments) = split(&protected);
        let key = ContentKey(unhex(key).try_into().unwrap());
        let decryption = Decryption::new(&init, |_| Some(key.clone())).unwrap();
        let mut back = decrypt_init(&init).unwrap();
        decrypt_segment(&segments, &decryption, &mut back).unwrap();
        assert!(media(&back) == media(&clear));
        assert!(
            !back
                .windows(4)
                .any(|kind| matches!(kind, b"senc" | b"tenc" | b"encv" | b"enca"))
        );
    }
}

/// A clip with one of its tracks alone: one `trak` and its `traf`s; the media stays whole.
fn alone(file: &[u8], track_id: u32) -> (Vec<u8>, Vec<u8>) {
    let (init, segments) = split(file);
    let keep = |found: &BoxRef<'_>| match &found.kind.0 {
        b"trak" => id_of(found, b"tkhd", 12) == track_id,
        b"traf" => id_of(found, b"tfhd", 4) == track_id,
        _ => true,
    };
    (only(&init, b"moov", &keep), only(&segments, b"moof", &keep))
}

fn id_of(parent: &BoxRef<'_>, kind: &[u8; 4], at: usize) -> u32 {
    let found = parent.children().find(kind).unwrap().unwrap();
    u32::from_be_bytes(found.payload[at..at + 4].try_into().unwrap())
}

/// Data offsets count from the `moof`, so that what is left out is replaced by free space.
fn only(data: &[u8], container: &[u8; 4], keep: &impl Fn(&BoxRef<'_>) -> bool) -> Vec<u8> {
    let mut out = data.to_vec();
    for parent in iter(data)
        .map(Result::unwrap)
        .filter(|found| found.kind == container)
    {
        for found in parent
            .children()
            .map(Result::unwrap)
            .filter(|found| !keep(found))
        {
            let at = parent.payload_offset() + found.offset + 4;
            out[at..at + 4].copy_from_slice(b"free");
        }
    }
    out
}

#[test]
fn clear_twins_protected_here_are_decrypted_by_another_implementation() {
    for (_, clear, _) in PAIRS {
        let Some(clear) = clip(clear) else { return };
        for track_id in [1, 2] {
            let (init, segments) = alone(&clear, track_id);
            for scheme in [Scheme::Cbcs, Scheme::Cenc] {
                let protection = protection(scheme);
                let Ok(track) = TrackProtection::new(&init, &protection, &key(), "r") else {
                    // Captions, or no such track.
                    assert!(track_id == 2);
                    continue;
                };
                let mut file = encrypt_init(&init, &protection).unwrap();
                encrypt_segment(&segments, &track, &mut file).unwrap();
                assert!(media(&file) != media(&segments));
                let kid = protection.kid.into_bytes();
                let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, KEY));
                let back = decrypt_bytes(&file, &options).unwrap();
                assert!(
                    media(&back) == media(&segments),
                    "{scheme:?}, track {track_id}"
                );
                let (init, protected) = split(&file);
                let decryption = Decryption::new(&init, |_| Some(key())).unwrap();
                let mut back = Vec::new();
                decrypt_segment(&protected, &decryption, &mut back).unwrap();
                assert!(back == segments, "{scheme:?}, track {track_id}");
            }
        }
    }
}
