//! Titles and moments by words.

use axum::{Json, extract::State};
use reeldrop_events::AssetId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::detections::Thing;
use crate::{Error, Portal, addresses::Addresses, body::Question, error::Problem};

/// Moments that are found where no number is asked for.
const DEFAULT_LIMIT: u32 = 30;

/// Longest question, characters.
const LONGEST: usize = 200;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Words {
    /// Words that are all said, or all seen at once; `"a phrase"`, `this or that`, `-not this`.
    q: String,
    /// How many moments, 1 to 100; 30 where it is left out.
    limit: Option<u32>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Found {
    /// Titles by their names, the newest first.
    titles: Vec<Named>,
    /// Moments at which the words are said: those with the very phrase first.
    moments: Vec<Moment>,
    /// Moments at which all of the words are seen: the surest of each title first.
    sightings: Vec<Sighting>,
    /// Moments that look like the words, the most alike first; none where no model knows that.
    alike: Vec<Likeness>,
}

/// A title whose name was looked for.
#[derive(Debug, Serialize, ToSchema)]
struct Named {
    asset: Uuid,
    /// Its name.
    file: String,
    /// Address of the page that plays it.
    watch: String,
    /// Address of its poster (JPEG).
    poster: Option<String>,
}

/// A moment at which something is said.
#[derive(Debug, Serialize, ToSchema)]
struct Moment {
    #[serde(flatten)]
    title: Named,
    /// BCP 47 language of what is said.
    language: String,
    /// When it is said, milliseconds.
    start_ms: u64,
    /// Until when, milliseconds.
    end_ms: u64,
    /// The caption.
    text: String,
}

/// A moment at which something is seen.
#[derive(Debug, Serialize, ToSchema)]
struct Sighting {
    #[serde(flatten)]
    title: Named,
    #[serde(flatten)]
    seen: Thing,
}

/// A moment that looks like the words.
#[derive(Debug, Serialize, ToSchema)]
struct Likeness {
    #[serde(flatten)]
    title: Named,
    /// When the scene begins, milliseconds.
    start_ms: u64,
    /// When it ends, milliseconds.
    end_ms: u64,
    /// When its picture is shown that was compared, milliseconds.
    best_ms: u64,
    /// The cosine between picture and words, as the model sees them: the higher, the more alike.
    similarity: f64,
}

/// Finds titles by what is said and seen in them, by what they look like, and by their names.
#[utoipa::path(get, path = "/api/search", tag = "captions", params(Words), responses(
    (status = 200, body = Found),
    (status = 400, description = "The question is too long", body = Problem),
))]
pub(super) async fn search(
    State(portal): State<Portal>,
    addresses: Addresses,
    Question(words): Question<Words>,
) -> Result<Json<Found>, Error> {
    if words.q.chars().count() > LONGEST {
        return Err(Error::invalid(
            "The question is too long.",
            "Ask with at most 200 characters.",
        ));
    }
    let limit = words.limit.unwrap_or(DEFAULT_LIMIT);
    let found = portal.catalog.search(&words.q, limit);
    let (found, alike) = tokio::join!(found, portal.alike(&words.q, limit));
    let found = found?;
    let named = |asset: AssetId, file: String, poster: Option<String>| Named {
        asset: asset.0,
        watch: addresses.watch(asset),
        poster: poster.map(|key| addresses.media(&key)),
        file,
    };
    let sightings = found.sightings.into_iter().map(|sighting| {
        let mut title = named(sighting.asset, sighting.name, sighting.poster);
        let start_s = sighting.detection.start_ms as f64 / 1_000.0;
        title.watch = format!("{}?t={start_s}", title.watch);
        Sighting {
            title,
            seen: Thing::new(sighting.detection),
        }
    });
    let alike = alike.into_iter().map(|alike| {
        let mut title = named(alike.asset, alike.name, alike.poster);
        title.watch = format!("{}?t={}", title.watch, alike.best_ms as f64 / 1_000.0);
        Likeness {
            title,
            start_ms: alike.start_ms,
            end_ms: alike.end_ms,
            best_ms: alike.best_ms,
            similarity: (alike.similarity * 10_000.0).round() / 10_000.0,
        }
    });
    let titles = found.titles.into_iter();
    let moments = found.moments.into_iter().map(|moment| {
        let mut title = named(moment.asset, moment.name, moment.poster);
        title.watch = format!("{}?t={}", title.watch, moment.start_ms as f64 / 1_000.0);
        Moment {
            title,
            language: moment.language,
            start_ms: moment.start_ms,
            end_ms: moment.end_ms,
            text: moment.text,
        }
    });
    Ok(Json(Found {
        titles: titles
            .map(|title| named(title.asset, title.name, title.poster))
            .collect(),
        moments: moments.collect(),
        sightings: sightings.collect(),
        alike: alike.collect(),
    }))
}
