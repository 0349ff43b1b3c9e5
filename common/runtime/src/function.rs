//! What a function is: one typed input, the events it answers with, or why not.

use std::{fmt, future::Future};

use http::HeaderMap;
use reeldrop_events::{Events, Incoming, Outgoing, StepFailed};
use serde_json::Value;

/// One step: takes one input and says what happened in events.
///
/// Delivery is at least once and unordered: handling the same input twice must leave the same
/// objects and rows, and give the same events.
pub trait Function: Send + Sync + 'static {
    /// Name of the function: its folder, image and Knative Service, and `/reeldrop/<name>` as event source.
    const NAME: &'static str;
    /// Whether one event is answered as the reply, which a broker takes. False for a function that
    /// others than a broker call, who throw a reply away: all its events go to the sink.
    const REPLIES: bool = true;
    /// What it takes: one payload, or an enum of several.
    type Input: Incoming;

    /// Does the step.
    ///
    /// # Errors
    /// A [`Failure`] that says whether trying again can help.
    fn handle(&self, input: Self::Input) -> impl Future<Output = Result<Events, Failure>> + Send;

    /// Answers a question that is no event, and changes nothing: short JSON in, short JSON out. None where
    /// the function takes no questions, as most, or cannot answer any just now.
    ///
    /// # Errors
    /// A [`Failure`] that says whether asking again can help.
    fn answer(
        &self,
        _question: Value,
    ) -> impl Future<Output = Result<Option<Value>, Failure>> + Send {
        std::future::ready(Ok(None))
    }

    /// Whether the sender of a request with these headers may be heard at all. The network keeps
    /// strangers from most functions; one that the internet reaches asks for proof here.
    ///
    /// # Errors
    /// [`Refusal`] where it may not, or where that cannot be told just now.
    fn admit(&self, _headers: &HeaderMap) -> impl Future<Output = Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Why a request is not heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The sender does not prove who it is: 401.
    Unproven(String),
    /// It proves to be somebody else: 403.
    Stranger(String),
    /// What tells whether the proof holds is out of reach: 503.
    Undecided(String),
}

/// Why a step did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The input can never succeed: answered 422, which the broker dead-letters at once.
    Permanent {
        /// What is wrong, for a person.
        reason: String,
        /// What to tell the catalog, where the asset is known. It is delivered like any event of a
        /// step that succeeded, with 200: the failure is an outcome, not a lost event.
        report: Option<Box<Outgoing>>,
    },
    /// Something around the input is out of order: answered 503, which the broker retries.
    Transient {
        /// What is wrong, for the operator.
        reason: String,
    },
}

impl Failure {
    /// A failure that trying again cannot help.
    pub fn permanent(reason: impl fmt::Display) -> Self {
        Self::Permanent {
            reason: reason.to_string(),
            report: None,
        }
    }

    /// A failure of a known asset's step: the title shows `failed.reason`.
    #[must_use]
    pub fn step(failed: &StepFailed) -> Self {
        Self::Permanent {
            reason: failed.reason.clone(),
            report: Some(Box::new(Outgoing::of(failed))),
        }
    }

    /// A failure that may pass.
    pub fn transient(reason: impl fmt::Display) -> Self {
        Self::Transient {
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent { reason, .. } | Self::Transient { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

/// Runs work that computes or blocks away from the threads that serve requests.
///
/// # Errors
/// A transient [`Failure`] where the work panicked: a panic is a bug in Reeldrop, and the event is
/// kept for the version that mends it.
pub async fn blocking<T, F>(work: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|panic| Failure::transient(format!("the step panicked: {panic}")))
}
