//! Steps that cannot succeed, and what of a title they are about.

use deadpool_postgres::Transaction;
use reeldrop_events::{AssetId, Events, StepFailed, revision_of};

use crate::{Error, analysis, settle::settle, speech, title::Title};

const KEEP: &str = "
    insert into failures (asset, step, part, package, kind, rendition, index, essential, reason)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (asset, step, part) do update set reason = excluded.reason";

/// Pictures that were made stay, and so does a first poster.
const NO_PICTURES: &str = "
    insert into thumbnails (asset, state, reason) values ($1, 'failed', $2)
    on conflict (asset) do update set state = excluded.state, reason = excluded.reason
    where thumbnails.state = 'early'";

/// Which package, and which part of it, something is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) package: Option<i32>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) rendition: Option<String>,
    pub(crate) index: Option<i32>,
}

impl About {
    /// All of a title.
    pub(crate) fn title() -> Self {
        Self::default()
    }

    /// All of a package.
    pub(crate) fn package(package: i32) -> Self {
        Self {
            package: Some(package),
            ..Self::default()
        }
    }

    /// A chunk.
    pub(crate) fn chunk(package: i32, index: i32) -> Self {
        Self {
            package: Some(package),
            kind: Some("chunk"),
            rendition: Some(String::new()),
            index: Some(index),
        }
    }

    /// A part of an audio rendition.
    pub(crate) fn audio(package: i32, rendition: &str, index: i32) -> Self {
        Self {
            package: Some(package),
            kind: Some("audio"),
            rendition: Some(rendition.to_owned()),
            index: Some(index),
        }
    }

    /// Reads the part of the event that failed: a chunk's, an audio part's, either with the package
    /// before it, or an announced run's, which is about its package.
    pub(crate) fn part(text: &str) -> Self {
        let words: Vec<&str> = text.split('/').collect();
        let number = |word: &str| word.parse::<i32>().ok();
        match words.as_slice() {
            [index] => number(index).map_or_else(Self::title, |index| Self::chunk(1, index)),
            [first, last] => match (number(first), number(last)) {
                (Some(package), Some(index)) => Self::chunk(package, index),
                (None, Some(index)) => Self::audio(1, first, index),
                (Some(package), None) => Self::package(package),
                (None, None) => Self::title(),
            },
            [first, rendition, last] => match (number(first), number(last)) {
                (Some(package), Some(index)) => Self::audio(package, rendition, index),
                (Some(package), None) => Self::package(package),
                (None, _) => Self::title(),
            },
            _ => Self::title(),
        }
    }
}

/// Whether a title cannot be finished without a step. What a newer Reeldrop adds, it can.
pub(crate) fn is_essential(step: &str) -> bool {
    matches!(
        step,
        "bucket-source" | "probe" | "transcode" | "encrypt-package" | "catalog-write"
    )
}

/// `step.failed`.
pub(crate) async fn keep(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &StepFailed,
) -> Result<Events, Error> {
    let about = About::part(&said.part);
    let statement = transaction.prepare_cached(KEEP).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &said.step,
                &said.part,
                &about.package,
                &about.kind,
                &about.rendition,
                &about.index,
                &is_essential(&said.step),
                &said.reason,
            ],
        )
        .await?;
    // A title can do without a first poster: the pictures are still to come.
    if said.step == "thumbnail" && said.part.is_empty() {
        no_pictures(transaction, title.asset, &said.reason).await?;
    }
    // A file that a person has brought changes nothing about what was heard, nor do subtitles.
    let of_speech = said.part != "import" && !said.part.starts_with("subtitles/");
    if said.step == "transcribe" && of_speech {
        speech::failed(transaction, title, &said.reason).await?;
    }
    if said.step == "analyze" {
        let revision = revision_of(&said.part);
        analysis::failed(transaction, title, &said.reason, revision).await?;
    }
    settle(transaction, title.asset).await?;
    Ok(Events::none())
}

/// The title has to do without pictures.
pub(crate) async fn no_pictures(
    transaction: &Transaction<'_>,
    asset: AssetId,
    reason: &str,
) -> Result<(), Error> {
    let statement = transaction.prepare_cached(NO_PICTURES).await?;
    transaction
        .execute(&statement, &[&asset.0, &reason])
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::About;

    #[test]
    fn the_part_of_a_failed_event_says_what_it_is_about() {
        assert_eq!(About::part("3"), About::chunk(1, 3));
        assert_eq!(About::part("audio-0/2"), About::audio(1, "audio-0", 2));
        assert_eq!(About::part("2/3"), About::chunk(2, 3));
        assert_eq!(About::part("2/audio-0/1"), About::audio(2, "audio-0", 1));
        assert_eq!(About::part("2/17/false"), About::package(2));
        assert_eq!(About::part(""), About::title());
    }
}
