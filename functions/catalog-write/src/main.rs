//! Starts the function.

use std::process::ExitCode;

use catalog_write::CatalogWrite;

fn main() -> ExitCode {
    reeldrop_runtime::serve(CatalogWrite::from_env)
}
