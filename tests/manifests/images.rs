//! The images that manifests name, against the targets of Containerfile.

use std::{collections::BTreeMap, fs};

use crate::{
    DEPLOYMENTS,
    deployment::{container, label, name, text},
    render::root,
};

const GPU: &str = "nvidia.com/gpu";

/// The stages by name, without what they are made from and comments.
fn stages() -> BTreeMap<String, Vec<String>> {
    let file = fs::read_to_string(root().join("Containerfile")).unwrap();
    let file = file.replace("\\\n", "");
    let mut stages = BTreeMap::new();
    let mut of = None;
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some(from) = line.strip_prefix("FROM ") {
            let (base, stage) = from.split_once(" AS ").unwrap();
            stages.insert(stage.to_owned(), vec![base.to_owned()]);
            of = Some(stage.to_owned());
        } else if let Some(stage) = &of
            && !line.is_empty()
        {
            stages.get_mut(stage).unwrap().push(line.to_owned());
        }
    }
    stages
}

/// What a stage is made from in the end, and all its lines.
fn whole<'a>(stages: &'a BTreeMap<String, Vec<String>>, stage: &str) -> (&'a str, Vec<&'a str>) {
    let (base, own) = stages[stage].split_first().unwrap();
    let own = own.iter().map(String::as_str);
    match stages.contains_key(base) {
        true => {
            let (root, mut lines) = whole(stages, base);
            lines.extend(own);
            (root, lines)
        }
        false => (base, own.collect()),
    }
}

#[test]
fn every_image_runs_its_program_as_nobody_and_says_what_is_in_it() {
    let mut images = 0;
    let stages = stages();
    for stage in stages.keys() {
        let (root, lines) = whole(&stages, stage);
        if !["${LIGHT}", "${MEDIA}"].contains(&root) {
            assert!(
                lines.is_empty(),
                "{stage}: another's image is only copied from"
            );
            continue;
        }
        let sbom = format!("COPY {stage}.spdx.json /usr/share/sbom/");
        if stages.values().any(|other| other[0] == *stage) {
            assert!(!lines.contains(&sbom.as_str()), "{stage} is no image");
            continue;
        }
        images += 1;
        let function = ["-cuda", "-tensorrt", "-nvenc"]
            .iter()
            .find_map(|card| stage.strip_suffix(card))
            .unwrap_or(stage);
        let entry = format!("ENTRYPOINT [\"/usr/bin/{function}\"]");
        let program = format!("COPY {function} /usr/bin/{function}");
        for line in ["USER 65532:65532", &entry, &sbom, &program] {
            assert!(lines.contains(&line), "{stage} has no {line}");
        }
        let has_models = lines.iter().any(|line| line.starts_with("COPY models "));
        let wants_models = ["analyze", "transcribe"].contains(&function);
        assert_eq!(has_models, wants_models, "{stage}");
        let has_card = stage != function;
        let finds_driver = |line: &&str| {
            line.starts_with("ENV LD_LIBRARY_PATH=") && line.contains("/usr/local/nvidia/lib64")
        };
        assert_eq!(lines.iter().any(finds_driver), has_card, "{stage}");
    }
    assert!(images > 9, "{images}");
}

#[test]
fn images_of_others_have_exact_tags() {
    let file = fs::read_to_string(root().join("Containerfile")).unwrap();
    let others = file.lines().filter_map(|line| line.strip_prefix("ARG "));
    for argument in others {
        let (_, image) = argument.split_once('=').unwrap();
        let tag = image.rsplit_once(':').map(|(_, tag)| tag);
        let exact = tag.is_some_and(|tag| tag.starts_with(|digit: char| digit.is_ascii_digit()));
        assert!(exact || image.starts_with("localhost/"), "{image}");
    }
}

#[test]
fn every_deployment_runs_images_that_can_be_built_and_fit_their_nodes() {
    let stages = stages();
    for folders in DEPLOYMENTS {
        let Some(deployment) = crate::deployment(folders) else {
            return;
        };
        let sources = deployment.of_kind("ContainerSource");
        for function in deployment.functions().chain(sources) {
            let container = container(function);
            let image = text(container, "/image").rsplit('/').next().unwrap();
            let target = image.split([':', '@']).next().unwrap();
            let at = format!("{}: {}", deployment.name, label(function));
            assert!(stages.contains_key(target), "{at}: no target {target}");
            let with_card = target
                .strip_prefix(name(function))
                .is_some_and(|rest| !rest.is_empty());
            let has_card = !container["resources"]["limits"][GPU].is_null();
            assert_eq!(with_card, has_card, "{at}: {target}");
        }
    }
}
