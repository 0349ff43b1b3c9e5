//! Deployments that are wrong in one place.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    deployment::{Deployment, name},
    render::root,
};

/// One change that a rule must refuse.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    #[serde(skip)]
    pub(crate) file: String,
    /// The rule that must refuse it.
    pub(crate) rule: String,
    /// Part of what it must say.
    pub(crate) says: String,
    kind: String,
    name: String,
    /// Where in that object: a JSON pointer. Empty is the object itself.
    at: String,
    /// What to put there; without it, what is there is taken away.
    put: Option<Value>,
}

/// All fixtures.
pub(crate) fn all() -> Vec<Fixture> {
    let folder = root().join("tests/manifests/wrong");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut fixture: Fixture = yaml_serde::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        fixture.file = path.file_name().unwrap().to_string_lossy().into_owned();
        all.push(fixture);
    }
    all
}

impl Fixture {
    /// The deployment with this change.
    pub(crate) fn applied_to(&self, sound: &Deployment) -> Deployment {
        let mut deployment = sound.clone();
        let place = deployment
            .objects
            .iter()
            .position(|object| object["kind"] == self.kind.as_str() && name(object) == self.name)
            .unwrap_or_else(|| panic!("{}: no {} {}", self.file, self.kind, self.name));
        if self.at.is_empty() {
            deployment.objects.remove(place);
            deployment.objects.extend(self.put.clone());
            return deployment;
        }
        let (parent, key) = self.at.rsplit_once('/').unwrap();
        let parent = deployment.objects[place]
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("{}: nothing at {parent}", self.file));
        let key = key.replace("~1", "/");
        match (parent, &self.put) {
            (Value::Array(items), put) => {
                let place: usize = key.parse().unwrap();
                match put {
                    Some(put) => items[place] = put.clone(),
                    None => drop(items.remove(place)),
                }
            }
            (Value::Object(fields), Some(put)) => {
                fields.insert(key, put.clone());
            }
            (Value::Object(fields), None) => {
                assert!(fields.remove(&key).is_some(), "{}: no {key}", self.file);
            }
            (other, _) => panic!("{}: {other} has no fields", self.file),
        }
        deployment
    }
}
