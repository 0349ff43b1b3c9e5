use reeldrop_events::Transfer;

use super::*;
use crate::CmafError;
use crate::movie::{AudioInfo, Kind, VideoInfo};

const KID: Uuid = Uuid::from_u128(0xa16e_402b_9056_e371_f36d_348a_a62b_b749);

fn document() -> Document {
    let system = |id, license: Option<&str>, key_uri: Option<&str>| KeySystem {
        id,
        pssh: key_uri.map_or_else(|| b"box".to_vec(), |_| Vec::new()),
        license_uri: license.map(str::to_owned),
        key_uri: key_uri.map(str::to_owned),
    };
    Document {
        content_id: Some("film 1".to_owned()),
        keys: vec![
            Key {
                kid: KID,
                key: Some(ContentKey([7; 16])),
                iv: Some([9; 16]),
                scheme: Some(Scheme::Cbcs),
            },
            Key {
                kid: Uuid::from_u128(2),
                key: None,
                iv: None,
                scheme: None,
            },
        ],
        systems: vec![
            (
                KID,
                system(
                    KeySystem::PLAYREADY,
                    Some("https://l.example/?a=1&b=2"),
                    None,
                ),
            ),
            (KID, system(KeySystem::FAIRPLAY, None, Some("skd://film"))),
            (Uuid::from_u128(2), system(KeySystem::PLAYREADY, None, None)),
        ],
        rules: vec![
            UsageRule {
                kid: KID,
                track_type: Some("SD+\"HD\"".to_owned()),
                labels: vec!["a<b&c".to_owned()],
                video: vec![
                    VideoFilter::default(),
                    VideoFilter {
                        min_pixels: Some(1),
                        max_pixels: Some(u64::MAX),
                        hdr: Some(true),
                    },
                ],
                audio: vec![AudioFilter {
                    min_channels: None,
                    max_channels: Some(2),
                }],
            },
            UsageRule {
                kid: Uuid::from_u128(2),
                ..UsageRule::default()
            },
        ],
    }
}

#[test]
fn what_is_written_is_read() {
    let document = document();
    assert_eq!(read(&write(&document)).unwrap(), document);
    let systems = document.systems_of(KID);
    let ids: Vec<_> = systems.iter().map(|system| system.id).collect();
    assert_eq!(ids, [KeySystem::PLAYREADY, KeySystem::FAIRPLAY]);
}

/// As key servers send it: other prefixes, line breaks in base64, elements unknown here.
const ANSWER: &str = include_str!("tests/answer.xml");

#[test]
fn a_key_servers_answer_is_read() {
    let document = read(ANSWER).unwrap();
    assert_eq!(document.content_id.as_deref(), Some("abc"));
    let [key] = document.keys.as_slice() else {
        panic!("{document:?}");
    };
    assert_eq!(
        (key.kid, key.iv, key.scheme),
        (KID, Some([9; 16]), Some(Scheme::Cbcs))
    );
    assert_eq!(key.key, Some(ContentKey([7; 16])));
    let widevine = KeySystem {
        id: KeySystem::WIDEVINE,
        pssh: b"box".to_vec(),
        key_uri: Some("x".to_owned()),
        ..KeySystem::default()
    };
    assert_eq!(document.systems, [(KID, widevine)]);
    let rule = |name: &str| UsageRule {
        kid: KID,
        track_type: Some(name.to_owned()),
        ..UsageRule::default()
    };
    let small = VideoFilter {
        max_pixels: Some(589_824),
        ..VideoFilter::default()
    };
    let sd = UsageRule {
        video: vec![small],
        ..rule("SD")
    };
    let audio = UsageRule {
        audio: vec![AudioFilter::default()],
        ..rule("AUDIO")
    };
    assert_eq!(document.rules, [sd, audio]);
}

fn picture(width: u32, height: u32, range: Transfer) -> Kind {
    Kind::Video(VideoInfo {
        width,
        height,
        range,
    })
}

fn sound(channels: u32) -> Kind {
    Kind::Audio(AudioInfo {
        channels,
        sample_rate_hz: 48_000,
    })
}

/// The rules of a document with these elements in its list.
fn rules(list: &str) -> Result<Vec<UsageRule>, CmafError> {
    let list = list.replace(
        "<Rule",
        "<ContentKeyUsageRule kid=\"a16e402b-9056-e371-f36d-348aa62bb749\"",
    );
    let list = list.replace("</Rule", "</ContentKeyUsageRule");
    let text = format!("<CPIX><ContentKeyUsageRuleList>{list}</ContentKeyUsageRuleList></CPIX>");
    read(&text).map(|document| document.rules)
}

