//! The Knative files that say which functions there are and who gets which events.
//!
//! They are the same files that production applies. Whatever this runner does not know in them is an
//! error, so that nothing works here by being overlooked.

mod container;
mod cron;
mod delivery;
mod duration;
mod eventing;
mod files;
mod filter;
mod metadata;
mod placement;
mod scale;
mod service;
mod sources;
mod topology;

pub use container::{
    Capabilities, Container, ContainerPort, EnvFrom, EnvVar, HttpGet, KeyRef, NameRef, Probe,
    Resources, SeccompProfile, SecurityContext, ValueFrom, VolumeMount,
};
pub use cron::Schedule;
pub use delivery::{BackoffPolicy, Delivery};
pub use duration::IsoDuration;
pub use eventing::Trigger;
pub use files::{ManifestFile, embedded, in_folder};
pub use filter::Filter;
pub use metadata::{Destination, Metadata, Reference};
pub use placement::{CsiAttributes, CsiVolume, EmptyDir, SecretVolume, Toleration, Volume};
pub use service::{RevisionSpec, Service, ServiceSpec, Template};
pub use sources::{BindingSpec, CeOverrides, PingSource, PingSpec, Selector, SinkBinding, Subject};
pub use topology::{Ping, Topology};

/// Why the manifests cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A folder or file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The folder or file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A field is unknown, missing or of the wrong type.
    #[error("{file}: {source}")]
    Parse {
        /// The file.
        file: String,
        /// Which field, and where.
        source: yaml_serde::Error,
    },
    /// An object of a kind that this runner does not know.
    #[error("{file}: cannot run {kind} of {api_version}")]
    Kind {
        /// The file.
        file: String,
        /// Its `apiVersion`.
        api_version: String,
        /// Its `kind`.
        kind: String,
    },
    /// A value that cannot be meant.
    #[error("{file}: {reason}")]
    Invalid {
        /// The file.
        file: String,
        /// Which field, and why.
        reason: String,
    },
    /// There is not exactly one Broker.
    #[error("the manifests need exactly one Broker, and have {0}")]
    Brokers(usize),
}
