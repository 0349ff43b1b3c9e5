//! Starts the function.

use std::process::ExitCode;

use transcribe::Transcribe;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| Transcribe::from_env())
}
