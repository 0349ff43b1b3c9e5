//! The deployment's script, with programs in place of the cloud's that remember how they were called.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

const DIGEST: &str = "registry.example/reeldrop/probe@sha256:5d1f";

const KUBECTL: &str = r#"#!/usr/bin/env bash
echo "kubectl $*" >>"$CALLS"
case "$*" in
  "kustomize knative/"*) printf 'kind: Service\nimage: %s\n---\nimage: gcr.io/proxy:2\n' "$IMAGE" ;;
  "kustomize triggers/sources/"*) printf 'kind: ContainerSource\n  - image: %s\n' "$IMAGE" ;;
  "kustomize triggers/"*) echo 'kind: Trigger' ;;
  *" apply "*|"apply "*) cat "${@: -1}" >>"$APPLIED" ;;
  *"condition=Ready --timeout=600s") exit "$UNREADY" ;;
  *"get services.serving.knative.dev portal"*) echo portal-00001 ;;
  *port-forward*) sleep 30 ;;
esac
"#;

/// Storage that holds what was copied to it, by the last part of its address.
const GCLOUD: &str = r#"#!/usr/bin/env bash
echo "gcloud $*" >>"$CALLS"
from=$3 to=$4
[ "${from#gs://}" = "$from" ] || from=$STORE/$(basename "$from")
[ "${to#gs://}" = "$to" ] || to=$STORE/$(basename "$to")
cp "$from" "$to"
"#;

/// The portal: whatever was dropped last is in the given state.
const CURL: &str = r#"#!/usr/bin/env bash
echo "curl $*" >>"$CALLS"
case "$*" in
  *api/assets) echo "{\"assets\":[{\"file\":\"$(basename "$STORE"/smoke-*)\",\"asset\":\"id-1\",\"state\":\"$STATE\"}]}" ;;
esac
"#;

struct Cloud(TempDir);

impl Cloud {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Self(folder);
        fs::create_dir_all(cloud.path("bin")).unwrap();
        fs::create_dir_all(cloud.path("store")).unwrap();
        for (name, text) in [("kubectl", KUBECTL), ("gcloud", GCLOUD), ("curl", CURL)] {
            let program = cloud.path("bin").join(name);
            fs::write(&program, text).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(cloud.path("digests"), format!("probe {DIGEST}\n")).unwrap();
        fs::write(cloud.path("clip.mp4"), "a clip").unwrap();
        fs::write(cloud.path("applied"), "").unwrap();
        cloud
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Deploys where the overlay names `image`, pods become ready or not, and titles end in `state`.
    fn deploy(&self, image: &str, ready: bool, state: &str) -> Output {
        self.deploy_with("", image, ready, state)
    }

    /// The same, with a source of uploads beside it.
    fn deploy_with(&self, source: &str, image: &str, ready: bool, state: &str) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/scripts/deploy");
        let path = format!(
            "{}:{}",
            self.path("bin").display(),
            std::env::var("PATH").unwrap()
        );
        Command::new("bash")
            .arg(script)
            .args(["gke", "kafka"])
            .args([self.path("digests"), self.path("clip.mp4")])
            .args(["uploads", "build"])
            .env("PATH", path)
            .env("CALLS", self.path("calls"))
            .env("APPLIED", self.path("applied"))
            .env("STORE", self.path("store"))
            .env("IMAGE", image)
            .env("UNREADY", if ready { "0" } else { "1" })
            .env("STATE", state)
            .env("REELDROP_SMOKE_SECONDS", "3")
            .env("REELDROP_SOURCE", source)
            .output()
            .unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_deployment_whose_clip_is_ready_is_kept_for_the_next_one_to_go_back_to() {
    let cloud = Cloud::new();
    let output = cloud.deploy(
        "europe-docker.example/p/reeldrop/probe:0.1.0",
        true,
        "ready",
    );
    assert!(output.status.success(), "{}", text(&output));
    let applied = cloud.read("applied");
    assert!(applied.contains(&format!("image: {DIGEST}\n")), "{applied}");
    assert!(
        applied.contains("image: gcr.io/proxy:2\n"),
        "other images stay: {applied}"
    );
    assert!(!applied.contains("ContainerSource"), "{applied}");
    assert_eq!(cloud.read("store/manifests.yaml"), applied);
    let calls = cloud.read("calls");
    assert!(
        calls.contains("-X DELETE"),
        "the clip's title is taken away:\n{calls}"
    );
}

#[test]
fn a_source_of_uploads_is_deployed_with_the_same_images() {
    let cloud = Cloud::new();
    let output = cloud.deploy_with("pubsub-pull", "reeldrop/probe:0.1.0", true, "ready");
    assert!(output.status.success(), "{}", text(&output));
    let applied = cloud.read("applied");
    let expected = format!("kind: ContainerSource\n  - image: {DIGEST}\n");
    assert!(applied.contains(&expected), "{applied}");
    assert!(
        cloud
            .read("calls")
            .contains("kustomize triggers/sources/pubsub-pull"),
        "{applied}"
    );
}

#[test]
fn what_was_there_is_put_back_where_pods_or_the_clip_fail() {
    for (ready, state) in [(false, "ready"), (true, "failed"), (true, "processing")] {
        let cloud = Cloud::new();
        fs::write(cloud.path("store/manifests.yaml"), "kind: Before\n").unwrap();
        let output = cloud.deploy("reeldrop/probe", ready, state);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{ready} {state}: {}",
            text(&output)
        );
        assert!(
            cloud.read("applied").ends_with("kind: Before\n"),
            "{ready} {state}"
        );
        assert_eq!(cloud.read("store/manifests.yaml"), "kind: Before\n");
    }
}

#[test]
fn the_first_deployment_that_fails_says_that_there_is_nothing_to_go_back_to() {
    let output = Cloud::new().deploy("reeldrop/probe", true, "failed");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("Nothing was deployed before"),
        "{}",
        text(&output)
    );
}

#[test]
fn an_overlay_without_a_functions_image_is_not_applied() {
    let cloud = Cloud::new();
    let output = cloud.deploy("reeldrop/another", true, "ready");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("The overlay gke has no image of probe"),
        "{}",
        text(&output)
    );
    assert_eq!(cloud.read("applied"), "");
}
