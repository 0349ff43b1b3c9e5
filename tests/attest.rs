//! The script that signs images and says what they are, with a program in place of cosign.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

const KEY: &str = "projects/p/locations/l/keyRings/r/cryptoKeys/attestor/cryptoKeyVersions/1";

/// Notes what it is called with, and keeps the last predicate. Reads its input, as cosign would.
const COSIGN: &str = r#"#!/usr/bin/env bash
cat >/dev/null
echo "$* into $COSIGN_REPOSITORY" >>"$CALLS"
while [ $# -gt 1 ]; do
  [ "$1" != --predicate ] || cp "$2" "$PREDICATE"
  shift
done
"#;

/// What `sbom` says of an image with a crate and libraries of another image.
const SBOM: &str = r#"{"packages": [
  {"externalRefs": [{"referenceLocator": "pkg:cargo/ort@2.0.0"}]},
  {"externalRefs": [{"referenceLocator": "pkg:oci/cuda@sha256:dd?tag=12"}], "checksums": [{"checksumValue": "dd"}]}
]}"#;

struct Desk(TempDir);

impl Desk {
    fn new(digests: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let cosign = desk.path("cosign");
        fs::write(&cosign, COSIGN).unwrap();
        fs::set_permissions(&cosign, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(desk.path("digests"), digests).unwrap();
        for (target, sbom) in [("probe", "{}"), ("analyze-cuda", SBOM)] {
            fs::write(desk.path(&format!("{target}.spdx.json")), sbom).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    fn attest(&self) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/scripts/attest");
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .arg(script)
            .args([self.path("digests"), self.path(""), KEY.into()])
            .env("PATH", format!("{}:{path}", self.0.path().display()))
            .env("CALLS", self.path("calls"))
            .env("PREDICATE", self.path("predicate"))
            .env("COSIGN_REPOSITORY", "registry.example/signatures/images")
            .env("PROJECT_ID", "p")
            .env("LOCATION", "europe-west4")
            .env("BUILD_ID", "b-1")
            .env("COMMIT_SHA", "c0ffee")
            .env("REPO_FULL_NAME", "example/reeldrop")
            .output()
            .unwrap()
    }
}

#[test]
fn every_image_is_signed_and_says_what_is_in_it_and_what_it_was_built_from() {
    let desk = Desk::new(
        "probe registry.example/probe@sha256:aa\nanalyze-cuda registry.example/analyze-cuda@sha256:bb\n",
    );
    let output = desk.attest();
    assert!(output.status.success(), "{output:?}");
    let calls = desk.calls();
    let expected = [
        ("sign ", "probe@sha256:aa"),
        ("--type spdxjson", "probe@sha256:aa"),
        ("--type slsaprovenance1", "probe@sha256:aa"),
        ("sign ", "analyze-cuda@sha256:bb"),
        ("--type spdxjson", "analyze-cuda@sha256:bb"),
        ("--type slsaprovenance1", "analyze-cuda@sha256:bb"),
    ];
    assert_eq!(calls.len(), expected.len(), "{calls:?}");
    for (call, (what, image)) in calls.iter().zip(expected) {
        assert!(call.contains(what) && call.contains(image), "{call}");
        assert!(call.contains(&format!("--key gcpkms://{KEY}")), "{call}");
        assert!(call.contains("--tlog-upload=false"), "{call}");
        assert!(
            call.ends_with("into registry.example/signatures/images"),
            "{call}"
        );
    }
    let predicate: Value =
        serde_json::from_slice(&fs::read(desk.path("predicate")).unwrap()).unwrap();
    let definition = &predicate["buildDefinition"];
    assert_eq!(definition["externalParameters"]["target"], "analyze-cuda");
    assert_eq!(
        definition["resolvedDependencies"][0]["digest"]["gitCommit"],
        "c0ffee"
    );
    let image = &definition["resolvedDependencies"][1];
    assert_eq!(image["uri"], "pkg:oci/cuda@sha256:dd?tag=12");
    assert_eq!(image["digest"]["sha256"], "dd");
    assert!(definition["resolvedDependencies"][2].is_null());
    let run = &predicate["runDetails"];
    assert!(
        run["builder"]["id"]
            .as_str()
            .unwrap()
            .ends_with("projects/p/locations/europe-west4")
    );
    assert!(
        run["metadata"]["invocationId"]
            .as_str()
            .unwrap()
            .ends_with("/builds/b-1")
    );
}

#[test]
fn what_is_not_known_exactly_is_not_signed() {
    for (line, says) in [
        ("probe registry.example/probe:0.1.0\n", "no digest"),
        (
            "portal registry.example/portal@sha256:aa\n",
            "portal.spdx.json is missing",
        ),
    ] {
        let desk = Desk::new(line);
        let output = desk.attest();
        assert!(!output.status.success(), "{line}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{said}");
        assert_eq!(desk.calls(), [""; 0], "{line}");
    }
}
