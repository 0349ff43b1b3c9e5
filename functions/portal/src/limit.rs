//! How often one caller may ask for keys.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::HeaderMap;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use reeldrop_events::AssetId;

use crate::{Config, Error};

/// Requests at once. A player asks once for each rendition at most.
const BURST: NonZeroU32 = NonZeroU32::new(60).expect("60 is not 0");

/// Time after which one more is allowed.
const PERIOD: Duration = Duration::from_millis(200);

/// Callers that are remembered before those are forgotten that have been quiet.
const REMEMBERED: usize = 10_000;

/// Counts requests for keys by caller and title.
#[derive(Clone)]
pub(crate) struct Limit(Arc<DefaultKeyedRateLimiter<(String, AssetId)>>);

impl Limit {
    pub(crate) fn new() -> Self {
        let quota = Quota::with_period(PERIOD).map(|quota| quota.allow_burst(BURST));
        let quota = quota.unwrap_or(Quota::per_second(BURST));
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Error::TooMany`] where it is one too many.
    pub(crate) fn count(
        &self,
        config: &Config,
        headers: &HeaderMap,
        asset: AssetId,
    ) -> Result<(), Error> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        let until = self.0.check_key(&(caller(config, headers), asset));
        until.map_err(|until| {
            let wait = until.wait_time_from(self.0.clock().now());
            Error::TooMany {
                wait_s: wait.as_secs() + 1,
            }
        })
    }
}

/// Who asks: as the edge says where it does, else as the last proxy saw it. What stands before that
/// anybody may have written.
fn caller(config: &Config, headers: &HeaderMap) -> String {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let named = config.client_header.as_deref().and_then(header);
    let last = || header("x-forwarded-for").and_then(|chain| chain.rsplit(',').next());
    named.or_else(last).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn config(client_header: Option<&str>) -> Config {
        Config {
            database_url: String::new(),
            master_key_file: String::new(),
            portal_url: None,
            client_header: client_header.map(str::to_owned),
            media_url: None,
            analyze_url: None,
        }
    }

    fn from(addresses: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", addresses.parse().unwrap());
        headers
    }

    #[test]
    fn a_caller_that_asks_too_often_waits_and_others_do_not() {
        let limit = Limit::new();
        let title = AssetId(Uuid::from_u128(1));
        let last = config(None);
        let refused = |headers: &HeaderMap| limit.count(&last, headers, title).is_err();
        let first = (0..200).position(|n| refused(&from(&format!("10.0.0.{n}, 192.0.2.1"))));
        assert!(first.is_some_and(|first| first >= 60), "{first:?}");
        assert!(!refused(&from("192.0.2.2")));
        assert!(!refused(&HeaderMap::new()));
        assert!(
            limit
                .count(&last, &from("192.0.2.1"), AssetId(Uuid::from_u128(2)))
                .is_ok()
        );
    }

    #[test]
    fn the_edge_says_who_asks_where_it_is_asked_to() {
        let mut headers = from("192.0.2.1, 10.0.0.7");
        headers.insert("x-client-address", "192.0.2.1".parse().unwrap());
        assert_eq!(
            caller(&config(Some("x-client-address")), &headers),
            "192.0.2.1"
        );
        assert_eq!(caller(&config(None), &headers), "10.0.0.7");
        // A request from inside the cluster has not passed the edge.
        headers.remove("x-client-address");
        assert_eq!(
            caller(&config(Some("x-client-address")), &headers),
            "10.0.0.7"
        );
    }
}
