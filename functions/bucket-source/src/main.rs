//! Starts the function, or the pulling of its messages.

use std::process::ExitCode;

use bucket_source::{BucketSource, Callers, Config, Puller, Subscription};
use reeldrop_runtime::{Function, draining};

fn main() -> ExitCode {
    if !Subscription::is_named() {
        return reeldrop_runtime::serve(async |_publisher| BucketSource::from_env());
    }
    reeldrop_runtime::serve_work(BucketSource::NAME, async |publisher| {
        let config = Config {
            // Nobody calls: who may read the subscription may announce what is in it.
            callers: Callers::Anyone,
            ..Config::from_env()?
        };
        let puller = Puller::new(
            Subscription::from_env()?,
            BucketSource::new(config),
            publisher,
        );
        Ok(puller.run(draining()))
    })
}
