//! What commands about titles are told.

use clap::Args;

use crate::client::{ClientError, Portal};

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Address of the portal.
    #[arg(long, env = "REELDROP_URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// Print JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// Id of the title.
    pub(super) id: String,
    #[command(flatten)]
    pub(super) common: Common,
}

impl One {
    pub(super) async fn run(
        self,
        command: impl AsyncFnOnce(&Portal, &str, bool) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let portal = Portal::new(&self.common.url)?;
        command(&portal, &self.id, self.common.json).await
    }
}
