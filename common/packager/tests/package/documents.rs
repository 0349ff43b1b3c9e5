//! Keys and key systems of a key server's document, and what is written of those that were used.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeldrop_cmaf::boxes::iter;
use reeldrop_cmaf::cpix;
use reeldrop_events::Scheme;
use reeldrop_packager::{Key, Keys, Settings, document_of, keys_of};

use crate::{KEY, Made, clip, decrypted, make, media, settings};

/// What a key server answers: two keys by the size of the picture and for sound, with key systems.
const ANSWER: &str = include_str!("answer.xml");
const VIDEO_KEY: [u8; 16] = *b"key of pictures.";
const AUDIO_KEY: [u8; 16] = *b"key of all sound";
const VIDEO_KID: [u8; 16] = [0x11; 16];
const AUDIO_KID: [u8; 16] = [0x22; 16];
const WIDEVINE: &str = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";
const PLAYREADY: &str = "9a04f079-9840-4286-ab92-e65be0885f95";
const FAIRPLAY: &str = "94ce86fb-07ff-4f43-adb8-93d2fa968ca2";

/// What comes in the answer as the PSSH of each key and system.
fn boxes_of_answer() -> Vec<&'static str> {
    let boxes = ANSWER.split("<cpix:PSSH>").skip(1);
    boxes.map(|rest| rest.split('<').next().unwrap()).collect()
}

/// The `pssh` boxes of a header, in base64.
fn pssh(header: &[u8]) -> Vec<String> {
    let moov = iter(header).find(b"moov").unwrap().unwrap();
    let boxes = moov.children().map(Result::unwrap);
    let boxes = boxes.filter(|found| found.kind == b"pssh");
    boxes.map(|found| STANDARD.encode(found.whole)).collect()
}

fn by_document(text: &str) -> Settings {
    let (keys, scheme) = keys_of(&cpix::read(text).unwrap()).unwrap();
    Settings {
        keys,
        iv: None,
        key_uri: "key-{kid}".to_owned(),
        ..settings(scheme.unwrap())
    }
}

#[test]
fn a_key_servers_document_says_keys_and_key_systems() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let clear = make(&[&path], &settings(Scheme::None)).unwrap();
    let made = make(&[&path], &by_document(ANSWER)).unwrap();
    let [video, audio] =
        [(0, VIDEO_KEY, VIDEO_KID), (1, AUDIO_KEY, AUDIO_KID)].map(|(index, key, kid)| {
            let track = made.track(index);
            assert!(
                decrypted(&track, key, kid) == media(&clear.track(index)),
                "{index}"
            );
            assert!(
                decrypted(&track, KEY, kid) != media(&clear.track(index)),
                "{index}"
            );
            // Beside the common box, which is the packager's own.
            pssh(&track).split_off(1)
        });
    let [of_video_1, of_video_2, of_audio] = boxes_of_answer()[..] else {
        panic!("{:?}", boxes_of_answer());
    };
    assert_eq!(video, [of_video_1, of_video_2]);
    assert_eq!(audio, [of_audio]);

    let mpd = made.text("stream.mpd");
    let (pictures, sound) = mpd.split_once("contentType=\"audio\"").unwrap();
    for (set, boxes, systems) in [
        (pictures, &video, &[WIDEVINE, PLAYREADY, FAIRPLAY][..]),
        (sound, &audio, &[WIDEVINE][..]),
    ] {
        for found in boxes {
            assert_eq!(set.matches(found.as_str()).count(), 1, "{set}");
        }
        for system in [WIDEVINE, PLAYREADY, FAIRPLAY] {
            let named = set.contains(&format!("schemeIdUri=\"urn:uuid:{system}\""));
            assert_eq!(named, systems.contains(&system), "{system}: {set}");
        }
    }
    assert!(
        pictures.contains("https://license.example/?a=1&amp;b=2"),
        "{pictures}"
    );
    named_in_playlists(&made, of_video_1, of_audio);
}

/// HLS has FairPlay's own address, and a box as address; each with its own key.
fn named_in_playlists(made: &Made, of_video: &str, of_audio: &str) {
    let lines = made.text("video-360p/index.m3u8");
    assert!(lines.contains("URI=\"skd://film\",KEYFORMAT=\"com.apple.streamingkeydelivery\""));
    let widevine = format!("URI=\"data:text/plain;base64,{of_video}\"");
    assert!(lines.contains(&widevine), "{lines}");
    let sound = made.text("audio-0/index.m3u8");
    assert!(
        !sound.contains("skd://") && sound.contains(of_audio),
        "{sound}"
    );
    let session = made.text("stream.m3u8");
    assert_eq!(
        session.matches("#EXT-X-SESSION-KEY:").count(),
        6,
        "{session}"
    );
    // One licence address is one session key; each track's playlists name their own.
    let clear_key = made.text("stream-clearkey.m3u8");
    assert_eq!(
        clear_key.matches("#EXT-X-SESSION-KEY:").count(),
        1,
        "{clear_key}"
    );
}

#[test]
fn what_was_used_is_written_as_a_document_that_says_the_same() {
    let (Some(large), Some(small)) = (
        clip("h264_aac_640x360_17s.mp4"),
        clip("h264_aac_bbb_320x240_10s.mp4"),
    ) else {
        return;
    };
    let inputs = [large.as_path(), small.as_path()];
    let mut keys = Keys::default();
    keys.add(None, Key::new([1; 16], [2; 16]));
    keys.add(Some("audio".to_owned()), Key::new([3; 16], [4; 16]));
    keys.add(Some("video-240p".to_owned()), Key::new([5; 16], [6; 16]));
    keys.add(Some("uhd".to_owned()), Key::new([7; 16], [8; 16]));
    let settings = Settings {
        keys,
        key_uri: "key-{kid}".to_owned(),
        ..settings(Scheme::Cbcs)
    };
    let first = make(&inputs, &settings).unwrap();
    let written = document_of(&settings.keys, &first.tracks, Scheme::Cbcs, settings.iv);
    assert_eq!(written.keys.len(), 3, "a key that was not used");
    let second = make(&inputs, &by_document(&cpix::write(&written))).unwrap();
    assert_eq!(first.tracks, second.tracks);
    assert!((0..3).all(|index| first.track(index) == second.track(index)));
}

#[test]
fn documents_whose_rules_leave_doubt_name_the_track() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let refused = |text: &str| {
        let made = make(&[&path], &by_document(text));
        made.map(|_| ()).unwrap_err().to_string()
    };
    let silent = refused(&ANSWER.replace(
        "<cpix:AudioFilter/>",
        "<cpix:AudioFilter minChannels=\"9\"/>",
    ));
    assert!(
        silent.contains("no key for audio-0: no usage rule"),
        "{silent}"
    );
    let both = refused(&ANSWER.replace(
        "<cpix:AudioFilter/>",
        "<cpix:VideoFilter/><cpix:AudioFilter/>",
    ));
    let kids = ["11111111-1111", "22222222-2222"]
        .iter()
        .all(|kid| both.contains(kid));
    assert!(both.contains("two keys for video-360p") && kids, "{both}");
}
