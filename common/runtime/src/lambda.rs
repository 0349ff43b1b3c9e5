//! The same service under AWS Lambda.

use anyhow::Context;
use axum::Router;

/// What `lambda_runtime` panics without; Lambda always sets them.
const REQUIRED: [&str; 3] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Takes requests from Lambda's runtime API (function URL, API Gateway, load balancer), one at a time.
pub(crate) async fn run(name: &'static str, router: Router) -> anyhow::Result<()> {
    for variable in REQUIRED {
        crate::env(variable).context("AWS_LAMBDA_RUNTIME_API is set, the rest of Lambda is not")?;
    }
    tracing::info!(function = name, "ready under the Lambda runtime");
    lambda_http::run(router)
        .await
        .map_err(|error| anyhow::anyhow!("the Lambda runtime failed: {error}"))
}
