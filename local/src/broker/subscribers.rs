//! Where a Service answers: the broker asks each time, because processes come and go.

use std::{any::Any, collections::BTreeMap};

use async_trait::async_trait;

/// Finds Services, and starts them where needed.
#[async_trait]
pub trait Subscribers: Send + Sync + 'static {
    /// The address of a Service, which answers there at least until the lease is dropped.
    ///
    /// # Errors
    /// Why it cannot be started, for the operator.
    async fn lease(&self, service: &str) -> Result<Lease, String>;

    /// How many processes of a Service there may be at a time.
    fn instances(&self, service: &str) -> usize;
}

/// The address of a Service that is kept running for a request.
pub struct Lease {
    url: String,
    _hold: Box<dyn Any + Send + Sync>,
}

impl Lease {
    /// A lease that ends when `hold` is dropped with it.
    pub fn new(url: String, hold: impl Any + Send + Sync) -> Self {
        Self {
            url,
            _hold: Box::new(hold),
        }
    }

    /// Where to send requests.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Services that always run somewhere: for tests of the topology.
#[derive(Clone, Debug, Default)]
pub struct FixedAddresses(pub BTreeMap<String, String>);

#[async_trait]
impl Subscribers for FixedAddresses {
    async fn lease(&self, service: &str) -> Result<Lease, String> {
        let url = self
            .0
            .get(service)
            .ok_or_else(|| format!("{service} is not running"))?;
        Ok(Lease::new(url.clone(), ()))
    }

    fn instances(&self, _: &str) -> usize {
        1
    }
}
