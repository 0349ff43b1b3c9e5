//! What arrives: any event of Reeldrop, a dead letter, or the sweep.

use cloudevents::{AttributesReader, Event};
use reeldrop_events::{DecodeError, Incoming};

use crate::{Fact, Letter};

/// PingSource's own type, and the one that other schedulers may send.
const SWEEPS: [&str; 2] = ["dev.knative.sources.ping", "io.reeldrop.catalog.sweep.v1"];

/// What arrives.
#[derive(Clone, Debug)]
pub enum Input {
    /// An event that says something about a title.
    Said(Box<Said>),
    /// An event that a function could not take.
    Letter(Box<Letter>),
    /// Time to send what a crash left in the outbox.
    Sweep,
    /// An event of a newer Reeldrop.
    Unknown,
}

/// An event that says something about a title.
#[derive(Clone, Debug)]
pub struct Said {
    /// CloudEvents `source`.
    pub source: String,
    /// CloudEvents `id`: with the source, what tells a repeated delivery.
    pub id: String,
    /// What it says.
    pub fact: Fact,
}

impl Incoming for Input {
    fn decode(event: &Event) -> Result<Self, DecodeError> {
        // A dead letter may be of any type, and its data may be what was wrong with it.
        if event.extension("knativeerrordest").is_some() {
            return Ok(Self::Letter(Box::new(Letter::of(event)?)));
        }
        if SWEEPS.contains(&event.ty()) {
            return Ok(Self::Sweep);
        }
        let Some(fact) = Fact::decode(event)? else {
            return Ok(Self::Unknown);
        };
        Ok(Self::Said(Box::new(Said {
            source: event.source().to_owned(),
            id: event.id().to_owned(),
            fact,
        })))
    }
}
