//! What words mean, for whoever looks for pictures by them.

use std::sync::{Arc, Mutex, PoisonError};

use reeldrop_events::{Embedding, LookingModel};
use reeldrop_runtime::{Failure, blocking};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Config, Error, config::Installed, device::execution, encode::WordEncoder, eye::environment,
};

/// Longest words, bytes: models take far less of them.
const MOST_BYTES: usize = 1_000;

/// The model, read when the first question comes.
pub(crate) type Words = Arc<Mutex<Option<(LookingModel, WordEncoder)>>>;

#[derive(Deserialize)]
struct Question {
    words: String,
}

#[derive(Serialize)]
struct Answer {
    /// What is in the same space can be compared.
    space: String,
    /// None where the words mean nothing.
    embedding: Option<Embedding>,
    /// Lowest cosine at which a picture is like the words.
    alike: f64,
}

/// Answers `{"words": …}`; with none where no model is installed that knows words.
pub(crate) async fn answer(
    config: &Config,
    words: &Words,
    question: Value,
) -> Result<Option<Value>, Failure> {
    let question = Question::deserialize(question).map_err(Failure::permanent)?;
    if question.words.len() > MOST_BYTES {
        let reason = format!("words are {MOST_BYTES} bytes at most");
        return Err(Failure::permanent(reason));
    }
    let Some(installed) = config.words() else {
        return Ok(None);
    };
    let (config, words) = (config.clone(), Arc::clone(words));
    let answered =
        blocking(move || said(&config, &installed, &words, &question.words).map_err(failure));
    let answer = answered.await??;
    answer
        .map(serde_json::to_value)
        .transpose()
        .map_err(Failure::permanent)
}

fn said(
    config: &Config,
    installed: &Installed,
    opened: &Words,
    words: &str,
) -> Result<Option<Answer>, Error> {
    let Some(library) = config.library() else {
        return Ok(None);
    };
    let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
    let fitting = opened
        .take()
        .filter(|(model, _)| *model == installed.named());
    let (_, encoder) = opened.insert(match fitting {
        Some(fitting) => fitting,
        None => {
            let environment = environment(&library)?;
            let execution = execution(&environment, config.execution);
            let threads = config.threads;
            let encoder = WordEncoder::open(&environment, installed, execution, threads)?;
            (installed.named(), encoder)
        }
    });
    let embedding = match words.trim() {
        "" => None,
        words => encoder.encode(words)?,
    };
    Ok(Some(Answer {
        space: encoder.contract().space.clone(),
        embedding,
        alike: encoder.contract().alike,
    }))
}

fn failure(error: Error) -> Failure {
    match error.is_transient() {
        true => Failure::transient(error),
        false => Failure::permanent(error),
    }
}
