//! Keys of the command line, of a key server's document, and those that are made.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::iter;

use crate::{KEY, clip, done, files, run, said};

/// Sound and picture, of which one small file is enough here.
const CLIP: &str = "h264_aac_640x360_8s_audio_first.mp4";

/// What a key server answers: a key of pictures, and one of sound.
const ANSWER: &str = include_str!("../../../common/packager/tests/package/answer.xml");

const KEYS: [(&str, [u8; 16], [u8; 16]); 2] = [
    ("video-360p", *b"key of pictures.", [0x11; 16]),
    ("audio-0", *b"key of all sound", [0x22; 16]),
];

/// A folder with a document in it, and where a package of it goes.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(document: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("answer.xml"), document).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// Header and segments of a track.
fn track(package: &Path, name: &str) -> Vec<u8> {
    let mut files = files(&package.join(name));
    files.retain(|(path, _)| path.extension().is_some_and(|kind| kind != "m3u8"));
    files.sort_by_key(|(path, _)| (!path.ends_with("init.mp4"), path.clone()));
    files.into_iter().flat_map(|(_, content)| content).collect()
}

fn media(file: &[u8]) -> Vec<u8> {
    let boxes = iter(file).map(Result::unwrap);
    let media = boxes.filter(|found| found.kind == b"mdat");
    media.flat_map(|found| found.payload.to_vec()).collect()
}

fn opened(file: &[u8], key: [u8; 16], kid: [u8; 16]) -> Vec<u8> {
    let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, key));
    media(&decrypt_bytes(file, &options).unwrap())
}

#[test]
fn a_key_servers_answer_encrypts_as_it_says() {
    let Some(path) = clip(CLIP) else { return };
    let file = path.to_str().unwrap();
    // It wants cbcs, as is the default; and cenc, which nobody else asks for.
    for (scheme, document) in [
        ("cbcs", ANSWER.to_owned()),
        ("cenc", ANSWER.replace("cbcs", "cenc")),
    ] {
        let place = Place::with(&document);
        let [out, clear, answer] = ["out", "clear", "answer.xml"].map(|name| place.text(name));
        done(&[file, "--out", &out, "--cpix", &answer], b"");
        done(&[file, "--out", &clear, "--scheme", "none"], b"");
        for (name, key, kid) in KEYS {
            let expected = media(&track(&place.path("clear"), name));
            let encrypted = track(&place.path("out"), name);
            let stated = [b"schm\0\0\0\0", scheme.as_bytes()].concat();
            assert!(
                encrypted.windows(12).any(|bytes| bytes == stated),
                "{name} is not {scheme}"
            );
            assert!(opened(&encrypted, key, kid) == expected, "{name} {scheme}");
            assert!(opened(&encrypted, [9; 16], kid) != expected, "{name}");
        }
        // Several keys have addresses of their own, beside the multivariant playlist.
        let playlist = fs::read_to_string(place.path("out/audio-0/index.m3u8")).unwrap();
        let address = format!("URI=\"../key-{}\"", "22".repeat(16));
        assert!(playlist.contains(&address), "{playlist}");
        assert!(place.path("out/stream-clearkey.m3u8").is_file());
    }
}

#[test]
fn a_key_that_is_made_is_written_for_its_owner_alone_and_opens_the_package() {
    let Some(path) = clip(CLIP) else { return };
    let file = path.to_str().unwrap();
    let place = Place::with("");
    let [out, again, secret] = ["out", "again", "keys.xml"].map(|name| place.text(name));
    let iv = ["--iv", "00112233445566778899aabbccddeeff"];
    let made = [file, "--out", &out, "--write-cpix", &secret];
    let output = done(&[&made[..], &iv].concat(), b"");
    let mode = fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let document = fs::read_to_string(&secret).unwrap();
    let value = document.split("PlainValue>").nth(1).unwrap();
    let value = value.split('<').next().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains(&secret) && !told.contains(value), "{told}");

    // The same again with what was written.
    done(&[file, "--out", &again, "--cpix", &secret], b"");
    assert!(files(&place.path("out")) == files(&place.path("again")));

    // Nothing is left beside it, and nobody can fetch it with the package.
    assert!(!place.path("keys.xml.new").exists());
    let served = place.text("out/keys.xml");
    let refused = run(&[file, "--out", &out, "--write-cpix", &served], b"");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said(&refused).contains("outside --out"),
        "{}",
        said(&refused)
    );
    assert!(!place.path("out/keys.xml").exists());

    // Another run has another key, and never takes the file away.
    let second = run(&made, b"");
    assert_eq!(second.status.code(), Some(2));
    assert!(
        said(&second).contains("it is there already"),
        "{}",
        said(&second)
    );
    assert_eq!(fs::read_to_string(&secret).unwrap(), document);
    let other = place.text("other.xml");
    done(&[file, "--out", "-", "--write-cpix", &other], b"");
    assert!(!fs::read_to_string(&other).unwrap().contains(value));
}

