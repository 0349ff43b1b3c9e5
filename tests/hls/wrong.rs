//! One wrong title for each rule: the linter must name it, and would say nothing of the right one.

use std::collections::BTreeMap;

use reeldrop_tests::lint::{Files, lint};

use crate::breaking::*;
use crate::right::{STREAM, TIMESCALE, init, title};

const TOP: &str = "h264-360p/index.m3u8";
const FRAMES: &str = "h264-360p/iframes.m3u8";

/// What is done to files that keep every rule.
type Change = fn(&mut Files);

/// Rules by number, and what breaks them.
#[expect(clippy::too_many_lines, reason = "a table: a rule and how to break it")]
fn wrongs() -> Vec<(&'static str, Change)> {
    vec![
        ("1.13", |files| no_key(files, "h264-360p/000000.m4s", 1)),
        ("1.26", |files| scale(files, "AVERAGE-BANDWIDTH=", 0.85)),
        ("1.27", |files| scale(files, ":BANDWIDTH=", 1.2)),
        ("1.30", |files| {
            // The first of ten segments has all but a little of the bytes.
            let small = files["h264-180p/000000.m4s"].clone();
            for number in 1..10 {
                files.insert(format!("h264-360p/{number:06}.m4s"), small.clone());
            }
            edit(files, TOP, |text| {
                let head = text.split("#EXTINF").next().unwrap();
                let line = |number| format!("#EXTINF:6.0,\n{number:06}.m4s\n");
                head.to_owned() + &(0..10).map(line).collect::<String>()
            });
        }),
        ("6.1", |files| {
            edit(files, STREAM, |text| {
                let kept = text.lines().filter(|line| !line.starts_with(I_FRAME));
                kept.collect::<Vec<_>>().join("\n")
            });
        }),
        ("6.1", |files| {
            edit(files, FRAMES, |text| {
                let end = text.rfind("#EXTINF").unwrap();
                text[..end].to_owned()
            });
        }),
        ("6.8", |files| {
            replace(files, FRAMES, "#EXT-X-I-FRAMES-ONLY\n", "")
        }),
        ("6.10", |files| {
            // As a packager writes it that cuts fragments of many pictures after the first.
            edit(files, FRAMES, |text| {
                let range = text
                    .lines()
                    .find(|line| line.contains("BYTERANGE"))
                    .unwrap();
                text.replacen(range, "#EXT-X-BYTERANGE:1500@24", 1)
            });
        }),
        ("6.10", |files| {
            edit(files, FRAMES, |text| {
                let range = text
                    .lines()
                    .find(|line| line.contains("BYTERANGE"))
                    .unwrap();
                text.replacen(range, "#EXT-X-BYTERANGE:1500@300", 1)
            });
        }),
        ("7.4", |files| no_key(files, "h264-360p/000001.m4s", 0)),
        ("7.5", |files| {
            for path in [TOP, "h264-180p/index.m3u8", "audio-0/index.m3u8"] {
                replace(files, path, "TARGETDURATION:6", "TARGETDURATION:7");
            }
        }),
        ("7.7", |files| {
            replace(files, TOP, "TARGETDURATION:6", "TARGETDURATION:5")
        }),
        ("8.1", |files| {
            replace(files, TOP, "#EXTINF:6.000000", "#EXTINF:6.050000")
        }),
        ("8.2", |files| {
            replace(
                files,
                "audio-0/index.m3u8",
                "TARGETDURATION:6",
                "TARGETDURATION:7",
            );
        }),
        ("8.10", |files| without(files, MEDIA, "LANGUAGE")),
        ("9.1", |files| without(files, VARIANT, "CODECS")),
        ("9.2", |files| without(files, VARIANT, "RESOLUTION")),
        ("9.3", |files| without(files, I_FRAME, "CODECS")),
        ("9.4", |files| without(files, I_FRAME, "RESOLUTION")),
        ("9.5", |files| without(files, VARIANT, "AUDIO")),
        ("9.6", |files| {
            without(files, MEDIA, "URI");
            replace(files, STREAM, "CHANNELS=\"2\"", "CHANNELS=\"6\"");
        }),
        ("9.7", |files| {
            without(files, MEDIA, "URI");
            edit(files, STREAM, |text| {
                let line = text.lines().find(|line| line.starts_with(MEDIA)).unwrap();
                text.replacen(line, &format!("{line}\n{line}"), 1)
            });
        }),
        ("9.8", |files| {
            without(files, MEDIA, "URI");
            replace(
                files,
                STREAM,
                "AUDIO=\"audio\"",
                "AUDIO=\"audio\",VIDEO=\"angles\"",
            );
        }),
        ("9.9", |files| {
            replace(files, STREAM, "h264-180p/index.m3u8", TOP)
        }),
        ("9.10", |files| {
            replace(
                files,
                STREAM,
                "RESOLUTION=640x360,F",
                "RESOLUTION=1280x720,F",
            )
        }),
        ("9.11", |files| {
            replace(files, STREAM, "#EXT-X-INDEPENDENT-SEGMENTS\n", "")
        }),
        ("9.12", |files| {
            replace(files, STREAM, "#EXT-X-INDEPENDENT-SEGMENTS\n", "");
            replace(files, TOP, "#EXT-X-INDEPENDENT-SEGMENTS\n", "");
        }),
        ("9.13", |files| scale(files, ":BANDWIDTH=", 0.98)),
        ("9.14", |files| without(files, VARIANT, "AVERAGE-BANDWIDTH")),
        ("9.15", |files| without(files, VARIANT, "FRAME-RATE")),
        ("13.7", |files| {
            let init = init(b"vide", TIMESCALE, 0x55);
            files.insert("h264-360p/init.mp4".to_owned(), init);
        }),
        ("RFC 4.4.6.3", |files| {
            edit(files, STREAM, |text| {
                text.replace(I_FRAME, &format!("{I_FRAME}CLOSED-CAPTIONS=NONE,"))
            });
        }),
        ("RFC 4.3", |files| drop(files.remove("audio-0/000001.m4s"))),
        ("RFC 4.3", |files| drop(files.remove("text/en/1.vtt"))),
        ("RFC 3.1.4", |files| {
            replace(files, "text/en/1.vtt", "WEBVTT", "webvtt")
        }),
        ("RFC 3.1.4", |files| {
            replace(files, "text/en/1.vtt", "MPEGTS:0", "MPEGTS:900000")
        }),
        ("RFC 3.1.4", |files| {
            edit(files, "text/en/1.vtt", |text| {
                text.lines()
                    .filter(|line| !line.starts_with("X-"))
                    .map(|line| format!("{line}\n"))
                    .collect()
            });
        }),
        ("RFC 3.1.4", |files| {
            // The caption that is still shown when the second segment begins.
            replace(
                files,
                "text/de/1.vtt",
                "00:00:07.000 --> 00:00:09.000\nTwo &lt; three &amp; four.\n",
                "",
            );
        }),
        ("RFC 3.1.4", |files| {
            let second = files["text/de/1.vtt"].clone();
            files.insert("text/de/0.vtt".to_owned(), second);
        }),
        ("RFC 4.4.3.1", |files| {
            replace(
                files,
                "text-en.m3u8",
                "TARGETDURATION:8",
                "TARGETDURATION:6",
            )
        }),
        ("RFC 4.4.6.1", |files| {
            replace(files, STREAM, "NAME=\"Deutsch\"", "NAME=\"English\"")
        }),
        ("RFC 4.4.6.1", |files| {
            replace(
                files,
                STREAM,
                "LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES",
                "LANGUAGE=\"de\",DEFAULT=YES,AUTOSELECT=NO",
            )
        }),
        ("RFC 4.4.6.1", |files| {
            replace(files, STREAM, "LANGUAGE=\"de\"", "LANGUAGE=\"en\"")
        }),
        ("RFC 4.4.6.1", |files| {
            edit(files, STREAM, |text| {
                text.replace(
                    "DEFAULT=NO,AUTOSELECT=YES,FORCED",
                    "DEFAULT=YES,AUTOSELECT=YES,FORCED",
                )
            });
        }),
        ("RFC 4.4.6.1", |files| {
            replace(files, STREAM, ",URI=\"text-de.m3u8\"", "")
        }),
        ("RFC 4.4.6.2", |files| without(files, VARIANT, "SUBTITLES")),
        ("RFC 4.4.6.2", |files| {
            replace(files, STREAM, "SUBTITLES=\"text\"", "SUBTITLES=\"words\"")
        }),
        ("RFC 4.4.4.4", |files| {
            add(files, TOP, "#EXT-X-KEY:METHOD=SAMPLE-AES")
        }),
        ("RFC 4.4.4.4", |files| {
            add(files, TOP, "#EXT-X-KEY:METHOD=AES,URI=\"k\"")
        }),
        ("RFC 4.4.4.4", |files| {
            add(files, FRAMES, "#EXT-X-KEY:METHOD=NONE,URI=\"k\"");
        }),
        ("RFC 4.4.4.4", |files| {
            add(files, TOP, "#EXT-X-KEY:METHOD=NONE,IV=12");
        }),
        ("RFC 4.4.4.4", |files| {
            edit(files, TOP, |text| {
                let kept = text.lines().filter(|line| !line.starts_with("#EXT-X-KEY"));
                kept.collect::<Vec<_>>().join("\n")
            });
        }),
        ("RFC 4.4.4.4", |files| {
            let init = files.get_mut("h264-360p/init.mp4").unwrap();
            let at = init.windows(4).position(|four| four == b"tenc").unwrap();
            init[at..at + 4].copy_from_slice(b"free");
        }),
        ("RFC 4.4.6.4", |files| {
            add(files, STREAM, "#EXT-X-SESSION-KEY:METHOD=NONE");
        }),
        ("RFC 4.4.6.4", |files| {
            let line = "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"key\"";
            add(files, STREAM, &format!("{line}\n{line}"));
        }),
        ("RFC 4.4.6.4", |files| {
            add(files, TOP, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../key\"");
            add(
                files,
                STREAM,
                "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES-CTR,URI=\"key\"",
            );
        }),
        ("RFC 6.2.4", |files| {
            replace(
                files,
                "text-en.m3u8",
                "#EXT-X-PLAYLIST-TYPE:VOD",
                "#EXT-X-PLAYLIST-TYPE:EVENT",
            )
        }),
        ("RFC 6.2.4", |files| {
            edit(files, "text-en.m3u8", |text| {
                let end = text.rfind("#EXTINF").unwrap();
                text[..end].to_owned()
            });
        }),
        ("RFC 4.1", |files| drop(files.remove(STREAM))),
    ]
}

