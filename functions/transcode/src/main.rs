//! The transcode function.

use std::process::ExitCode;

use transcode::Transcode;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| Transcode::from_env())
}