#[test]
fn keys_that_were_given_are_written_with_what_is_known_of_them() {
    let Some(path) = clip(CLIP) else { return };
    let place = Place::with(ANSWER);
    let [out, answer, secret] = ["out", "answer.xml", "keys.xml"].map(|name| place.text(name));
    let file = path.to_str().unwrap();
    let arguments = [file, "--out", &out, "--cpix", &answer];
    done(&[&arguments[..], &["--write-cpix", &secret]].concat(), b"");
    let document = fs::read_to_string(&secret).unwrap();
    let both = KEYS.map(|(name, ..)| format!("<LabelFilter label=\"{name}\"/>"));
    for part in both.iter().map(String::as_str).chain([
        "contentId=\"film\"",
        "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
        "explicitIV=\"AAECAwQFBgcICQoLDA0ODw==\"",
    ]) {
        assert!(document.contains(part), "{part}: {document}");
    }
    // A package that is not made leaves no file.
    let none = place.text("none.xml");
    let failed = run(
        &[
            &["/nowhere.mp4", "--out", &out, "--write-cpix", &none][..],
            &KEY,
        ]
        .concat(),
        b"",
    );
    assert_eq!(failed.status.code(), Some(2));
    assert!(fs::metadata(&none).is_err(), "it left a file");
}

#[test]
fn what_is_wrong_with_keys_says_what_to_do() {
    let Some(path) = clip(CLIP) else { return };
    let file = path.to_str().unwrap();
    let value = "a2V5IG9mIHBpY3R1cmVzLg==";
    assert!(ANSWER.contains(value));
    let without_rules = ANSWER
        .split("<cpix:ContentKeyUsageRuleList>")
        .next()
        .unwrap();
    let external = "<!DOCTYPE x [<!ENTITY k SYSTEM \"file:///etc/passwd\">]>";
    let documents = [
        (ANSWER.to_owned(), &["--scheme", "cenc"][..], "leave out --scheme cenc"),
        (ANSWER.to_owned(), &["--scheme", "none"], "leave out --cpix"),
        (ANSWER.to_owned(), &KEY, "give --cpix, or --key"),
        (ANSWER.to_owned(), &["--key-uri", "key"], "{kid}"),
        (format!("{without_rules}</cpix:CPIX>"), &[], "no usage rules"),
        (ANSWER.replace(value, ""), &[], "content key of a CPIX document"),
        (
            ANSWER.replace("<cpix:ContentKeyList>", "<cpix:DeliveryDataList><cpix:DeliveryData/></cpix:DeliveryDataList><cpix:ContentKeyList>"),
            &[],
            "leave out DeliveryData",
        ),
        (ANSWER.replace("?>", &format!("?>{external}")), &[], "document type"),
        (ANSWER.replace("film", "&k;"), &[], "attribute of the CPIX"),
        (ANSWER[..ANSWER.len() / 2].to_owned(), &[], "CPIX document"),
        (" ".repeat(2 << 20), &[], "too large"),
        ("<MPD/>".to_owned(), &[], "CPIX element"),
    ];
    for (document, options, expected) in documents {
        let place = Place::with(&document);
        let [out, answer] = ["out", "answer.xml"].map(|name| place.text(name));
        let arguments = [file, "--out", &out, "--cpix", &answer];
        let output = run(&[&arguments[..], options].concat(), b"");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{expected}: {said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!said.contains(value), "a key is shown: {said}");
        assert!(!place.path("out/stream.m3u8").exists(), "{expected}");
    }
}

#[test]
fn what_is_wrong_with_options_of_keys_says_what_to_do() {
    let Some(path) = clip(CLIP) else { return };
    let file = path.to_str().unwrap();
    let place = Place::with("");
    let out = place.text("out");
    for (options, expected) in [
        (&[][..], "--scheme none"),
        (
            &["--cpix", "/nowhere.xml"],
            "/nowhere.xml: it cannot be read",
        ),
        (
            &["--scheme", "none", "--write-cpix", "x"],
            "leave out --write-cpix",
        ),
        (&["--write-cpix", "/nowhere/x"], "it cannot be made"),
        (
            &[KEY[0], KEY[1], KEY[2], KEY[3], KEY[0], KEY[1]],
            "is given twice",
        ),
    ] {
        let output = run(&[&[file, "--out", &out], options].concat(), b"");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
