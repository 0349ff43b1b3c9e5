//! One line on the terminal for each change of a title's state.

use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;

use crate::{
    client::{Portal, Title, TitleState},
    output,
};

/// How long to wait before asking again after the stream has ended.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Shows changes until dropped.
pub(super) async fn show(url: String) {
    let Ok(portal) = Portal::new(&url) else {
        return;
    };
    let mut states = HashMap::new();
    loop {
        if let Ok(mut events) = portal.events("/api/events").await {
            while let Ok(Some(event)) = events.next().await {
                if event.name == "asset"
                    && let Ok(title) = serde_json::from_str::<Title>(&event.data)
                    && states.insert(title.asset.clone(), title.state) != Some(title.state)
                {
                    output::line(&describe(&title));
                }
            }
        }
        sleep(AGAIN_AFTER).await;
    }
}

fn describe(title: &Title) -> String {
    let Title { file, .. } = title;
    let reason = title.reason.as_deref().unwrap_or("no reason given");
    let watch = title.watch.as_deref().unwrap_or_default();
    match title.state {
        TitleState::Received => format!("{file}: received"),
        TitleState::Processing => format!("{file}: being made"),
        TitleState::Playable => format!("{file}: plays already at {watch}"),
        TitleState::Ready => format!("{file}: ready at {watch}"),
        TitleState::Rejected => format!("{file}: rejected: {reason}"),
        TitleState::Failed => {
            format!(
                "{file}: failed: {reason} (try again: reeldrop retry {})",
                title.asset
            )
        }
        TitleState::Other => format!("{file}: changed"),
    }
}
