//! What words mean to whoever knows pictures: analyze is asked, where it can be.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use reeldrop_catalog::{Alike, Likeness};
use reeldrop_events::Embedding;
use serde::Deserialize;
use serde_json::json;

use crate::Portal;

/// A search waits no longer than this: analyze may have to be started, and reads a model then.
const PATIENCE: Duration = Duration::from_secs(2);

/// After a question that was not answered in time nobody asks for so long: searches would wait in vain.
const PAUSE: Duration = Duration::from_secs(10);

/// Longest answer, bytes: a few thousand numbers.
const LONGEST: usize = 64 << 10;

/// Asks what words mean.
#[derive(Clone)]
pub(crate) struct Meaning {
    /// Where, and with what.
    asking: Option<(String, reqwest::Client)>,
    /// When a question was not answered in time, where that was the last one.
    late: Arc<Mutex<Option<Instant>>>,
}

#[derive(Deserialize)]
struct Answer {
    space: String,
    embedding: Option<Embedding>,
    alike: f64,
}

impl Meaning {
    /// Asks at this address; nobody where there is none.
    pub(crate) fn new(address: Option<&str>) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let client = address.map(|address| client.build().map(|client| (ask(address), client)));
        let asking = client.transpose().unwrap_or_else(|error| {
            tracing::error!(%error, "analyze cannot be asked what words mean");
            None
        });
        Self {
            asking,
            late: Arc::default(),
        }
    }

    /// What pictures must look like to fit the words; none where nobody knows, or nobody has answered just now.
    async fn of(&self, words: &str) -> Result<Option<Likeness>, String> {
        let late = *self.late();
        if late.is_some_and(|late| late.elapsed() < PAUSE) {
            return Ok(None);
        }
        let begun = Instant::now();
        let answer = self.ask(words).await;
        *self.late() = (begun.elapsed() >= PATIENCE).then(Instant::now);
        answer
    }

    fn late(&self) -> MutexGuard<'_, Option<Instant>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, words: &str) -> Result<Option<Likeness>, String> {
        let Some((address, client)) = &self.asking else {
            return Ok(None);
        };
        let said = |error: reqwest::Error| error.to_string();
        let question = client.post(address).json(&json!({ "words": words }));
        let mut response = question.send().await.map_err(said)?;
        // Nobody knows words there.
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(format!("it answers {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(said)? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err("its answer is too long".to_owned());
            }
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        Ok(answer.embedding.map(|embedding| Likeness {
            space: answer.space,
            embedding,
            least: answer.alike,
        }))
    }
}

fn ask(address: &str) -> String {
    format!("{address}/ask")
}

impl Portal {
    /// Moments that look like the words; none where that cannot be told just now, since what else is found
    /// needs it not.
    pub(crate) async fn alike(&self, words: &str, limit: u32) -> Vec<Alike> {
        let found = async {
            // Nobody is woken for titles of which nobody knows what they look like.
            let any = self.catalog.has_embeddings().await;
            if !any.map_err(|error| error.to_string())? {
                return Ok(Vec::new());
            }
            let Some(likeness) = self.meaning.of(words).await? else {
                return Ok(Vec::new());
            };
            let alike = self.catalog.alike(&likeness, limit).await;
            alike.map_err(|error| error.to_string())
        };
        found.await.unwrap_or_else(|reason: String| {
            tracing::warn!(reason, "what looks like the words was not looked for");
            Vec::new()
        })
    }
}
