//! `reeldrop up`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use crate::up;

#[derive(Debug, Args)]
pub(super) struct Up {
    /// The folder that everything is kept in.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "data",
        env = "REELDROP_DATA"
    )]
    data: PathBuf,
    /// The page's port; the S3 endpoint has the one after it.
    #[arg(long, default_value_t = 8080, env = "REELDROP_PORT")]
    port: u16,
    /// A folder with knative/base and triggers/base; by default the working folder, or the program's own.
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// An existing PostgreSQL database instead of a private one.
    #[arg(
        long,
        value_name = "URL",
        env = "REELDROP_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    /// The ladder profile to encode with.
    #[arg(long, env = "REELDROP_PROFILE")]
    profile: Option<String>,
    /// The folder of models; by default `models` in the data folder.
    #[arg(long, value_name = "DIR", env = "REELDROP_MODELS")]
    models: Option<PathBuf>,
    /// The speech model: its name (`reeldrop models list`) or its file; by default the best one there.
    #[arg(long, value_name = "MODEL", env = "REELDROP_WHISPER_MODEL")]
    whisper_model: Option<String>,
    /// The language that is spoken, such as `en`; found out by default.
    #[arg(long, value_name = "TAG", env = "REELDROP_SPEECH_LANGUAGE")]
    language: Option<String>,
    /// The folder of the functions' programs; by default that of this program.
    #[arg(long, value_name = "DIR", hide = true)]
    programs: Option<PathBuf>,
    /// Show the logs of all programs on the terminal too.
    #[arg(long, short)]
    verbose: bool,
}

impl Up {
    pub(super) async fn run(self) -> ExitCode {
        let options = up::Options {
            data: self.data,
            port: self.port,
            manifests: self.manifests,
            database_url: self.database_url,
            profile: self.profile,
            models: self.models.filter(|folder| !folder.as_os_str().is_empty()),
            whisper_model: self.whisper_model,
            language: self.language,
            programs: self.programs,
            verbose: self.verbose,
        };
        match up::run(options).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("reeldrop: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
