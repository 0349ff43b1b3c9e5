//! The master key is exchanged: titles play before, during and after, and keys are wrapped again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, process::Command};

use reeldrop_tests::{Bundle, clip};
use serde_json::{Value, json};

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
