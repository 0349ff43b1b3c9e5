//! A real title, as Reeldrop publishes it and as Shaka Packager packages the same renditions.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Key, Keys, Layout, Settings, package as package_file};
use reeldrop_tests::{
    Bundle, clear_parts, clip,
    lint::{Files, Finding, Weight, lint},
    tree,
};

const STREAM: &str = "stream.m3u8";

/// Rules that a title breaks by what its source is, and no packager by what it does: one bit rate
/// is all that a small source gives, and Reeldrop's ladder has one rendition of each size.
const OF_THE_SOURCE: [&str; 2] = ["9.9", "9.10"];

/// Rules that a package breaks by what its input is: how it was encoded, and in how many bit rates.
const OF_THE_INPUT: [&str; 4] = ["1.13", "7.5", "9.9", "9.10"];

/// Where `make test` puts it.
fn shaka() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("REELDROP_ORACLES")?);
    Some(folder.join("packager")).filter(|path| path.is_file())
}

fn files(folder: &Path) -> Files {
    let files = tree(folder).unwrap().into_iter();
    files
        .map(|(path, content)| (path.display().to_string(), content))
        .collect()
}

/// The content encodings of all playlists, as a player asks for them.
fn encodings(address: &str, files: &Files) -> BTreeMap<String, String> {
    let (base, _) = address.split_once("/1/").unwrap();
    let playlists = files.keys().filter(|path| path.ends_with(".m3u8"));
    let encoding = |path: &String| {
        let output = Command::new("curl")
            .args([
                "-sS",
                "-o",
                "/dev/null",
                "-D",
                "-",
                "-H",
                "Accept-Encoding: gzip",
            ])
            .arg(format!("{base}/{path}"))
            .output()
            .unwrap();
        let head = String::from_utf8(output.stdout).unwrap().to_lowercase();
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix("content-encoding:"));
        (path.clone(), line.unwrap_or("none").trim().to_owned())
    };
    playlists.map(encoding).collect()
}

/// Packages the clear renditions of a title as a person would who wants what we make.
fn package(shaka: &Path, data: &Path, asset: &str, folder: &Path) -> Files {
    let mut renditions: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let clear = clear_parts(data, asset).unwrap();
    let (heads, parts): (Vec<_>, Vec<_>) = clear
        .into_iter()
        .partition(|(path, _)| path.ends_with("init.mp4"));
    for (path, content) in heads.into_iter().chain(parts) {
        let name = path.parent().unwrap().display().to_string();
        renditions.entry(name).or_default().extend(content);
    }
    let out = folder.join("out");
    let mut command = Command::new(shaka);
    for (name, content) in &renditions {
        let file = folder.join(format!("{name}.mp4"));
        fs::write(&file, content).unwrap();
        let at = out.join(name);
        let (file, at) = (file.display(), at.display());
        command.arg(match name.starts_with("audio") {
            true => format!("in={file},stream=audio,init_segment={at}/init.mp4,segment_template={at}/$Number$.m4s,playlist_name={name}/index.m3u8,hls_group_id=audio,hls_name={name}"),
            false => format!("in={file},stream=video,init_segment={at}/init.mp4,segment_template={at}/$Number$.m4s,playlist_name={name}/index.m3u8,iframe_playlist_name={name}/iframes.m3u8"),
        });
    }
    command.args([
        "--protection_scheme",
        "cbcs",
        "--enable_raw_key_encryption",
        "--keys",
    ]);
    command
        .arg("label=:key_id=a16e402b9056e371f36d348aa62bb749:key=87237d20a19f58a740c05684e699b4aa");
    command.args([
        "--segment_duration",
        "6",
        "--quiet",
        "--hls_master_playlist_output",
    ]);
    command.arg(out.join(STREAM));
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    files(&out)
}

#[expect(
    clippy::print_stdout,
    reason = "the table is what a person runs it for"
)]
fn print(packager: &str, findings: &[Finding]) {
    println!("{packager} breaks {} rules:", rules(findings).len());
    for finding in findings {
        println!("  {finding}");
    }
}

fn rules(findings: &[Finding]) -> Vec<&'static str> {
    let mut rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

/// What `reeldrop package` makes keeps the rules as what the service publishes does.
#[test]
fn a_package_breaks_no_rule_that_is_in_a_packagers_hands() {
    for name in ["h264_aac_640x360_17s.mp4", "h264_aac_bbb_320x240_10s.mp4"] {
        let Some(clip) = clip("HLS of a package", name) else {
            return;
        };
        for layout in [Layout::Segments, Layout::SingleFile] {
            let mut keys = Keys::default();
            keys.add(None, Key::new([1; 16], [2; 16]));
            let settings = Settings {
                scheme: Scheme::Cbcs,
                keys,
                segment_ms: 6_000,
                clear_lead_ms: 0,
                layout,
                iv: None,
                key_uri: "key".to_owned(),
                license_uri: "license".to_owned(),
            };
            let folder = tempfile::tempdir().unwrap();
            package_file(&[Input::File(clip.clone())], &settings, folder.path()).unwrap();
            for stream in [STREAM, "stream-clearkey.m3u8"] {
                let mut findings = lint(&files(folder.path()), stream, None);
                findings.retain(|finding| !OF_THE_INPUT.contains(&finding.rule));
                assert!(
                    findings.is_empty(),
                    "{name}, {layout:?}, {stream}: {findings:#?}"
                );
            }
        }
    }
}

#[test]
fn a_real_title_breaks_no_rule_that_is_in_a_packagers_hands() {
    let Some(clip) = clip("HLS of a real title", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("export");
    let exported = bundle
        .run(&["export", &asset, out.to_str().unwrap()])
        .unwrap();
    assert!(exported.status.success());
    // Not the package alone: pictures and captions lie beside it, and may be there already.
    let ours = files(&out);
    let stream = format!("1/{STREAM}");
    let encodings = encodings(&added.hls.unwrap(), &ours);

    let mut findings = lint(&ours, &stream, Some(&encodings));
    print("Reeldrop", &findings);
    findings.retain(|finding| !OF_THE_SOURCE.contains(&finding.rule));
    assert!(findings.is_empty(), "{findings:#?}");

    let Some(shaka) = shaka() else {
        return print("Shaka Packager is not here (make test fetches it); it", &[]);
    };
    let theirs = lint(
        &package(&shaka, bundle.data(), &asset, folder.path()),
        STREAM,
        None,
    );
    print("Shaka Packager", &theirs);
    let musts = theirs
        .iter()
        .filter(|finding| finding.weight == Weight::Must);
    assert!(
        musts.count() > 0,
        "it is as good as ours now: say so in docs/measured.md"
    );
}
