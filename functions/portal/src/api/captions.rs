//! Captions that a person brings.

use axum::{Json, extract::State, http::StatusCode};
use bytes::Bytes;
use reeldrop_captions::{language, webvtt};
use reeldrop_events::{AssetId, CaptionsImported, Events};
use reeldrop_store::Key;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Error, Portal,
    body::{Ids, Question},
    error::Problem,
};

/// Most bytes of a caption file: ten hours of talk are less than two million.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// Longest name in a menu, characters.
const LONGEST_LABEL: usize = 60;

/// What the file is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Captions {
    /// BCP 47 language, such as `en` or `pt-BR`.
    language: String,
    /// Name to show in a menu; the language's own name where it is left out.
    label: Option<String>,
}

/// The captions are on their way: the title's `captions` say when they are there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Imported {
    asset: Uuid,
    language: String,
    label: String,
    /// How many captions of the file lie within the title.
    cues: usize,
}

/// Takes a SubRip or WebVTT file in place of the captions in its language.
#[utoipa::path(post, path = "/api/assets/{id}/captions", tag = "captions",
    params(("id" = Uuid, Path), Captions),
    request_body(content = String, content_type = "text/vtt", description = "SubRip or WebVTT, 8 MB at most"),
    responses(
    (status = 202, body = Imported),
    (status = 400, description = "The file or the language is none", body = Problem),
    (status = 404, description = "There is no such title", body = Problem),
    (status = 409, description = "How long the title is, is not known yet", body = Problem),
))]
pub(super) async fn import(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
    Question(wanted): Question<Captions>,
    file: Bytes,
) -> Result<(StatusCode, Json<Imported>), Error> {
    let Some(duration_ms) = portal.asset(asset).await?.duration_ms else {
        return Err(Error::Conflict {
            error: "How long the title is, is not known yet.".to_owned(),
            next: "Try again when it is being encoded.",
        });
    };
    let (language, label) = named(&wanted)?;
    let text = file.clone();
    let cues = reeldrop_runtime::blocking(move || webvtt::read(&text, duration_ms))
        .await?
        .map_err(|error| Error::invalid(format!("{error}."), "Send a SubRip or WebVTT file."))?
        .len();
    // What is published under a name never changes: each file gets its own.
    let name = format!("{language}-{}", Uuid::now_v7().simple());
    let key = Key::ImportedCaptions { asset, name: &name };
    portal.store.put(&key, file).await?;
    let imported = CaptionsImported {
        asset,
        name: name.clone(),
        language: language.clone(),
        label: label.clone(),
        duration_ms,
    };
    portal.publisher.send(Events::of(&imported)).await?;
    let answer = Imported {
        asset: asset.0,
        language,
        label,
        cues,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

fn named(wanted: &Captions) -> Result<(String, String), Error> {
    if !language::is_tag(&wanted.language) {
        return Err(Error::invalid(
            format!("{:?} is no language.", wanted.language),
            "Name it as BCP 47 does: en, de, pt-BR.",
        ));
    }
    let language = language::tag(&wanted.language);
    let label = wanted.label.as_deref().unwrap_or_default();
    let label: String = label
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_LABEL)
        .collect();
    let label = match label.trim() {
        "" => language::label(&language),
        label => label.to_owned(),
    };
    Ok((language, label))
}
