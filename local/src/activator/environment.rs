//! The environment of a function: what its manifest says, answered by the runner.

use std::collections::BTreeMap;

use crate::manifests::{EnvVar, KeyRef, NameRef, Service};

/// Name of the ConfigMap and of the Secret that the manifests refer to.
const OBJECT: &str = "reeldrop";

/// What the ConfigMap and the Secret `reeldrop` hold on one machine, by key. A key without a value is
/// known and left unset.
#[derive(Clone, Debug, Default)]
pub struct Values(pub BTreeMap<&'static str, Option<String>>);

/// A manifest asks for a value that the runner does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Service {service}: variable {variable} stands in {object}, key {key}, which this machine does not have"
)]
pub struct MissingValue {
    service: String,
    variable: String,
    object: String,
    key: String,
}

/// The variables that a Service's manifest gives it; `sink` is the Broker's address, for those that
/// are bound to it.
///
/// # Errors
/// [`MissingValue`] where the runner does not know a key that is not optional.
pub fn environment(
    service: &Service,
    values: &Values,
    sink: Option<&str>,
) -> Result<Vec<(String, String)>, MissingValue> {
    let mut env = Vec::new();
    if let Some(container) = service.container() {
        for set in &container.env_from {
            for reference in [&set.secret_ref, &set.config_map_ref].into_iter().flatten() {
                env.extend(all(service, values, reference, &set.prefix)?);
            }
        }
        for variable in &container.env {
            let value = value_of(service, values, variable)?;
            env.extend(value.map(|value| (variable.name.clone(), value)));
        }
    }
    env.extend(sink.map(|sink| ("K_SINK".to_owned(), sink.to_owned())));
    Ok(env)
}

fn value_of(
    service: &Service,
    values: &Values,
    variable: &EnvVar,
) -> Result<Option<String>, MissingValue> {
    let from = variable.value_from.as_ref();
    let reference = from.and_then(|from| {
        from.secret_key_ref
            .as_ref()
            .or(from.config_map_key_ref.as_ref())
    });
    let Some(KeyRef {
        name,
        key,
        optional,
    }) = reference
    else {
        return Ok(variable.value.clone());
    };
    match values.0.get(key.as_str()) {
        Some(value) if name == OBJECT => Ok(value.clone()),
        Some(_) | None if *optional => Ok(None),
        Some(_) | None => Err(MissingValue {
            service: service.name().to_owned(),
            variable: variable.name.clone(),
            object: name.clone(),
            key: key.clone(),
        }),
    }
}

fn all(
    service: &Service,
    values: &Values,
    reference: &NameRef,
    prefix: &str,
) -> Result<Vec<(String, String)>, MissingValue> {
    if reference.name == OBJECT {
        let named = |(key, value): (&&str, &Option<String>)| {
            value.clone().map(|value| (format!("{prefix}{key}"), value))
        };
        return Ok(values.0.iter().filter_map(named).collect());
    }
    if reference.optional {
        return Ok(Vec::new());
    }
    Err(MissingValue {
        service: service.name().to_owned(),
        variable: format!("{prefix}*"),
        object: reference.name.clone(),
        key: "*".to_owned(),
    })
}
