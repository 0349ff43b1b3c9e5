//! `reeldrop add`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    analyze::Mode,
    key::{Scheme, document},
    one::Common,
};
use crate::client::{self, AddOptions, ContentKey, Outcome, Portal};

pub(super) const EXAMPLES: &str = "Examples:
  reeldrop add clip.mp4
  reeldrop add --scheme cenc --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749 clip.mp4
  reeldrop add --cpix keys.xml clip.mp4
  reeldrop add --analysis-mode realtime match.mp4
  reeldrop add --json *.mov | jq -r .watch

With --json each file gives one line:
  {\"file\",\"asset\",\"state\",\"reason\",\"duration_ms\",\"hls\",\"dash\",\"watch\",\"first_playable_ms\",\"ready_ms\"}
first_playable_ms and ready_ms count from the start of the file's upload.

Exit status: 0 all ready, 2 one rejected, 3 one failed, 4 the service cannot be reached.";

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Content key: 16 bytes in hex or base64url; made where it is left out.
    #[arg(long, requires = "kid", env = "REELDROP_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Key id: 16 bytes in hex or base64url.
    #[arg(long, requires = "key")]
    kid: Option<String>,
    /// Instead of both: the CPIX document of a key server, with one content key in plain text.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    cpix: Option<PathBuf>,
    /// How to encrypt; cbcs by default.
    #[arg(long)]
    scheme: Option<Scheme>,
    /// How thoroughly to look at what is seen; as the service is set by default.
    #[arg(long, value_name = "MODE")]
    analysis_mode: Option<Mode>,
    #[command(flatten)]
    common: Common,
}

impl Add {
    pub(super) async fn run(self) -> ExitCode {
        let portal = match Portal::new(&self.common.url) {
            Ok(portal) => portal,
            Err(error) => {
                eprintln!("reeldrop: {error}");
                return ExitCode::from(Outcome::of_error(&error).exit_code());
            }
        };
        let cpix = match document(self.cpix.as_deref()) {
            Ok(cpix) => cpix,
            Err(error) => {
                eprintln!("reeldrop: {error}");
                return ExitCode::from(Outcome::of_error(&error).exit_code());
            }
        };
        let key = ContentKey {
            key: self.key,
            kid: self.kid,
            cpix,
            scheme: self.scheme.map(Scheme::text),
        };
        let options = AddOptions {
            files: self.files,
            key,
            analysis_mode: self.analysis_mode.map(Mode::text),
            json: self.common.json,
        };
        ExitCode::from(client::add(&portal, &options).await.exit_code())
    }
}
