//! Starts the function.

use std::process::ExitCode;

use probe::Probe;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| async { Ok(Probe::from_env().await?) })
}
