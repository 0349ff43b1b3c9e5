//! `reeldrop add`: from a file to a title that plays.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use indicatif::MultiProgress;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    portal::{ClientError, Portal},
    progress::{self, Bars},
    title::{Title, TitleState},
    upload::{self, ContentKey},
};
use crate::output;

/// How many files are uploaded and followed at a time.
const FILES_AT_A_TIME: usize = 4;
/// How long the portal may be away before the command gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before asking again.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

/// What `add` was asked for.
#[derive(Clone, Debug)]
pub struct AddOptions {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The caller's key.
    pub key: ContentKey,
    /// How thoroughly to look at the titles: `batch` or `realtime`.
    pub analysis_mode: Option<String>,
    /// One JSON line for each file instead of bars.
    pub json: bool,
}

/// How a command ended; the worst of all files decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is well.
    Ready,
    /// A file can never become a title.
    Rejected,
    /// A title, or what was asked for, has failed.
    Failed,
    /// The portal does not answer.
    Unreachable,
}

impl Outcome {
    /// The exit status of the command.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::Rejected => 2,
            Self::Failed => 3,
            Self::Unreachable => 4,
        }
    }

    /// How a command ends that meets this error.
    #[must_use]
    pub fn of_error(error: &ClientError) -> Self {
        match error {
            ClientError::Unreachable { .. } => Self::Unreachable,
            ClientError::Rejected(_) => Self::Rejected,
            ClientError::Refused(_)
            | ClientError::Upload(_)
            | ClientError::File { .. }
            | ClientError::Failed(_) => Self::Failed,
        }
    }
}

/// What became of one file.
struct Added {
    title: Option<Title>,
    error: Option<ClientError>,
    first_playable_ms: Option<u64>,
    ready_ms: Option<u64>,
}

/// Uploads the files and follows them to their ends.
pub async fn add(portal: &Portal, options: &AddOptions) -> Outcome {
    let all = progress::bars(options.json);
    let one = |file: &PathBuf| {
        let (file, all) = (file.clone(), all.clone());
        async move { add_one(portal, &file, options, &all).await }
    };
    let files: Vec<_> = options.files.iter().map(one).collect();
    let outcomes: Vec<Outcome> = stream::iter(files)
        .buffer_unordered(FILES_AT_A_TIME)
        .collect()
        .await;
    outcomes.into_iter().max().unwrap_or(Outcome::Ready)
}

async fn add_one(
    portal: &Portal,
    file: &Path,
    options: &AddOptions,
    all: &MultiProgress,
) -> Outcome {
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let size = std::fs::metadata(file).map_or(0, |file| file.len());
    let mut bars = Bars::new(all, &name, size);
    let mut added = Added {
        title: None,
        error: None,
        first_playable_ms: None,
        ready_ms: None,
    };
    if let Err(error) = follow(portal, file, options, &mut bars, &mut added).await {
        added.error = Some(error);
    }
    if options.json {
        bars.clear();
        output::json(&added.json(file));
    } else {
        bars.end(&format!("{name}: {}", added.describe()));
    }
    added.outcome()
}

async fn follow(
    portal: &Portal,
    file: &Path,
    options: &AddOptions,
    bars: &mut Bars,
    added: &mut Added,
) -> Result<(), ClientError> {
    let started = Instant::now();
    let asked = (&options.key, &options.analysis_mode);
    let asset = upload::upload(portal, file, asked, bars.sent()).await?;
    let mut heard = Instant::now();
    loop {
        match watch(portal, &asset, started, bars, added, &mut heard).await {
            Ok(true) => return Ok(()),
            // The portal ended the stream, or is being started again.
            Ok(false) => {}
            Err(error @ ClientError::Unreachable { .. }) if heard.elapsed() > PATIENCE => {
                return Err(error);
            }
            Err(ClientError::Unreachable { .. }) => {}
            Err(error) => return Err(error),
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// Follows one stream of events; true when the title has come to its end.
async fn watch(
    portal: &Portal,
    asset: &str,
    started: Instant,
    bars: &mut Bars,
    added: &mut Added,
    heard: &mut Instant,
) -> Result<bool, ClientError> {
    let mut events = portal
        .events(&format!("/api/assets/{asset}/events"))
        .await?;
    while let Some(event) = events
        .next()
        .await
        .map_err(|error| portal.unreachable(&error))?
    {
        *heard = Instant::now();
        if event.name == "deleted" {
            return Err(ClientError::Failed("the title was deleted".to_owned()));
        }
        let Ok(title) = serde_json::from_str::<Title>(&event.data) else {
            continue;
        };
        let now_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if matches!(title.state, TitleState::Playable | TitleState::Ready) {
            added.first_playable_ms.get_or_insert(now_ms);
        }
        if title.state == TitleState::Ready {
            added.ready_ms.get_or_insert(now_ms);
        }
        bars.show(&title);
        let is_final = title.state.is_final();
        added.title = Some(title);
        if is_final {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Added {
    fn outcome(&self) -> Outcome {
        match (&self.error, &self.title) {
            (Some(error), _) => Outcome::of_error(error),
            (None, Some(title)) if title.state == TitleState::Ready => Outcome::Ready,
            (None, Some(title)) if title.state == TitleState::Rejected => Outcome::Rejected,
            (None, Some(_) | None) => Outcome::Failed,
        }
    }

    fn json(&self, file: &Path) -> Value {
        let title = self.title.as_ref();
        let state = match &self.error {
            Some(ClientError::Rejected(_)) => TitleState::Rejected.as_str(),
            Some(_) => TitleState::Failed.as_str(),
            None => title
                .map_or(TitleState::Failed, |title| title.state)
                .as_str(),
        };
        let error = self.error.as_ref().map(ToString::to_string);
        json!({
            "file": file.to_string_lossy(),
            "asset": title.map(|title| &title.asset),
            "state": state,
            "reason": error.or_else(|| title.and_then(|title| title.reason.clone())),
            "duration_ms": title.and_then(|title| title.duration_ms),
            "hls": title.and_then(|title| title.hls.as_ref()),
            "dash": title.and_then(|title| title.dash.as_ref()),
            "watch": title.and_then(|title| title.watch.as_ref()),
            "first_playable_ms": self.first_playable_ms,
            "ready_ms": self.ready_ms,
        })
    }

    fn describe(&self) -> String {
        if let Some(error) = &self.error {
            return error.to_string();
        }
        let Some(title) = &self.title else {
            return "nothing was heard of it".to_owned();
        };
        let reason = title.reason.as_deref().unwrap_or("no reason given");
        match title.state {
            TitleState::Ready => {
                let seconds = |ms: Option<u64>| ms.unwrap_or_default() as f64 / 1_000.0;
                format!(
                    "ready in {:.1} s (played after {:.1} s): {}",
                    seconds(self.ready_ms),
                    seconds(self.first_playable_ms),
                    title.watch.as_deref().unwrap_or_default()
                )
            }
            TitleState::Rejected => format!("rejected: {reason}"),
            TitleState::Failed => format!(
                "failed: {reason} (try again: reeldrop retry {})",
                title.asset
            ),
            TitleState::Received
            | TitleState::Processing
            | TitleState::Playable
            | TitleState::Other => title.state.as_str().to_owned(),
        }
    }
}
