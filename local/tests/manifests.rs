//! The real manifests against the code that they join, and the strictness of the reader.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{collections::BTreeSet, path::Path};

use reeldrop::manifests::{ManifestFile, Topology, embedded, in_folder};
use reeldrop_events::{
    AnalysisCompleted, AnalysisPlanned, AnalysisRequested, AnalysisSkipped, AssetAdvanced,
    AssetDeleted, AssetPublished, AudioPackaged, AudioPlanned, AudioRepackagePlanned,
    AudioTranscoded, CaptionsImported, CaptionsPlanned, ChunkAnalyzed, ChunkPackaged, ChunkPlanned,
    ChunkRepackagePlanned, ChunkTranscoded, ClosedCaptionsPlanned, CuesCompleted,
    DetectionsCompleted, DetectionsPlanned, ManifestsPlanned, MediaProbed, MediaRejected, Payload,
    PicturesPlanned, PosterCompleted, ReanalysisPlanned, RekeyRequested, RetryRequested,
    SpeechPlanned, SpeechTranscribed, StepFailed, SubtitlesPlanned, ThumbnailsCompleted,
    TranscriptCompleted, TranscriptSkipped, UploadFinalized,
};

const TYPES: &[&str] = &[
    AnalysisCompleted::TYPE,
    AnalysisPlanned::TYPE,
    AnalysisRequested::TYPE,
    AnalysisSkipped::TYPE,
    ChunkAnalyzed::TYPE,
    DetectionsCompleted::TYPE,
    DetectionsPlanned::TYPE,
    AssetAdvanced::TYPE,
    AssetDeleted::TYPE,
    AssetPublished::TYPE,
    AudioPackaged::TYPE,
    AudioPlanned::TYPE,
    AudioRepackagePlanned::TYPE,
    AudioTranscoded::TYPE,
    CaptionsImported::TYPE,
    CaptionsPlanned::TYPE,
    ChunkPackaged::TYPE,
    ChunkPlanned::TYPE,
    ChunkRepackagePlanned::TYPE,
    ChunkTranscoded::TYPE,
    ClosedCaptionsPlanned::TYPE,
    CuesCompleted::TYPE,
    ManifestsPlanned::TYPE,
    MediaProbed::TYPE,
    MediaRejected::TYPE,
    PicturesPlanned::TYPE,
    PosterCompleted::TYPE,
    ReanalysisPlanned::TYPE,
    RekeyRequested::TYPE,
    RetryRequested::TYPE,
    SpeechPlanned::TYPE,
    SpeechTranscribed::TYPE,
    StepFailed::TYPE,
    SubtitlesPlanned::TYPE,
    ThumbnailsCompleted::TYPE,
    TranscriptCompleted::TYPE,
    TranscriptSkipped::TYPE,
    UploadFinalized::TYPE,
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_manifests_of_production_are_understood_from_folder_and_program() {
    let from_folder = Topology::of(&in_folder(root()).unwrap()).unwrap();
    let from_program = Topology::of(&embedded()).unwrap();
    assert_eq!(from_folder.triggers.len(), from_program.triggers.len());
    assert_eq!(from_folder.services.len(), from_program.services.len());
}

#[test]
fn every_service_is_the_folder_of_a_function() {
    let topology = Topology::of(&in_folder(root()).unwrap()).unwrap();
    for name in topology.services.keys() {
        let folder = root().join("functions").join(name);
        assert!(
            folder.is_dir(),
            "there is no functions/{name} for the Service {name}"
        );
    }
}

#[test]
fn every_filter_names_an_event_type_and_every_trigger_says_how_it_delivers() {
    let topology = Topology::of(&in_folder(root()).unwrap()).unwrap();
    let mut caught: BTreeSet<&str> = BTreeSet::new();
    for trigger in &topology.triggers {
        let mut named = Vec::new();
        trigger
            .filters
            .iter()
            .for_each(|filter| filter.values_of("type", &mut named));
        assert!(!named.is_empty(), "{} names no event type", trigger.name);
        for ty in named {
            let known = TYPES
                .iter()
                .any(|known| known == &ty || ty == "io.reeldrop.");
            assert!(
                known,
                "{} waits for {ty}, which no payload has",
                trigger.name
            );
        }
        let takes = |ty: &&&str| trigger.takes(&|name| (name == "type").then_some(**ty));
        caught.extend(TYPES.iter().filter(takes));
        let delivery = &trigger.delivery;
        assert!(
            delivery.retry.is_some()
                && delivery.backoff_policy.is_some()
                && delivery.backoff_delay.is_some()
                && delivery.timeout.is_some()
                && trigger.dead_letter.is_some(),
            "{} must state retry, backoffPolicy, backoffDelay, timeout and deadLetterSink",
            trigger.name
        );
    }
    assert_eq!(caught.len(), TYPES.len(), "every event type goes somewhere");
}

/// The error for a manifest among otherwise sound ones.
fn refused(text: &str) -> String {
    let mut files = in_folder(root()).unwrap();
    files.push(ManifestFile {
        path: "triggers/wrong.yaml".to_owned(),
        text: text.to_owned(),
    });
    Topology::of(&files).unwrap_err().to_string()
}

const TRIGGER: &str = "apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: wrong}
spec:
  broker: reeldrop
  subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: probe}}
