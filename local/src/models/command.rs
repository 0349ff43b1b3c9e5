//! `reeldrop models`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{list, pull, verify};
use crate::client::Outcome;

/// What `models` is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the models that are known, and whether they are there.
    List(Folder),
    /// Fetch what is missing, or the models named.
    Pull {
        /// Names of models.
        names: Vec<String>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Compare installed files with what they should be.
    Verify(Folder),
}

#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// The folder that `reeldrop up` keeps everything in.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "data",
        env = "REELDROP_DATA"
    )]
    data: PathBuf,
    /// The folder of models; by default `models` in the data folder.
    #[arg(long, value_name = "DIR", env = "REELDROP_MODELS")]
    folder: Option<PathBuf>,
    /// Print JSON, for programs (list only).
    #[arg(long)]
    json: bool,
}

impl Folder {
    /// The same that `reeldrop up` takes models from.
    fn path(&self) -> PathBuf {
        let named = self.folder.clone();
        let named = named.filter(|folder| !folder.as_os_str().is_empty());
        named.unwrap_or_else(|| self.data.join("models"))
    }
}

/// Runs the command.
pub(crate) async fn run(command: Command) -> ExitCode {
    let done = match command {
        Command::List(folder) => list(&folder.path(), folder.json),
        Command::Pull { names, folder } => pull(&names, &folder.path()).await,
        Command::Verify(folder) => verify(&folder.path()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reeldrop: {error}");
            ExitCode::from(Outcome::Failed.exit_code())
        }
    }
}
