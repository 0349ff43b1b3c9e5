//! DASH manifests against what the MPEG schema and the standard ask of them: wrong ones, and then all
//! kinds that we write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Key, Keys, Layout, Settings, package};
use reeldrop_tests::{
    clip,
    schema::{judge, xsd, xsd_folder},
};

/// As the writer's own tests hold it: finished and growing, both encrypted, and one with captions,
/// a storyboard, HDR and commercial key systems.
fn golden(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../common/cmaf/src/dash/tests");
    fs::read_to_string(folder.join(format!("{name}.mpd"))).unwrap()
}

fn settings(scheme: Scheme, layout: Layout, labels: &[Option<&str>]) -> Settings {
    let mut keys = Keys::default();
    for (label, byte) in labels.iter().zip(1..) {
        let label = label.map(str::to_owned);
        keys.add(label, Key::new([byte; 16], [byte + 100; 16]));
    }
    Settings {
        scheme,
        keys,
        segment_ms: 6_000,
        clear_lead_ms: 0,
        layout,
        iv: None,
        key_uri: "key-{kid}".to_owned(),
        license_uri: "license?a=1&b=2".to_owned(),
    }
}

/// Manifests of what `reeldrop package` makes of two renditions, where there are clips.
fn packaged() -> BTreeMap<String, String> {
    let mut manifests = BTreeMap::new();
    let names = ["h264_aac_640x360_17s.mp4", "h264_aac_bbb_320x240_10s.mp4"];
    let clips: Vec<PathBuf> = names
        .iter()
        .filter_map(|name| clip("packages' manifests", name))
        .collect();
    if clips.is_empty() {
        return manifests;
    }
    let inputs: Vec<Input> = clips.into_iter().map(Input::File).collect();
    let several = [None, Some("video-240p"), Some("audio")];
    for (name, scheme, labels) in [
        ("clear", Scheme::None, &several[..0]),
        ("one key", Scheme::Cbcs, &several[..1]),
        ("several keys", Scheme::Cenc, &several),
    ] {
        for layout in [Layout::Segments, Layout::SingleFile] {
            let out = tempfile::tempdir().unwrap();
            package(&inputs, &settings(scheme, layout, labels), out.path()).unwrap();
            let mpd = fs::read_to_string(out.path().join("stream.mpd")).unwrap();
            manifests.insert(format!("{name}, {layout:?}"), mpd);
        }
    }
    manifests
}

#[test]
fn every_kind_of_manifest_keeps_the_rules() {
    let mut manifests = packaged();
    for name in ["complete", "growing", "extras"] {
        manifests.insert(name.to_owned(), golden(name));
    }
    // As the portal gives it to a player, where media lie at a CDN.
    let at_cdn = golden("complete").replacen(
        "\n  <Period",
        "\n  <BaseURL>https://cdn.example/a/1/</BaseURL>\n  <Period",
        1,
    );
    assert!(at_cdn.contains("BaseURL"));
    manifests.insert("at a CDN".to_owned(), at_cdn);
    let folder = xsd_folder();
    for (name, mpd) in &manifests {
        let wrong = judge(mpd);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{mpd}");
        if let Some(folder) = &folder {
            let said = xsd(folder, mpd).unwrap();
            assert!(said.is_empty(), "{name}: {said}");
        }
    }
}

