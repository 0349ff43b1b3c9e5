//! The command line of Reeldrop.

use std::process::ExitCode;

use clap::Parser;
use reeldrop::cli::{Cli, run};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    run(Cli::parse()).await
}
