//! Keys from a key server; the master key is exchanged: titles play before, during and after, and keys are
//! wrapped again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeldrop_cmaf::{boxes::common_pssh, presentation::KeySystem};
use reeldrop_tests::{Bundle, clip, tree};
use serde_json::{Value, json};
use uuid::Uuid;

const KEY: &str = "87237d20a19f58a740c05684e699b4aa";
const KID: &str = "a16e402b9056e371f36d348aa62bb749";

/// Starts the bundle again with these lines in the master key's file, the first of which wraps.
fn restart_with(bundle: &mut Bundle, keys: &[&str]) {
    assert!(bundle.stop().unwrap());
    let file = bundle.data().join("state/master.key");
    fs::write(file, keys.join("\n")).unwrap();
    bundle.restart().unwrap();
}

fn json_of(bundle: &Bundle, arguments: &[&str]) -> Value {
    let output = bundle.run(arguments).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rewrapped(bundle: &Bundle) -> Value {
    json_of(bundle, &["keys", "rewrap", "--json"])
}

/// What a player that was given its address before the exchange is answered: the key's 16 bytes.
fn licence(bundle: &Bundle, asset: &str, token: &str) -> Vec<u8> {
    let url = bundle.url();
    let address = format!("{url}/api/assets/{asset}/packages/1/key?token={token}");
    let curl = Command::new("curl").args(["-fsS", &address]).output();
    curl.unwrap().stdout
}

#[test]
fn the_master_key_is_exchanged_under_titles_that_play() {
    let Some(clip) = clip("keys", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let mut bundle = Bundle::start().unwrap();
    let arguments = ["--key", KEY, "--kid", KID, clip.to_str().unwrap()];
    let added = bundle.add(&arguments).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let hls = added.hls.unwrap();
    let token = hls.split_once("token=").unwrap().1;
    let key = u128::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    assert_eq!(licence(&bundle, &asset, token), key);
    let old = fs::read_to_string(bundle.data().join("state/master.key")).unwrap();
    let new = "5a".repeat(32);

    restart_with(&mut bundle, &[&new, &old]);
    assert_eq!(licence(&bundle, &asset, token), key, "before");
    let all = json!({"keys": 1, "rewrapped": 1, "unreadable": 0});
    assert_eq!(rewrapped(&bundle), all);
    let none = json!({"keys": 1, "rewrapped": 0, "unreadable": 0});
    assert_eq!(rewrapped(&bundle), none, "again");
    assert_eq!(licence(&bundle, &asset, token), key, "after");

    restart_with(&mut bundle, &[&new]);
    assert_eq!(json_of(&bundle, &["key", &asset, "--json"])["key"], KEY);

    // Without the key that wrapped them, the command says what is missing.
    restart_with(&mut bundle, &[&old]);
    let output = bundle.run(&["keys", "rewrap"]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("1 keys open with no key of the master key's file"),
        "{said}"
    );
}

/// What a key server answers of a key: the key itself, and Widevine's and FairPlay's data.
fn answer(kid: &str, key: &str) -> String {
    let id = Uuid::parse_str(kid).unwrap();
    let mut pssh = common_pssh(&[id]);
    pssh[12..28].copy_from_slice(KeySystem::WIDEVINE.as_bytes());
    let key = u128::from_str_radix(key, 16).unwrap().to_be_bytes();
    let [pssh, key, skd] = [
        &pssh[..],
        &key,
        format!("skd://key.example/{kid}").as_bytes(),
    ]
    .map(|bytes| STANDARD.encode(bytes));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<cpix:CPIX xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
  <cpix:ContentKeyList>
    <cpix:ContentKey kid="{id}"><cpix:Data><pskc:Secret><pskc:PlainValue>{key}</pskc:PlainValue>
    </pskc:Secret></cpix:Data></cpix:ContentKey>
  </cpix:ContentKeyList>
  <cpix:DRMSystemList>
    <cpix:DRMSystem kid="{id}" systemId="{}"><cpix:PSSH>{pssh}</cpix:PSSH></cpix:DRMSystem>
    <cpix:DRMSystem kid="{id}" systemId="{}"><cpix:URIExtXKey>{skd}</cpix:URIExtXKey></cpix:DRMSystem>
  </cpix:DRMSystemList>
</cpix:CPIX>"#,
        KeySystem::WIDEVINE,
        KeySystem::FAIRPLAY,
    )
}

/// What of the published manifests names Widevine, and what names FairPlay by this key id.
fn naming(bundle: &Bundle, asset: &str, package: u32, kid: &str) -> (usize, usize) {
    let folder = bundle.data().join("buckets/reeldrop-media").join(asset);
    let files = tree(&folder.join(package.to_string())).unwrap();
    let of = |extension: &str, wanted: &str| {
        let files = files.iter();
        let files =
            files.filter(|(path, _)| path.extension().is_some_and(|found| found == extension));
        let wanted = |(_, text): &(_, &Vec<u8>)| String::from_utf8_lossy(text).contains(wanted);
        files.filter(wanted).count()
    };
    let widevine = of("mpd", &format!("urn:uuid:{}", KeySystem::WIDEVINE));
    (widevine, of("m3u8", &format!("skd://key.example/{kid}")))
}

#[test]
fn a_key_servers_documents_are_taken_with_a_file_and_for_a_title() {
    let Some(clip) = clip(
        "documents of key servers",
        "h264_aac_640x360_8s_audio_first.mp4",
    ) else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let document = bundle.data().join("answer.xml");
    let path = document.to_str().unwrap();
    fs::write(&document, answer(KID, KEY)).unwrap();
    let arguments = ["--cpix", path, clip.to_str().unwrap()];
    let added = bundle.add(&arguments).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let key = json_of(&bundle, &["key", &asset, "--json"]);
    assert_eq!((&key["key"], &key["kid"]), (&json!(KEY), &json!(KID)));
    let (dash, hls) = naming(&bundle, &asset, 1, KID);
    assert!(dash == 1 && hls > 1, "{dash} manifests, {hls} playlists");

    // The next key of that server; then the server moves.
    let (next_kid, next_key) = ("11".repeat(16), "22".repeat(16));
    fs::write(&document, answer(&next_kid, &next_key)).unwrap();
    json_of(&bundle, &["rekey", &asset, "--cpix", path, "--json"]);
    let of_next = naming(&bundle, &asset, 2, &next_kid);
    assert_eq!(of_next, (dash, hls));
    let moved = answer(&next_kid, &next_key).replace(
        &STANDARD.encode(format!("skd://key.example/{next_kid}")),
        &STANDARD.encode("skd://key.example/elsewhere"),
    );
    fs::write(&document, moved).unwrap();
    json_of(&bundle, &["rekey", &asset, "--cpix", path, "--json"]);
    let end = Instant::now() + Duration::from_secs(20);
    while naming(&bundle, &asset, 2, "elsewhere") != of_next {
        assert!(Instant::now() < end, "manifests name the old address");
        thread::sleep(Duration::from_millis(100));
    }

    // What is said of the title's key is a document that can be used again.
    let said = bundle.run(&["key", &asset, "--cpix"]).unwrap();
    assert!(said.status.success());
    fs::write(&document, said.stdout).unwrap();
    let other = bundle.add(&["--cpix", path, clip.to_str().unwrap()]);
    let other = other.unwrap().remove(0).asset.unwrap();
    let key = json_of(&bundle, &["key", &other, "--json"]);
    assert_eq!(key["key"], next_key);
    assert_eq!(naming(&bundle, &other, 1, "elsewhere"), of_next);

    let refused = bundle.run(&["rekey", &asset, "--cpix", clip.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.unwrap().stderr).into_owned();
    assert!(said.contains("valid UTF-8"), "{said}");
}