/// A change of the manifest with everything, and the section that it breaks.
const WRONGS: &[(&str, &str, &str)] = &[
    ("5.3.1", "urn:mpeg:dash:schema:mpd:2011", "urn:mpeg:dash"),
    ("5.3.1", " minBufferTime=\"PT2S\"", ""),
    ("5.3.1", "minBufferTime=\"PT2S\"", "minBufferTime=\"2\""),
    (
        "5.3.1",
        "minBufferTime=\"PT2S\"",
        "minBufferTime=\"PT2,5S\"",
    ),
    ("5.3.1", "type=\"static\"", "type=\"vod\""),
    ("5.3.1.2", " mediaPresentationDuration=\"PT17.025S\"", ""),
    ("5.3.1.2", "type=\"static\"", "type=\"dynamic\""),
    ("5.3.2", "<Period id=\"0\"", "<Period id=\"0\" title=\"x\""),
    (
        "5.3.3",
        "segmentAlignment=\"true\"",
        "segmentAlignment=\"yes\"",
    ),
    ("5.3.3", "lang=\"en\"", "lang=\"English language\""),
    ("5.3.3", "contentType=\"image\"", "contentType=\"picture\""),
    (
        "5.3.3.2",
        "AdaptationSet id=\"1\"",
        "AdaptationSet id=\"0\"",
    ),
    ("5.3.5", " bandwidth=\"1000\"", ""),
    ("5.3.5", "bandwidth=\"1000\"", "bandwidth=\"99999999999\""),
    ("5.3.5", "frameRate=\"30000/1001\"", "frameRate=\"29.97\""),
    ("5.3.5", "sar=\"1:1\"", "sar=\"1\""),
    ("5.3.5.2", "id=\"h264-360p\"", "id=\"h264-720p\""),
    ("5.3.7.2", " mimeType=\"image/jpeg\"", ""),
    // A title of ten hours in nanoseconds: the schema has 32 bits for it.
    ("5.3.9.4", "duration=\"18000\"", "duration=\"18000000000\""),
    ("5.3.9.4.4", "$Number%03d$", "$Number%3$"),
    ("5.3.9.4.4", "$Number%06d$", "$Segment$"),
    ("5.3.9.5.3", " duration=\"18000\"", ""),
    ("5.3.9.6", " d=\"240640\"", ""),
    ("5.3.9.6", "d=\"240640\"", "d=\"-1\""),
    (
        "5.6",
        "<BaseURL>../text/en.vtt",
        "<BaseURL>../my text/en.vtt",
    ),
    ("5.8.2", "schemeIdUri=\"urn:mpeg:dash:role:2011\" ", ""),
    ("4.2", "</Period>", ""),
];

#[test]
fn each_rule_is_named_when_it_is_broken() {
    let right = golden("extras");
    let mut unnamed = Vec::new();
    for (section, from, to) in WRONGS {
        assert!(right.contains(from), "nothing is {from}");
        let wrong = judge(&right.replacen(from, to, 1));
        if !wrong.iter().any(|(named, _)| named == section) {
            unnamed.push((section, from, wrong));
        }
    }
    assert!(unnamed.is_empty(), "not named: {unnamed:#?}");
}

#[test]
fn elements_in_the_wrong_order_are_named() {
    let right = golden("extras");
    let role = "<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"subtitle\"/>";
    let label = "<Label>English</Label>";
    let at = right.find("mimeType=\"text/vtt\"").unwrap();
    let (before, after) = right.split_at(at);
    let swapped = after
        .replacen(label, "", 1)
        .replacen(role, &format!("{role}{label}"), 1);
    let wrong = judge(&format!("{before}{swapped}"));
    assert!(
        wrong
            .iter()
            .any(|(section, what)| *section == "5.3.3" && what.contains("Label")),
        "{wrong:#?}"
    );
}

#[test]
fn the_schema_is_asked_where_it_is_there() {
    // One of our own in its place, which knows the root alone: that it is asked is to be seen.
    let schema = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
        xmlns:xlink="http://www.w3.org/1999/xlink" targetNamespace="urn:mpeg:dash:schema:mpd:2011">
        <xs:import namespace="http://www.w3.org/1999/xlink"
            schemaLocation="http://www.w3.org/XML/2008/06/xlink.xsd"/>
        <xs:element name="MPD"><xs:complexType>
            <xs:sequence><xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence>
            <xs:attribute name="profiles" type="xs:string" use="required"/>
            <xs:attribute ref="xlink:href"/>
            <xs:anyAttribute processContents="skip"/>
        </xs:complexType></xs:element></xs:schema>"#;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("DASH-MPD.xsd"), schema).unwrap();
    let right = golden("complete");
    match xsd(folder.path(), &right) {
        Ok(said) => assert_eq!(said, ""),
        #[expect(clippy::print_stdout, reason = "a skipped test says so")]
        Err(error) => return println!("skipped: {error:#}"),
    }
    let wrong = right.replacen("profiles=", "profile=", 1);
    let said = xsd(folder.path(), &wrong).unwrap();
    assert!(said.contains("profiles"), "{said}");
}
