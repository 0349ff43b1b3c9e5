//! The document that describes the API.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::Stage;

const PATHS: [&str; 27] = [
    "/api/assets",
    "/api/assets/{id}",
    "/api/assets/{id}/analysis",
    "/api/assets/{id}/captions",
    "/api/assets/{id}/detections",
    "/api/assets/{id}/events",
    "/api/assets/{id}/key",
    "/api/assets/{id}/key.cpix",
    "/api/assets/{id}/packages/{package}/key",
    "/api/assets/{id}/packages/{package}/license",
    "/api/assets/{id}/rekey",
    "/api/assets/{id}/retry",
    "/api/assets/{id}/source",
    "/api/events",
    "/api/keys/rewrap",
    "/api/search",
    "/api/time",
    "/api/uploads",
    "/api/uploads/{id}",
    "/api/uploads/{id}/abort",
    "/api/uploads/{id}/complete",
    "/api/uploads/{id}/parts",
    "/packaging/",
    "/packaging/packaged_content",
    "/packaging/packaged_content/{id}",
    "/packaging/packaged_content_id/{id}",
    "/packaging/success",
];

#[tokio::test]
async fn the_document_lists_every_path_and_all_its_references_lead_somewhere() {
    let stage = Stage::new().await;
    let (status, document) = stage.get_json("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let listed: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(listed, BTreeSet::from(PATHS));
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_answers() {
    let stage = Stage::new().await;
    let (_, document) = stage.get_json("/openapi.json").await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(
                !operation["responses"].as_object().unwrap().is_empty(),
                "{method} {path}"
            );
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                references.push(reference.clone());
            }
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
