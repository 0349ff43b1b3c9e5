//! The subscriptions as the broker sees them: each Trigger, and each Trigger's dead letters.

use std::time::Duration;

use crate::manifests::{Delivery, Topology};

use super::Event;

/// The longest wait between two tries to deliver a dead letter.
const DEAD_LETTER_MAX_WAIT: Duration = Duration::from_secs(60);

/// One subscription.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// What its deliveries are stored under.
    pub(crate) name: String,
    /// The Service that is called.
    pub(crate) subscriber: String,
    /// How long an attempt may take.
    pub(crate) timeout: Duration,
    delivery: Delivery,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A Trigger, and the index of the route for what it could not deliver.
    Trigger { dead_letter: Option<usize> },
    /// A Trigger's dead letters.
    DeadLetter,
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this time.
    Again(Duration),
    /// Send it, with what went wrong, down this route.
    DeadLetter(usize),
    /// Nobody is left to tell.
    Drop,
}

impl Route {
    /// All routes: the Triggers in order, each followed by its dead letters, if it has a sink.
    pub(crate) fn all(topology: &Topology) -> Vec<Self> {
        let mut routes = Vec::new();
        for trigger in &topology.triggers {
            let next = routes.len() + 1;
            let dead_letter = trigger.dead_letter.as_ref().map(|_| next);
            let mut route = Self {
                name: trigger.name.clone(),
                subscriber: trigger.subscriber.clone(),
                timeout: topology.timeout(trigger, &trigger.subscriber),
                delivery: trigger.delivery.clone(),
                kind: Kind::Trigger { dead_letter },
            };
            routes.push(route.clone());
            if let Some(sink) = &trigger.dead_letter {
                // A name of a Kubernetes object has no slash: this one is nobody else's.
                route.name = format!("{}/dead-letter", trigger.name);
                route.subscriber.clone_from(sink);
                route.timeout = topology.timeout(trigger, sink);
                route.kind = Kind::DeadLetter;
                routes.push(route);
            }
        }
        routes
    }

    /// The indices of the routes that an event takes.
    pub(crate) fn taken(routes: &[Self], topology: &Topology, event: &Event) -> Vec<usize> {
        let attribute = |name: &str| event.attribute(name);
        let takes = |route: &Self| {
            let trigger = topology
                .triggers
                .iter()
                .find(|trigger| trigger.name == route.name);
            trigger.is_some_and(|trigger| trigger.takes(&attribute))
        };
        (0..routes.len())
            .filter(|index| takes(&routes[*index]))
            .collect()
    }

    /// What follows when attempt number `attempts` (from 1) failed.
    pub(crate) fn after(&self, attempts: u32, retriable: bool) -> Next {
        let wait = self.delivery.backoff(attempts.saturating_sub(1));
        match self.kind {
            // Knative would forget it; on one machine it can wait until its sink is well again.
            Kind::DeadLetter if retriable => Next::Again(wait.min(DEAD_LETTER_MAX_WAIT)),
            Kind::Trigger { .. } if retriable && attempts <= self.delivery.retry.unwrap_or(0) => {
                Next::Again(wait)
            }
            Kind::Trigger {
                dead_letter: Some(route),
            } => Next::DeadLetter(route),
            Kind::Trigger { dead_letter: None } | Kind::DeadLetter => Next::Drop,
        }
    }
}
