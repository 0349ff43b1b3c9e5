//! Looking at a title again, and what is said of that.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    commands::{say, title},
    portal::{ClientError, Portal},
};

/// Whether somebody has looked at a title.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Analysis {
    /// What was asked for last: `planned`, `completed`, `skipped` or `failed`.
    pub state: String,
    /// How thoroughly: `batch` or `realtime`.
    #[serde(default)]
    pub mode: String,
    /// Why nobody looks, or could.
    #[serde(default)]
    pub reason: Option<String>,
    /// How thoroughly what is seen was looked for, once something is.
    #[serde(default)]
    pub seen_mode: Option<String>,
    /// Pictures that were looked at for it.
    #[serde(default)]
    pub pictures: u64,
    /// Pictures that were left out, so as not to fall behind.
    #[serde(default)]
    pub dropped: u64,
}

impl Analysis {
    /// In words for a person: `completed, in realtime: 4 of 24 pictures were left out`.
    #[must_use]
    pub fn words(&self) -> String {
        let realtime = |mode: &str| {
            if mode == "realtime" {
                ", in realtime"
            } else {
                ""
            }
        };
        let mut words = self.state.clone();
        words.push_str(realtime(&self.mode));
        if let Some(reason) = &self.reason {
            words.push_str(&format!(": {reason}"));
        }
        if self.dropped > 0 {
            let all = self.pictures + self.dropped;
            words.push_str(&format!(
                ": {} of {all} pictures were left out",
                self.dropped
            ));
        }
        if self.state != "completed" && self.seen_mode.is_some() {
            words.push_str("; what was seen before is shown");
        }
        words
    }
}

/// How to look.
#[derive(Clone, Debug, Default)]
pub struct Looking {
    /// `batch` or `realtime`; as whoever looks is set where it is left out.
    pub mode: Option<String>,
    /// Name of the model that finds things.
    pub objects: Option<String>,
}

/// Looks at a title again.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or refuses.
pub async fn analyze(
    portal: &Portal,
    id: &str,
    looking: &Looking,
    as_json: bool,
) -> Result<(), ClientError> {
    let request = json!({"mode": looking.mode, "objects": looking.objects});
    let _: Value = portal
        .post(&format!("/api/assets/{id}/analysis"), &request)
        .await?;
    let title = title(portal, id).await?;
    let more = json!({"mode": looking.mode, "objects": looking.objects});
    say(as_json, &title, more, "is looked at again");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_it_names_what_was_left_out_and_what_is_still_shown() {
        let words = |analysis: Value| {
            serde_json::from_value::<Analysis>(analysis)
                .unwrap()
                .words()
        };
        assert_eq!(
            words(json!({"state": "completed", "mode": "batch"})),
            "completed"
        );
        assert_eq!(
            words(
                json!({"state": "completed", "mode": "realtime", "seen_mode": "realtime",
                "pictures": 20, "dropped": 4})
            ),
            "completed, in realtime: 4 of 24 pictures were left out"
        );
        assert_eq!(
            words(json!({"state": "skipped", "reason": "skipped: no model", "seen_mode": "batch"})),
            "skipped: skipped: no model; what was seen before is shown"
        );
    }
}
