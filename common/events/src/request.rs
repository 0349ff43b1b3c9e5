//! What people ask for, said by the portal.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AnalysisMode, AssetId, Payload, Scheme};

/// `rekey.requested`: make a further package of the title under another key.
///
/// The key itself lies wrapped in the catalog under its KID before this is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RekeyRequested {
    /// The title.
    pub asset: AssetId,
    /// Key id of the new key: with `scheme`, what makes a repeated request the same package.
    pub kid: Uuid,
    /// How to encrypt.
    pub scheme: Scheme,
    /// How often what a key server says of the key has changed, where the request brings that: manifests
    /// are to say it too. 0 where it brings nothing of that kind.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub described: u32,
}

/// `retry.requested`: run what failed of this title again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRequested {
    /// The title.
    pub asset: AssetId,
    /// Made anew for each request, so that a title can be retried more than once.
    pub request: Uuid,
}

/// `analysis.requested`: look at this title again; what is seen in it stays until that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisRequested {
    /// The title.
    pub asset: AssetId,
    /// Made anew for each request, so that a title can be looked at more than once.
    pub request: Uuid,
    /// How thoroughly; as whoever looks is set where it is left out.
    #[serde(default)]
    pub mode: Option<AnalysisMode>,
    /// Name of the model that finds things; as whoever looks is set where it is left out.
    #[serde(default)]
    pub objects: Option<String>,
}

/// `asset.deleted`: forget this title; what is still under way for it is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetDeleted {
    /// The title.
    pub asset: AssetId,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Payload for RekeyRequested {
    const TYPE: &'static str = "io.reeldrop.rekey.requested.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        let package = format!("{}/{}", self.kid, self.scheme.as_str());
        match self.described {
            0 => package,
            times => format!("{package}/{times}"),
        }
    }
}

impl Payload for RetryRequested {
    const TYPE: &'static str = "io.reeldrop.retry.requested.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        self.request.to_string()
    }
}

impl Payload for AnalysisRequested {
    const TYPE: &'static str = "io.reeldrop.analysis.requested.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        self.request.to_string()
    }
}

impl Payload for AssetDeleted {
    const TYPE: &'static str = "io.reeldrop.asset.deleted.v1";

    fn asset(&self) -> AssetId {
        self.asset
    }

    fn part(&self) -> String {
        String::new()
    }
}
