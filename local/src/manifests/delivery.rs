//! How often, how far apart and how long a Trigger tries, and what comes after.

use std::time::Duration;

use serde::Deserialize;

use super::{duration::IsoDuration, metadata::Destination};

/// `spec.delivery` of a Trigger or Broker.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Delivery {
    /// How many times to try again after the first attempt.
    pub retry: Option<u32>,
    /// How waits grow.
    pub backoff_policy: Option<BackoffPolicy>,
    /// The wait that `backoffPolicy` grows.
    pub backoff_delay: Option<IsoDuration>,
    /// How long one attempt may take.
    pub timeout: Option<IsoDuration>,
    /// Who gets what could not be delivered.
    pub dead_letter_sink: Option<Destination>,
}

/// How the wait before an attempt grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackoffPolicy {
    /// `delay × n`: the first retry comes at once.
    Linear,
    /// `delay × 2ⁿ`.
    Exponential,
}

impl Delivery {
    /// How long to wait before retry `n`, counted from 0.
    #[must_use]
    pub fn backoff(&self, n: u32) -> Duration {
        // Knative's defaults where the manifest is silent.
        let delay = self
            .backoff_delay
            .map_or(Duration::from_secs(1), |delay| delay.0);
        match self.backoff_policy.unwrap_or(BackoffPolicy::Exponential) {
            BackoffPolicy::Linear => delay.saturating_mul(n),
            BackoffPolicy::Exponential => delay.saturating_mul(2_u32.saturating_pow(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_as_knative_does() {
        let mut delivery = Delivery {
            backoff_delay: IsoDuration::parse("PT0.2S"),
            backoff_policy: Some(BackoffPolicy::Exponential),
            ..Delivery::default()
        };
        let waits = |delivery: &Delivery| [0, 1, 2].map(|n| delivery.backoff(n).as_millis());
        assert_eq!(waits(&delivery), [200, 400, 800]);
        delivery.backoff_policy = Some(BackoffPolicy::Linear);
        assert_eq!(waits(&delivery), [0, 200, 400]);
        assert_eq!(
            Delivery::default().backoff(40),
            Duration::from_secs(u64::from(u32::MAX))
        );
    }
}
