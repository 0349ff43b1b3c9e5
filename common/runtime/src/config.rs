//! Deployment values, read from the environment once at start.

use std::{env::VarError, fmt::Display, str::FromStr, time::Duration};

/// A variable that must be set is not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {0} is not set")]
pub struct MissingVariable(String);

/// A variable has a value that does not fit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name} is {value:?}: {reason}")]
pub struct InvalidVariable {
    name: String,
    value: String,
    reason: String,
}

impl InvalidVariable {
    /// Says what is wrong with the `value` of variable `name`.
    pub fn new(name: &str, value: &str, reason: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Reads a variable that must be set; an empty one counts as not set.
///
/// # Errors
/// [`MissingVariable`] with the name, to be passed on from `build` to where the process ends.
pub fn env(name: &str) -> Result<String, MissingVariable> {
    optional(name).ok_or_else(|| MissingVariable(name.to_owned()))
}

/// Reads a variable that has a default.
#[must_use]
pub fn env_or(name: &str, default: &str) -> String {
    optional(name).unwrap_or_else(|| default.to_owned())
}

/// Reads a variable of any type that parses, with a default.
///
/// # Errors
/// [`InvalidVariable`] where it is set to something that does not parse.
pub fn env_parsed<T>(name: &str, default: T) -> Result<T, InvalidVariable>
where
    T: FromStr,
    T::Err: Display,
{
    match optional(name) {
        Some(value) => value
            .parse()
            .map_err(|error| InvalidVariable::new(name, &value, error)),
        None => Ok(default),
    }
}

fn optional(name: &str) -> Option<String> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => None,
        Ok(value) => Some(value),
        Err(VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
        Err(VarError::NotPresent) => None,
    }
}

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_GRACE_SECONDS: u64 = 30;
const DEFAULT_LISTEN_ADDRESS: &str = "0.0.0.0";

/// How the process listens and stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `REELDROP_LISTEN_ADDRESS`: the address to listen on.
    pub(crate) listen_address: String,
    /// `PORT`, as Knative Serving sets it; 0 takes a free one.
    pub(crate) port: u16,
    /// `REELDROP_GRACE_SECONDS`: how long requests may go on after SIGTERM.
    pub(crate) grace: Duration,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, InvalidVariable> {
        Ok(Self {
            listen_address: env_or("REELDROP_LISTEN_ADDRESS", DEFAULT_LISTEN_ADDRESS),
            port: env_parsed("PORT", DEFAULT_PORT)?,
            grace: Duration::from_secs(env_parsed(
                "REELDROP_GRACE_SECONDS",
                DEFAULT_GRACE_SECONDS,
            )?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = env("REELDROP_NO_SUCH_VARIABLE").unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable REELDROP_NO_SUCH_VARIABLE is not set"
        );
    }

    #[test]
    fn a_value_that_does_not_parse_is_named_with_its_value() {
        let error = env_parsed::<u16>("PATH", 1).unwrap_err().to_string();
        assert!(
            error.starts_with("environment variable PATH is "),
            "{error}"
        );
    }
}
