//! Starts the function.

use std::process::ExitCode;

use encrypt_package::EncryptPackage;

fn main() -> ExitCode {
    reeldrop_runtime::serve(|_publisher| EncryptPackage::from_env())
}