";

#[test]
fn an_unknown_field_is_an_error_that_names_file_and_field() {
    let error = refused(&format!("{TRIGGER}  delivery: {{retries: 3}}\n"));
    assert!(error.contains("triggers/wrong.yaml"), "{error}");
    assert!(
        error.contains("spec.delivery") && error.contains("retries"),
        "{error}"
    );
}

#[test]
fn what_knative_would_refuse_is_refused() {
    let cases = [
        ("  delivery: {backoffDelay: 200ms}", "200ms"),
        ("  delivery: {backoffPolicy: quadratic}", "quadratic"),
        (
            "  filters: [{exact: {type: a}, prefix: {type: b}}]",
            "exactly one of",
        ),
        ("  filters: [{cesql: 'true'}]", "cesql"),
        (
            "  delivery: {deadLetterSink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: gone}}}",
            "no Knative Service gone",
        ),
    ];
    for (spec, expected) in cases {
        let error = refused(&format!("{TRIGGER}{spec}\n"));
        assert!(error.contains(expected), "{spec}: {error}");
    }
    let error = refused(&TRIGGER.replace("name: probe", "name: gone"));
    assert!(
        error.contains("spec.subscriber: there is no Knative Service gone"),
        "{error}"
    );
    let error = refused(&TRIGGER.replace("broker: reeldrop", "broker: other"));
    assert!(error.contains("there is no Broker other"), "{error}");
    let error = refused("apiVersion: v1\nkind: Pod\n");
    assert!(error.contains("cannot run Pod of v1"), "{error}");
}

#[test]
fn of_several_containers_one_takes_requests() {
    let service = |containers: &str| {
        format!(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: wrong}}\n\
             spec: {{template: {{spec: {{containers: [{containers}]}}}}}}\n"
        )
    };
    for containers in [
        "",
        "{image: a}, {image: b}",
        "{image: a, ports: [{containerPort: 1}]}, {image: b, ports: [{containerPort: 2}]}",
    ] {
        let error = refused(&service(containers));
        assert!(error.contains("one of them with ports"), "{error}");
    }
    let mut files = in_folder(root()).unwrap();
    files.push(ManifestFile {
        path: "knative/beside.yaml".to_owned(),
        text: service("{image: proxy}, {image: a, ports: [{containerPort: 8080}]}"),
    });
    let topology = Topology::of(&files).unwrap();
    let container = topology.services["wrong"].container().unwrap();
    assert_eq!(container.image, "a");
}
