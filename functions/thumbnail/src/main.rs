//! Starts the function.

use std::process::ExitCode;

use thumbnail::Thumbnail;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| Thumbnail::from_env())
}
