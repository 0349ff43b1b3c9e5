//! Starts the function, or the pulling of its messages.

use std::process::ExitCode;

use bucket_source::{BucketSource, Puller, Subscription};
use reeldrop_runtime::Function;

fn main() -> ExitCode {
    let Some(subscription) = Subscription::from_env() else {
        return reeldrop_runtime::serve(async |_publisher| BucketSource::from_env());
    };
    reeldrop_runtime::serve_http(BucketSource::NAME, async |publisher| {
        let puller = Puller::new(subscription, BucketSource::from_env()?, publisher);
        tokio::spawn(puller.run());
        Ok(axum::Router::new())
    })
}
