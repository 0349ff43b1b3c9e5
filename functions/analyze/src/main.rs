//! Starts the function.

use std::process::ExitCode;

use analyze::Analyze;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| Analyze::from_env())
}
