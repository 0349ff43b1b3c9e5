//! `reeldrop rekey`, and how a title is encrypted.

use clap::{Args, ValueEnum};

use super::one::{Common, One};
use crate::client::{self, ClientError, ContentKey};

#[derive(Debug, Args)]
pub(super) struct Rekey {
    /// Id of the title.
    id: String,
    /// Content key: 16 bytes in hex or base64url.
    #[arg(long, env = "REELDROP_KEY", hide_env_values = true)]
    key: String,
    /// Key id: 16 bytes in hex or base64url.
    #[arg(long)]
    kid: String,
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

impl Rekey {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let key = ContentKey {
            key: Some(self.key),
            kid: Some(self.kid),
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
