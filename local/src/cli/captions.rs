//! `reeldrop captions`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::one::{Common, One};
use crate::client::{self, ClientError};

#[derive(Debug, Subcommand)]
pub(super) enum Captions {
    /// Take a SubRip or WebVTT file in place of the captions in its language.
    Import(ImportCaptions),
}

#[derive(Debug, Args)]
pub(super) struct ImportCaptions {
    /// Id of the title.
    id: String,
    /// The file (.srt or .vtt).
    file: PathBuf,
    /// Language of the captions, such as en or pt-BR.
    #[arg(long, value_name = "TAG")]
    language: String,
    /// Name to show in a menu; the language's own name by default.
    #[arg(long)]
    label: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Captions {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        match self {
            Self::Import(import) => import.run().await,
        }
    }
}

impl ImportCaptions {
    async fn run(self) -> Result<(), ClientError> {
        let one = One {
            id: self.id,
            common: self.common,
        };
        let captions = (
            self.file.as_path(),
            self.language.as_str(),
            self.label.as_deref(),
        );
        one.run(async |portal, id, json| client::import_captions(portal, id, captions, json).await)
            .await
    }
}