/// Rules, and which of five tracks they are for: SD, HD, HDR in UHD, stereo, surround.
const RULES: [(&str, [bool; 5]); 13] = [
    ("<Rule/>", [true; 5]),
    ("<Rule intendedTrackType='ALL'/>", [true; 5]),
    (
        "<Rule intendedTrackType='SD+HD'/>",
        [true, true, false, false, false],
    ),
    (
        "<Rule intendedTrackType='UHD1'/>",
        [false, false, true, false, false],
    ),
    (
        "<Rule intendedTrackType='AUDIO'/>",
        [false, false, false, true, true],
    ),
    ("<Rule intendedTrackType='8K'/>", [false; 5]),
    (
        "<Rule><VideoFilter/></Rule>",
        [true, true, true, false, false],
    ),
    ("<Rule><VideoFilter/><AudioFilter/></Rule>", [true; 5]),
    // The filters, whatever the server calls them.
    (
        "<Rule intendedTrackType='SD'><VideoFilter minPixels='589825' maxPixels='2073600'/></Rule>",
        [false, true, false, false, false],
    ),
    (
        "<Rule><VideoFilter maxPixels='589824'/><VideoFilter hdr='true'/></Rule>",
        [true, false, true, false, false],
    ),
    (
        "<Rule><AudioFilter minChannels='3'/></Rule>",
        [false, false, false, false, true],
    ),
    (
        "<Rule><LabelFilter label='HD'/><LabelFilter label='audio-0'/></Rule>",
        [false, true, false, true, false],
    ),
    (
        "<Rule><AudioFilter/><LabelFilter label='HD'/><LabelFilter label='audio-0'/></Rule>",
        [false, false, false, true, false],
    ),
];

#[test]
fn rules_are_for_the_tracks_that_their_filters_say() {
    let sd = (
        picture(1024, 576, Transfer::Sdr),
        &["video-576p", "sd", "video"][..],
    );
    let hd = (
        picture(1920, 1080, Transfer::Sdr),
        &["video-1080p", "hd", "video"][..],
    );
    let hdr = (
        picture(3840, 2160, Transfer::Pq),
        &["video-2160p", "uhd", "video"][..],
    );
    let stereo = (sound(2), &["audio-0", "audio"][..]);
    let surround = (sound(6), &["audio-1", "audio"][..]);
    let all = [sd, hd, hdr, stereo, surround];
    for (rule, expected) in RULES {
        let read = rules(rule).unwrap();
        let found = all.map(|(kind, labels)| read[0].is_for(kind, labels));
        assert_eq!(found, expected, "{rule}");
    }
}

#[test]
fn rules_that_cannot_be_kept_are_refused() {
    for rule in [
        "<Rule><KeyPeriodFilter periodId='1'/></Rule>",
        "<Rule><BitrateFilter minBitrate='1'/></Rule>",
        "<Rule><VideoFilter minFps='50'/></Rule>",
        "<Rule><VideoFilter wcg='true'/></Rule>",
        "<Rule><VideoFilter hdr='maybe'/></Rule>",
        "<Rule><VideoFilter minPixels='-1'/></Rule>",
        "<Rule><LabelFilter/></Rule>",
        "<ContentKeyUsageRule/>",
    ] {
        assert!(rules(rule).is_err(), "{rule}");
    }
}

#[test]
fn a_document_that_is_cut_short_is_refused() {
    let start = ANSWER.find("<cpix:CPIX").unwrap();
    let end = ANSWER.rfind("</cpix:CPIX>").unwrap();
    for at in start..end {
        assert!(read(&ANSWER[..at]).is_err(), "{at}");
    }
}

#[test]
fn what_is_no_document_or_hides_its_keys_is_refused() {
    let inside = |inside: &str| format!("<CPIX><ContentKeyList>{inside}</ContentKeyList></CPIX>");
    for text in [
        "",
        "<MPD/>",
        "<CPIX",
        "<CPIX></Other>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><CPIX/>",
        &inside("<ContentKey/>"),
        &inside("<ContentKey kid=\"1\"/>"),
        &inside(
            "<ContentKey kid=\"a16e402b-9056-e371-f36d-348aa62bb749\"><PlainValue>AAAA</PlainValue></ContentKey>",
        ),
        &inside(
            "<ContentKey kid=\"a16e402b-9056-e371-f36d-348aa62bb749\" commonEncryptionScheme=\"cens\"/>",
        ),
        &inside("<EncryptedValue/>"),
        "<CPIX><DeliveryDataList><DeliveryData/></DeliveryDataList></CPIX>",
        "<CPIX/><CPIX/>",
        "<x><CPIX/></x>",
        &inside("&file;"),
        &" ".repeat(2 << 20),
    ] {
        assert!(read(text).is_err(), "{}", text.get(..80).unwrap_or(text));
    }
    let delivered = read("<CPIX><DeliveryDataList><DeliveryData/></DeliveryDataList></CPIX>");
    assert_eq!(delivered, Err(CmafError::Unsupported(ENCRYPTED)));
}

#[test]
fn keys_do_not_show() {
    let shown = format!("{:?}", document().keys);
    assert!(!shown.contains("7, 7") && shown.contains("9, 9"), "{shown}");
}
