//! A title's storyboard is named in all its manifests, and its sheets are what these say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{process::Command, time::Duration};

use reeldrop_tests::{
    Bundle, clip,
    lint::{Files, jpeg_size, lint},
    schema, tree, wait_for_storyboard,
};

/// How long a storyboard may take into the manifests on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn fetch(address: &str) -> Vec<u8> {
    let output = Command::new("curl")
        .args(["-fsS", address])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{address}: {said}");
    output.stdout
}

fn text(address: &str) -> String {
    String::from_utf8(fetch(address)).unwrap()
}

/// The address of what a manifest names, which lies beside it or beneath.
fn beside(address: &str, name: &str) -> String {
    let plain = address.split('?').next().unwrap();
    let mut folder: Vec<&str> = plain.split('/').collect();
    folder.pop();
    let mut name = name;
    while let Some(rest) = name.strip_prefix("../") {
        folder.pop();
        name = rest;
    }
    format!("{}/{name}", folder.join("/"))
}

/// What follows `name="`, or `name=` where there are no quotes.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.find(&format!("{name}=")).unwrap() + name.len() + 1;
    let value = &text[at..];
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap(),
        None => value.split([',', '\n']).next().unwrap(),
    }
}

fn pair(text: &str) -> (u32, u32) {
    let (first, second) = text.split_once('x').unwrap();
    (first.parse().unwrap(), second.parse().unwrap())
}

#[test]
fn both_manifests_name_sheets_that_can_be_fetched_and_are_as_large_as_they_say() {
    let Some(clip) = clip("storyboards", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    wait_for_storyboard(bundle.data(), &asset, LIMIT).unwrap();

    hls(&added.hls.unwrap());
    dash(&added.dash.unwrap());
    exported(&bundle, &asset);
}

/// As a player finds it: from the multivariant playlist, with its token, to each sheet.
fn hls(address: &str) {
    assert!(address.contains("?token="), "{address}");
    let multivariant = text(address);
    let mut lines = multivariant.lines();
    let line = lines.find(|line| line.starts_with("#EXT-X-IMAGE-STREAM-INF:"));
    let line = line.unwrap();
    let playlist = value(line, "URI");
    assert!(playlist.starts_with("storyboard.m3u8?token="), "{line}");
    let address = beside(address, playlist);
    let images = text(&address);
    let (width, height) = pair(value(&images, "RESOLUTION"));
    assert_eq!((width, height), pair(value(line, "RESOLUTION")));
    let (columns, rows) = pair(value(&images, "LAYOUT"));
    let sheets: Vec<&str> = images
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    // Seventeen seconds, a picture every two.
    assert_eq!((sheets.len(), columns, rows), (1, 9, 1), "{images}");
    for sheet in sheets {
        let file = fetch(&beside(&address, sheet));
        assert_eq!(jpeg_size(&file), Some((width * columns, height * rows)));
    }
}

fn dash(address: &str) {
    let mpd = text(address);
    let wrong = schema::judge(&mpd);
    assert!(wrong.is_empty(), "{wrong:#?}\n{mpd}");
    let set = &mpd[mpd.find("contentType=\"image\"").unwrap()..];
    let tiling = &set[set
        .find("http://dashif.org/guidelines/thumbnail_tile")
        .unwrap()..];
    let (columns, rows) = pair(value(tiling, "value"));
    let number = |name: &str| value(set, &format!(" {name}")).parse::<u32>().unwrap();
    let size = (number("width"), number("height"));
    assert_eq!((size.0 % columns, size.1 % rows), (0, 0));
    let template = value(set, " media");
    // One sheet lasts longer than the title: there is no second one to ask for.
    let sheet_s = f64::from(number("duration")) / f64::from(number("timescale"));
    let length = value(&mpd, "mediaPresentationDuration");
    let length = length
        .strip_prefix("PT")
        .unwrap()
        .strip_suffix('S')
        .unwrap();
    assert!(sheet_s >= length.parse().unwrap(), "{sheet_s} of {length}");
    let first = template.replace("$Number%03d$", "000");
    assert_eq!(jpeg_size(&fetch(&beside(address, &first))), Some(size));
}

/// What is exported has the storyboard, and keeps every rule about it.
fn exported(bundle: &Bundle, asset: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("export");
    let exported = bundle
        .run(&["export", asset, out.to_str().unwrap()])
        .unwrap();
    assert!(exported.status.success());
    let files = tree(&out).unwrap().into_iter();
    let files: Files = files
        .map(|(path, content)| (path.display().to_string(), content))
        .collect();
    assert!(files.contains_key("storyboard/000.jpg") && files.contains_key("1/storyboard.m3u8"));
    for playlist in ["1/stream.m3u8", "1/stream-clearkey.m3u8"] {
        let mut findings = lint(&files, playlist, None);
        // Of the source: its ladder has one rendition of each size.
        findings.retain(|finding| !["9.9", "9.10"].contains(&finding.rule));
        assert!(findings.is_empty(), "{playlist}: {findings:#?}");
    }
}
