//! All manifests together, checked against each other.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    ManifestError, ManifestFile, PingSource, Reference, Schedule, Service, SinkBinding, Trigger,
    eventing::{BrokerObject, TriggerObject},
    metadata::{CORE, EVENTING, SERVING, SOURCES, ServiceAccount},
};

/// What runs, and who gets which events.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Name of the Broker.
    pub broker: String,
    /// The functions, by name.
    pub services: BTreeMap<String, Service>,
    /// The subscriptions.
    pub triggers: Vec<Trigger>,
    /// What the clock says.
    pub pings: Vec<Ping>,
    bindings: Vec<SinkBinding>,
}

/// A PingSource whose schedule has been read.
#[derive(Clone, Debug)]
pub struct Ping {
    /// When.
    pub schedule: Schedule,
    /// What and to whom.
    pub source: PingSource,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    api_version: String,
    kind: String,
}

/// Objects by the file that they stand in, before they are checked against each other.
#[derive(Default)]
struct Objects<'a> {
    brokers: Vec<BrokerObject>,
    services: Vec<(&'a str, Service)>,
    triggers: Vec<(&'a str, TriggerObject)>,
    pings: Vec<(&'a str, PingSource)>,
    bindings: Vec<(&'a str, SinkBinding)>,
}

impl Topology {
    /// Reads and checks manifests.
    ///
    /// # Errors
    /// [`ManifestError`] naming the file and the field.
    pub fn of(files: &[ManifestFile]) -> Result<Self, ManifestError> {
        let mut objects = Objects::default();
        let documents: Vec<_> = files.iter().flat_map(ManifestFile::documents).collect();
        for document in &documents {
            objects.read(document)?;
        }
        let [broker] = objects.brokers.as_slice() else {
            return Err(ManifestError::Brokers(objects.brokers.len()));
        };
        let mut topology = Self {
            broker: broker.metadata.name.clone(),
            ..Self::default()
        };
        topology.add_services(objects.services)?;
        for (file, trigger) in objects.triggers {
            topology.add_trigger(file, trigger, broker)?;
        }
        for (file, ping) in objects.pings {
            topology.add_ping(file, ping)?;
        }
        for (file, binding) in objects.bindings {
            let sink = &binding.spec.sink.r#ref;
            if !sink.is_broker() || sink.name != topology.broker {
                return Err(invalid(
                    file,
                    format!("spec.sink: there is no Broker {}", sink.name),
                ));
            }
            topology.bindings.push(binding);
        }
        Ok(topology)
    }

    /// Whether a SinkBinding gives this Service the Broker's address.
    #[must_use]
    pub fn speaks_to_broker(&self, service: &Service) -> bool {
        self.bindings
            .iter()
            .any(|binding| binding.selects(&service.metadata))
    }

    /// How long one attempt of this Trigger may take.
    #[must_use]
    pub fn timeout(&self, trigger: &Trigger, subscriber: &str) -> Duration {
        let of_service = || self.services.get(subscriber).map(Service::timeout);
        trigger
            .delivery
            .timeout
            .map(|timeout| timeout.0)
            .or_else(of_service)
            .unwrap_or(Duration::from_secs(300))
    }

    fn add_services(&mut self, services: Vec<(&str, Service)>) -> Result<(), ManifestError> {
        for (file, service) in services {
            service.check().map_err(|reason| invalid(file, reason))?;
            let name = service.name().to_owned();
            if self.services.insert(name.clone(), service).is_some() {
                return Err(invalid(file, format!("there is a second Service {name}")));
            }
        }
        Ok(())
    }

    fn add_trigger(
        &mut self,
        file: &str,
        trigger: TriggerObject,
        broker: &BrokerObject,
    ) -> Result<(), ManifestError> {
        if trigger.spec.broker != self.broker {
            return Err(invalid(
                file,
                format!("spec.broker: there is no Broker {}", trigger.spec.broker),
            ));
        }
        if self
            .triggers
            .iter()
            .any(|other| other.name == trigger.metadata.name)
        {
            return Err(invalid(
                file,
                format!("there is a second Trigger {}", trigger.metadata.name),
            ));
        }
        self.expect_service(file, "spec.subscriber", &trigger.spec.subscriber.r#ref)?;
        let trigger = trigger
            .resolve(&broker.spec.delivery)
            .map_err(|reason| invalid(file, reason))?;
        let sink = trigger.delivery.dead_letter_sink.as_ref();
        if let Some(sink) = sink.or(broker.spec.delivery.dead_letter_sink.as_ref()) {
            self.expect_service(file, "delivery.deadLetterSink", &sink.r#ref)?;
        }
        self.triggers.push(trigger);
        Ok(())
    }

    fn add_ping(&mut self, file: &str, source: PingSource) -> Result<(), ManifestError> {
        let text = &source.spec.schedule;
        let schedule = Schedule::parse(text).ok_or_else(|| {
            invalid(
                file,
                format!("spec.schedule: `{text}` is not five cron fields"),
            )
        })?;
        let sink = &source.spec.sink.r#ref;
        if !(sink.is_broker() && sink.name == self.broker) {
            self.expect_service(file, "spec.sink", sink)?;
        }
        self.pings.push(Ping { schedule, source });
        Ok(())
    }

    fn expect_service(&self, file: &str, field: &str, to: &Reference) -> Result<(), ManifestError> {
        if to.is_service() && self.services.contains_key(&to.name) {
            return Ok(());
        }
        Err(invalid(
            file,
            format!("{field}: there is no Knative Service {}", to.name),
        ))
    }
}

impl<'a> Objects<'a> {
    fn read(&mut self, file: &'a ManifestFile) -> Result<(), ManifestError> {
        let header: Header = parse(file)?;
        let path = file.path.as_str();
        match (header.api_version.as_str(), header.kind.as_str()) {
            (CORE, "ServiceAccount") => {
                parse::<ServiceAccount>(file)?;
            }
            (SERVING, "Service") => self.services.push((path, parse(file)?)),
            (EVENTING, "Broker") => self.brokers.push(parse(file)?),
            (EVENTING, "Trigger") => self.triggers.push((path, parse(file)?)),
            (SOURCES, "PingSource") => self.pings.push((path, parse(file)?)),
            (SOURCES, "SinkBinding") => self.bindings.push((path, parse(file)?)),
            _ => {
                return Err(ManifestError::Kind {
                    file: file.path.clone(),
                    api_version: header.api_version,
                    kind: header.kind,
                });
            }
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(file: &ManifestFile) -> Result<T, ManifestError> {
    yaml_serde::from_str(&file.text).map_err(|source| ManifestError::Parse {
        file: file.path.clone(),
        source,
    })
}

fn invalid(file: &str, reason: impl Into<String>) -> ManifestError {
    ManifestError::Invalid {
        file: file.to_owned(),
        reason: reason.into(),
    }
}
