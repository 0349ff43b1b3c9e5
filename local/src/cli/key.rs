//! `reeldrop rekey` and `reeldrop key`, and how a title is encrypted.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::one::{Common, One};
use crate::client::{self, ClientError, ContentKey, Portal};

#[derive(Debug, Args)]
pub(super) struct Rekey {
    /// Id of the title.
    id: String,
    /// Content key: 16 bytes in hex or base64url.
    #[arg(
        long,
        requires = "kid",
        required_unless_present = "cpix",
        env = "REELDROP_KEY",
        hide_env_values = true
    )]
    key: Option<String>,
    /// Key id: 16 bytes in hex or base64url.
    #[arg(long, requires = "key")]
    kid: Option<String>,
    /// Instead of both: the CPIX document of a key server, with one content key in plain text.
    ///
    /// What it says of commercial key systems (Widevine, PlayReady, FairPlay) comes into the manifests. With
    /// the key that the title has already only these change.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    cpix: Option<PathBuf>,
    /// How to encrypt; as the title is now where it is left out.
    #[arg(long)]
    scheme: Option<Scheme>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Scheme {
    Cbcs,
    Cenc,
    None,
}

impl Scheme {
    pub(super) fn text(self) -> String {
        match self {
            Self::Cbcs => "cbcs",
            Self::Cenc => "cenc",
            Self::None => "none",
        }
        .to_owned()
    }
}

/// The text of a document that is named on the command line; a secret.
pub(super) fn document(path: Option<&Path>) -> Result<Option<String>, ClientError> {
    let Some(path) = path else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path);
    text.map(Some).map_err(|source| ClientError::File {
        path: path.display().to_string(),
        source,
    })
}

/// What is printed of a title's key.
#[derive(Debug, Args)]
pub(super) struct Key {
    /// A CPIX document, as key servers and packagers read it.
    #[arg(long)]
    cpix: bool,
    #[command(flatten)]
    one: One,
}

impl Key {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        match self.cpix {
            true => {
                let asked = async |portal: &Portal, id: &str, _| client::cpix(portal, id).await;
                self.one.run(asked).await
            }
            false => {
                let asked =
                    async |portal: &Portal, id: &str, json| client::key(portal, id, json).await;
                self.one.run(asked).await
            }
        }
    }
}

impl Rekey {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let key = ContentKey {
            key: self.key,
            kid: self.kid,
            cpix: document(self.cpix.as_deref())?,
            scheme: self.scheme.map(Scheme::text),
        };
        let one = One {
            id: self.id,
            common: self.common,
        };
        one.run(async |portal, id, json| client::rekey(portal, id, &key, json).await)
            .await
    }
}
