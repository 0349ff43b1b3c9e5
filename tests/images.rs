//! The script that builds images, with a program in place of buildah that remembers what it was given.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// Keeps the file and the context of each build, by the image's name.
const BUILDAH: &str = r#"#!/usr/bin/env bash
case "$1" in
  build)
    while [ $# -gt 1 ]; do
      case "$1" in
        --file) file=$2 ;;
        --tag) name=${2##*/} ;;
        --build-arg) echo "$2" >>"$BUILT/arguments" ;;
      esac
      shift
    done
    mkdir -p "$BUILT/${name%:*}"
    cp "$file" "$BUILT/${name%:*}/Containerfile"
    (cd "$1" && find . -type f | sort) >"$BUILT/${name%:*}/files"
    cp "$1"/*.spdx.json "$BUILT/${name%:*}/sbom.json"
    if [ -e "$1/transcribe" ]; then cp "$1/transcribe" "$BUILT/${name%:*}/program"; fi
    ;;
  # Every image but the bases is pulled before it is looked at.
  pull) touch "$BUILT/pulled-$(basename "$3")" ;;
  inspect) case "${@: -1}" in
    localhost/*) ;;
    *) [ -e "$BUILT/pulled-$(basename "${@: -1}")" ] && echo "sha256:$DIGEST" ;;
  esac ;;
  push)
    archive=${@: -1}
    archive=${archive#oci-archive:}
    echo "an image" >"${archive%%:*}"
    ;;
esac
"#;

/// `reeldrop models verify --folder FOLDER`.
const REELDROP: &str = r#"#!/usr/bin/env bash
[ "$*" = "models verify --folder $4" ] || exit 2
! grep -l broken "$4"/*
"#;

/// Of "a model".
const MODEL_SHA256: &str = "97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c";

/// As a library says its version.
const VERSION: &str = "VERS_1.31.0";

const LIBRARY_SHA256: &str = "8ff16936a0468be20bfdab1cb9566b45e7911ee12c59602c5850c7d6ca5288be";

/// Of "a library of CUDA".
const CUDA_SHA256: &str = "35d49eafb7f0b8c23dc7729cb837d69ce0ee7dcb6892418e840682c7c9fd9894";

/// Of one of CUDA's folders, and what transcribe does not call.
const CUDA: [&str; 10] = [
    "libcublas.so.13",
    "libcublasLt.so.13",
    "libcudart.so.13",
    "libcudnn.so.9",
    "libcudnn_ops.so.9",
    "libcufft.so.12",
    "libcurand.so.10",
    "libnvblas.so.13",
    "libnvrtc.so.13",
    "libnvrtc-builtins.so.13.5",
];

/// Of every image of others.
const DIGEST: &str = "ab01";

struct Workshop(TempDir);

impl Workshop {
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().unwrap());
        shop.program("bin/buildah", BUILDAH);
        shop.program("bin/mmdebstrap", "#!/bin/sh\n");
        for function in ["analyze", "portal", "transcribe"] {
            shop.program(&format!("programs/{function}"), "a program");
        }
        shop.program("programs/reeldrop", REELDROP);
        shop.program("programs/cuda/transcribe", "a program with CUDA");
        shop.write("models/yolox_nano.onnx", "a model");
        shop.write("models/ggml-tiny.bin", "a model");
        for base in ["light", "media"] {
            let packages = format!("images/{base}.packages.tsv");
            shop.write(&packages, "libc6\t2.36-9\tamd64\n");
        }
        for library in [
            "libonnxruntime.so",
            "libonnxruntime_providers_shared.so",
            "libonnxruntime_providers_cuda.so",
        ] {
            shop.write(&format!("onnxruntime-gpu/{library}"), VERSION);
        }
        let mut told = String::new();
        for library in CUDA {
            shop.write(&format!("cuda/lib/{library}"), "a library of CUDA");
            told.push_str(library);
            told.push_str("\tnvidia-cublas\t13.10.0.20\tLicenseRef-NVIDIA-Proprietary\n");
        }
        shop.write("cuda/libraries.tsv", &told);
        fs::create_dir(shop.path("built")).unwrap();
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn build(&self, arguments: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .arg(root().join("local/scripts/images"))
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("BUILT", self.path("built"))
            .env("DIGEST", DIGEST)
            .env("REELDROP_IMAGES", self.path("images"))
            .env("REELDROP_PROGRAMS", self.path("programs"))
            .env("REELDROP_CUDA_PROGRAMS", self.path("programs/cuda"))
            .env("REELDROP_CUDA", self.path("cuda"))
            .env("REELDROP_MODELS", self.path("models"))
            .env("REELDROP_ONNXRUNTIME_GPU", self.path("onnxruntime-gpu"))
            .env_remove("REELDROP_REGISTRY")
            .env_remove("REELDROP_TAG")
            .output()
            .unwrap()
    }

    fn built(&self, name: &str) -> String {
        fs::read_to_string(self.path("built").join(name)).unwrap()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_image_for_a_card_has_its_libraries_its_models_and_all_of_it_in_its_bill_of_materials() {
    let shop = Workshop::new();
    let output = shop.build(&["--gpu", "analyze-cuda"]);
    assert!(output.status.success(), "{}", text(&output));
    let stages = shop.built("analyze-cuda/Containerfile");
    let from: Vec<_> = stages
        .lines()
        .filter(|line| line.starts_with("FROM"))
        .collect();
    assert_eq!(
        from,
        [
            "FROM ${MEDIA} AS media",
            "FROM media AS models",
            "FROM models AS models-cuda",
            "FROM models-cuda AS onnxruntime-cuda",
            "FROM onnxruntime-cuda AS analyze-cuda"
        ]
    );
    let files = shop.built("analyze-cuda/files");
    for file in [
        "./analyze\n",
        "./models/yolox_nano.onnx\n",
        "./libonnxruntime.so\n",
        "./libonnxruntime_providers_cuda.so\n",
        "./cuda/libcudnn_ops.so.9\n",
        "./cuda/libnvrtc-builtins.so.13.5\n",
        "./analyze-cuda.spdx.json\n",
    ] {
        assert!(files.contains(file), "{file} is not in\n{files}");
    }
    assert!(
        !files.contains("ggml"),
        "of the models only its own:\n{files}"
    );
    assert!(!files.contains("nvblas"), "of CUDA what it calls:\n{files}");
    let sbom = shop.built("analyze-cuda/sbom.json");
    for part in [
        "pkg:deb/debian/libc6@2.36-9",
        "pkg:pypi/onnxruntime-gpu@1.31.0",
        "pkg:cargo/ort@",
        "pkg:cargo/google-cloud-storage@",
    ] {
        assert!(
            sbom.contains(part),
            "{part} is not in the bill of materials"
        );
    }
    assert!(!sbom.contains("(*)"), "cargo's marks are no licences");
    assert!(!sbom.contains("pkg:oci"), "it copies from nobody");
}

#[test]
fn transcribe_for_a_card_has_the_program_with_cuda_and_only_what_that_calls() {
    let shop = Workshop::new();
    let output = shop.build(&["transcribe-cuda"]);
    assert!(output.status.success(), "{}", text(&output));
    let files = shop.built("transcribe-cuda/files");
    let libraries: Vec<_> = files
        .lines()
        .filter(|file| file.contains("/cuda/"))
        .collect();
    let expected = ["libcublas.so.13", "libcublasLt.so.13", "libcudart.so.13"];
    assert_eq!(
        libraries,
        expected.map(|library| format!("./cuda/{library}"))
    );
    assert_eq!(shop.built("transcribe-cuda/program"), "a program with CUDA");
    assert!(
        shop.built("transcribe-cuda/sbom.json")
            .contains("pkg:pypi/nvidia-cublas@13.10.0.20")
    );
}

#[test]
fn what_is_copied_from_images_of_others_is_taken_by_digest() {
    let shop = Workshop::new();
    let library = "onnxruntime-gpu/libonnxruntime_providers_tensorrt.so";
    shop.write(library, VERSION);
    let output = shop.build(&["analyze-tensorrt"]);
    assert!(output.status.success(), "{}", text(&output));
    let sbom = shop.built("analyze-tensorrt/sbom.json");
    let image = "pkg:oci/tensorrt@sha256:ab01?repository_url=nvcr.io/nvidia/tensorrt&tag=25.09-py3";
    assert!(sbom.contains(image), "{sbom}");
    let pinned = shop.built("arguments");
    assert_eq!(pinned, "TENSORRT=nvcr.io/nvidia/tensorrt@sha256:ab01\n");
}

#[test]
fn models_and_their_runtime_are_in_the_bill_of_materials_with_their_origin() {
    let shop = Workshop::new();
    let output = shop.build(&["analyze-cuda"]);
    assert!(output.status.success(), "{}", text(&output));
    let sbom = serde_json::from_str(&shop.built("analyze-cuda/sbom.json"));
    let sbom: serde_json::Value = sbom.unwrap();
    let packages = sbom["packages"].as_array().unwrap();
    for (name, file, version, sha256, licence, from) in [
        (
            "yolox-nano",
            None,
            &MODEL_SHA256[..8],
            MODEL_SHA256,
            "Apache-2.0",
            "pkg:generic/yolox-nano@",
        ),
        (
            "onnxruntime-gpu",
            Some("libonnxruntime.so"),
            "1.31.0",
            LIBRARY_SHA256,
            "MIT",
            "pkg:pypi/onnxruntime-gpu@1.31.0",
        ),
        (
            "onnxruntime-gpu",
            Some("libonnxruntime_providers_cuda.so"),
            "1.31.0",
            LIBRARY_SHA256,
            "MIT",
            "pkg:pypi/onnxruntime-gpu@1.31.0",
        ),
        (
            "nvidia-cublas",
            Some("libcublasLt.so.13"),
            "13.10.0.20",
            CUDA_SHA256,
            "LicenseRef-NVIDIA-Proprietary",
            "pkg:pypi/nvidia-cublas@13.10.0.20",
        ),
    ] {
        let is_it = |package: &&serde_json::Value| {
            package["name"] == name && package["packageFileName"].as_str() == file
        };
        let package = packages.iter().find(is_it);
        let package = package.unwrap_or_else(|| panic!("{name} {file:?} is missing"));
        assert_eq!(package["versionInfo"], version, "{name}");
        assert_eq!(package["checksums"][0]["checksumValue"], sha256, "{name}");
        assert_eq!(package["licenseDeclared"], licence, "{name}");
        let origin = package["externalRefs"][0]["referenceLocator"].as_str();
        assert!(origin.unwrap().starts_with(from), "{name}: {origin:?}");
    }
    let yolox = packages
        .iter()
        .find(|package| package["name"] == "yolox-nano");
    let download = yolox.unwrap()["downloadLocation"].as_str().unwrap();
    assert!(download.starts_with("https://raw.githubusercontent.com/Bigisland1729/"));
}

#[test]
fn a_library_of_which_nothing_is_known_goes_into_no_image() {
    let shop = Workshop::new();
    shop.write("cuda/lib/libcudnn_new.so.9", "a library");
    let output = shop.build(&["analyze-cuda"]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("Nothing says what"),
        "{}",
        text(&output)
    );
    assert!(!shop.path("built/analyze-cuda").exists());
}

#[test]
fn a_runtime_that_does_not_say_what_it_is_goes_into_no_image() {
    let shop = Workshop::new();
    shop.write("onnxruntime-gpu/libonnxruntime.so", "a library");
    let output = shop.build(&["analyze-cuda"]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("which ONNX Runtime"));
    assert!(!shop.path("built/analyze-cuda").exists());
}

#[test]
fn an_image_without_a_card_copies_from_nobody() {
    let shop = Workshop::new();
    let output = shop.build(&["portal", "transcribe"]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        shop.built("portal/Containerfile").matches("FROM").count(),
        2
    );
    assert_eq!(shop.built("portal/files"), "./portal\n./portal.spdx.json\n");
    assert!(!shop.built("portal/sbom.json").contains("pkg:oci"));
    assert!(
        shop.built("transcribe/files")
            .contains("./models/ggml-tiny.bin\n")
    );
    assert!(text(&output).contains("MB compressed"), "{}", text(&output));
}

#[test]
fn each_function_has_an_image_and_those_that_use_cards_another() {
    let shop = Workshop::new();
    let functions: BTreeSet<_> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    let list = |arguments: &[&str]| {
        let output = shop.build(arguments);
        let lines = text(&output);
        lines.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(list(&["--list"]), functions);
    let others: BTreeSet<_> = list(&["--gpu", "--list"])
        .difference(&functions)
        .cloned()
        .collect();
    let expected = ["analyze-cuda", "transcode-nvenc", "transcribe-cuda"].map(str::to_owned);
    assert_eq!(others, BTreeSet::from(expected));
}

#[test]
fn a_model_that_is_not_what_the_registry_says_goes_into_no_image() {
    let shop = Workshop::new();
    shop.write("models/ggml-tiny.bin", "broken");
    let output = shop.build(&["transcribe"]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(!shop.path("built/transcribe").exists());
}

#[test]
fn what_is_missing_is_said() {
    let shop = Workshop::new();
    fs::remove_dir_all(shop.path("onnxruntime-gpu")).unwrap();
    fs::remove_file(shop.path("programs/cuda/transcribe")).unwrap();
    for (target, says) in [
        ("analyze-cuda", "ONNX Runtime is missing"),
        ("transcribe-cuda", "make cuda"),
        ("portal-cuda", "There is no target portal-cuda"),
    ] {
        let output = shop.build(&[target]);
        assert_eq!(output.status.code(), Some(1), "{target}");
        assert!(text(&output).contains(says), "{}", text(&output));
    }
}
