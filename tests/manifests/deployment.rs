//! All objects that are applied together.

use reeldrop::manifests::{ManifestError, ManifestFile, Topology};
use serde_json::Value;

const KNATIVE: [&str; 3] = [
    "serving.knative.dev/v1",
    "eventing.knative.dev/v1",
    "sources.knative.dev/v1",
];

/// What one `kubectl apply` after the other brings to a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) name: String,
    pub(crate) objects: Vec<Value>,
}

impl Deployment {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            objects: Vec::new(),
        }
    }

    /// Adds the documents that kustomize wrote.
    pub(crate) fn add(&mut self, documents: &str) {
        for document in documents.split("\n---\n") {
            let object = yaml_serde::from_str(document);
            self.objects
                .push(object.unwrap_or_else(|error| panic!("{}: {error}\n{document}", self.name)));
        }
    }

    /// Knative's Services; Kubernetes' own have the same kind.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Value> {
        self.of_kind("Service").filter(|object| is_function(object))
    }

    /// The pods: what they belong to, and their spec.
    pub(crate) fn pods(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let others = ["Deployment", "ContainerSource"].map(|kind| self.of_kind(kind));
        let owners = self.functions().chain(others.into_iter().flatten());
        owners.map(|owner| (owner, &owner["spec"]["template"]["spec"]))
    }

    /// Every container of every pod, with a name to tell it by.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (String, &Value)> {
        self.pods().flat_map(|(owner, spec)| {
            let containers = spec["containers"].as_array().into_iter().flatten();
            containers.map(move |container| match text(container, "/name") {
                named if named == name(owner) => (label(owner), container),
                "" => (name(owner).to_owned(), container),
                of_several => (format!("{} {of_several}", name(owner)), container),
            })
        })
    }

    /// Whether Serving's settings say so.
    pub(crate) fn serving_says(&self, map: &str, key: &str, value: &str) -> bool {
        let mut serving = self.of_kind("KnativeServing");
        serving.any(|serving| serving["spec"]["config"][map][key] == value)
    }

    /// The objects of a kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects
            .iter()
            .filter(move |object| object["kind"] == kind)
    }

    /// The object of this kind and name.
    pub(crate) fn object(&self, kind: &str, name: &str) -> Option<&Value> {
        let mut objects = self.objects.iter();
        objects.find(|object| object["kind"] == kind && self::name(object) == name)
    }

    /// The topology as the one-machine runner reads it, from the kinds that it knows.
    pub(crate) fn topology(&self) -> Result<Topology, ManifestError> {
        let known = |object: &&Value| {
            object["kind"] == "ServiceAccount"
                || (KNATIVE
                    .iter()
                    .any(|version| object["apiVersion"] == *version)
                    && object["kind"] != "ContainerSource")
        };
        let file = |object: &Value| ManifestFile {
            path: label(object),
            text: object.to_string(),
        };
        let files: Vec<_> = self.objects.iter().filter(known).map(file).collect();
        Topology::of(&files)
    }
}

/// An object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// What messages call an object.
pub(crate) fn label(object: &Value) -> String {
    format!("{} {}", text(object, "/kind"), name(object))
}

/// The text at a place, empty where there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn is_function(object: &Value) -> bool {
    object["apiVersion"] == "serving.knative.dev/v1"
}

/// The container of a function that requests go to: the only one, or the one that has a port.
pub(crate) fn container(function: &Value) -> &Value {
    let containers = &function["spec"]["template"]["spec"]["containers"];
    let mut all = containers.as_array().into_iter().flatten();
    let serving = all.find(|container| container["ports"].is_array());
    serving.unwrap_or(&containers[0])
}

/// An annotation of a Service's revisions.
pub(crate) fn annotation<'a>(service: &'a Value, name: &str) -> Option<&'a str> {
    service["spec"]["template"]["metadata"]["annotations"][name].as_str()
}

/// An autoscaling annotation as a number.
pub(crate) fn scale(service: &Value, name: &str) -> Option<u32> {
    annotation(service, &format!("autoscaling.knative.dev/{name}"))?
        .parse()
        .ok()
}
