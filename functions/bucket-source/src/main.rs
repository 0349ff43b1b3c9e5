//! Starts the function.

use std::process::ExitCode;

use bucket_source::BucketSource;

fn main() -> ExitCode {
    reeldrop_runtime::serve(async |_publisher| BucketSource::from_env())
}
