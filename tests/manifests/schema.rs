//! Kubernetes' own schemas, through `kubernetes-validate` (PyPI), strictly.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::deployment::{Deployment, name};

const CORE: [&str; 3] = ["v1", "apps/v1", "networking.k8s.io/v1"];

/// The validating program.
pub(crate) struct Validator(String);

impl Validator {
    /// `REELDROP_KUBERNETES_VALIDATE`, or the one on the path; says so where there is none.
    pub(crate) fn find() -> Option<Self> {
        let program = std::env::var("REELDROP_KUBERNETES_VALIDATE")
            .unwrap_or_else(|_| "kubernetes-validate".to_owned());
        let ran = Command::new(&program).arg("--version").output();
        if ran.is_ok_and(|output| output.status.success()) {
            return Some(Self(program));
        }
        eprintln!(
            "skipped: {program} is not there (pip install kubernetes-validate, or name it in \
             REELDROP_KUBERNETES_VALIDATE), so no object was held against Kubernetes' schemas"
        );
        None
    }

    /// What does not fit.
    pub(crate) fn check(&self, objects: &[Value]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("objects.yaml");
        let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
        fs::write(&file, documents.join("\n---\n")).unwrap();
        let output = Command::new(&self.0)
            .args(["--strict", "--quiet"])
            .arg(&file)
            .output()
            .unwrap();
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        Err(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The objects of Kubernetes' own kinds, and each Knative Service's pods as Serving will make them.
pub(crate) fn core_objects(deployment: &Deployment) -> Vec<Value> {
    let mut objects: Vec<Value> = deployment
        .objects
        .iter()
        .filter(|object| CORE.iter().any(|version| object["apiVersion"] == *version))
        .cloned()
        .collect();
    objects.extend(deployment.functions().map(pod));
    objects.extend(deployment.of_kind("ContainerSource").map(|source| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name(source), "namespace": "reeldrop"},
            "spec": source["spec"]["template"]["spec"],
        })
    }));
    objects
}

fn pod(service: &Value) -> Value {
    let mut spec = service["spec"]["template"]["spec"].clone();
    let fields = spec.as_object_mut().unwrap();
    for of_knative in ["containerConcurrency", "timeoutSeconds"] {
        fields.remove(of_knative);
    }
    spec["containers"][0]["name"] = "user-container".into();
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        if let Some(get) = spec["containers"][0].pointer_mut(&format!("/{probe}/httpGet")) {
            // Serving fills in the port.
            get["port"] = 8080.into();
        }
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name(service), "namespace": "reeldrop"},
        "spec": spec,
    })
}
