//! `reeldrop analyze`.

use clap::{Args, ValueEnum};

use super::one::One;
use crate::client::{self, ClientError, Looking};

pub(super) const EXAMPLES: &str = "Examples:
  reeldrop analyze ID                         after `reeldrop models pull`: look at what nobody could look at
  reeldrop analyze ID --realtime              as fast as it plays; some pictures may be left out
  reeldrop analyze ID --batch                 thoroughly, also where it is looked at in realtime just now
  reeldrop analyze ID --objects nanodet-m     with another model of `reeldrop models list`

What was seen before stays until the new is complete. `reeldrop show ID` says how far it is, and how many
pictures were left out. Asking again for what is under way changes nothing.";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Mode {
    /// Every picture that the rate asks for.
    Batch,
    /// As fast as the title plays.
    Realtime,
}

impl Mode {
    pub(super) fn text(self) -> String {
        match self {
            Self::Batch => "batch",
            Self::Realtime => "realtime",
        }
        .to_owned()
    }
}

#[derive(Debug, Args)]
pub(super) struct Analyze {
    #[command(flatten)]
    one: One,
    /// As fast as the title plays: never more than two seconds behind, leaving pictures out where it must.
    #[arg(long, conflicts_with = "batch")]
    realtime: bool,
    /// Thoroughly: every picture that the rate asks for.
    #[arg(long)]
    batch: bool,
    /// Name of the model that finds things.
    #[arg(long, value_name = "NAME")]
    objects: Option<String>,
}

impl Analyze {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let mode = match (self.realtime, self.batch) {
            (true, _) => Some(Mode::Realtime),
            (false, true) => Some(Mode::Batch),
            (false, false) => None,
        };
        let looking = Looking {
            mode: mode.map(Mode::text),
            objects: self.objects,
        };
        let one = self.one;
        one.run(async |portal, id, json| client::analyze(portal, id, &looking, json).await)
            .await
    }
}