/// The rules of image playlists.
fn wrong_images() -> Vec<(&'static str, Change)> {
    vec![
        ("IMAGES", |files| without(files, IMAGES, "RESOLUTION")),
        ("IMAGES", |files| without(files, IMAGES, "URI")),
        ("IMAGES", |files| drop(files.remove(SHEETS))),
        ("IMAGES", |files| drop(files.remove("storyboard/000.jpg"))),
        ("IMAGES", |files| {
            replace(files, SHEETS, "#EXT-X-IMAGES-ONLY\n", "")
        }),
        ("IMAGES", |files| {
            replace(files, SHEETS, "LAYOUT=6x1", "LAYOUT=3x2")
        }),
        ("IMAGES", |files| {
            replace(files, SHEETS, "RESOLUTION=160x90", "RESOLUTION=80x90")
        }),
        ("IMAGES", |files| {
            replace(files, SHEETS, ",DURATION=2.000000", ",DURATION=1.000000")
        }),
        ("IMAGES", |files| {
            replace(files, SHEETS, "#EXTINF:12.0", "#EXTINF:9.0")
        }),
        ("IMAGES", |files| {
            edit(files, STREAM, |text| {
                text.replace(
                    &format!("{IMAGES}BANDWIDTH="),
                    &format!("{IMAGES}BANDWIDTH=1,X="),
                )
            });
        }),
        ("RFC 4.4.3.1", |files| {
            replace(files, SHEETS, "TARGETDURATION:12", "TARGETDURATION:6")
        }),
    ]
}

#[test]
fn each_rule_is_named_when_it_is_broken() {
    let mut unnamed = Vec::new();
    for (rule, break_it) in wrongs().into_iter().chain(wrong_images()) {
        let mut files = title();
        break_it(&mut files);
        let findings = lint(&files, STREAM, None);
        if !findings.iter().any(|finding| finding.rule == rule) {
            unnamed.push((rule, findings));
        }
    }
    assert!(unnamed.is_empty(), "not named: {unnamed:#?}");
}

#[test]
fn playlists_that_come_uncompressed_break_rule_10_1() {
    let files = title();
    let playlists = files.keys().filter(|path| path.ends_with(".m3u8"));
    let encodings = |encoding: &str| -> BTreeMap<String, String> {
        let all = playlists
            .clone()
            .map(|path| (path.clone(), encoding.to_owned()));
        all.collect()
    };
    let gzip = encodings("gzip");
    assert!(lint(&files, STREAM, Some(&gzip)).is_empty());
    let findings = lint(&files, STREAM, Some(&encodings("identity")));
    assert_eq!(findings.len(), gzip.len());
    assert!(findings.iter().all(|finding| finding.rule == "10.1"));
}
