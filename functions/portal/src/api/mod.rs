//! The API, and the document that describes it.

mod analysis;
mod assets;
mod captions;
mod clock;
pub(crate) mod detections;
mod events;
mod keys;
mod new_upload;
mod search;
mod signing;
mod uploads;

use axum::{Router, extract::DefaultBodyLimit};
use utoipa::{
    OpenApi,
    openapi::{Info, OpenApi as Document},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Portal, media, packaging};

#[derive(OpenApi)]
#[openapi(tags(
    (name = "uploads", description = "Files on their way to the uploads bucket."),
    (name = "assets", description = "Titles: what uploads become."),
    (name = "captions", description = "What is said in titles."),
    (name = "detections", description = "What is seen in titles."),
    (name = "keys", description = "Content keys and licences."),
    (name = "packaging", description = "The older packaging platform's addresses."),
))]
struct Description;

/// Everything under `/api` and `/packaging`, and its OpenAPI document.
pub(crate) fn routes() -> (Router<Portal>, Document) {
    let players = OpenApiRouter::new()
        .routes(routes!(keys::license))
        .routes(routes!(keys::identity_key))
        .routes(routes!(clock::clock))
        .layer(media::any_site());
    let captions = OpenApiRouter::new()
        .routes(routes!(captions::import))
        .layer(DefaultBodyLimit::max(captions::MOST_BYTES));
    let routes = OpenApiRouter::new()
        .routes(routes!(uploads::create))
        .routes(routes!(uploads::state))
        .routes(routes!(uploads::sign_parts))
        .routes(routes!(uploads::complete))
        .routes(routes!(uploads::abort))
        .routes(routes!(assets::list))
        .routes(routes!(assets::show, assets::delete))
        .routes(routes!(assets::retry))
        .routes(routes!(assets::source))
        .routes(routes!(events::title))
        .routes(routes!(events::titles))
        .routes(routes!(search::search))
        .routes(routes!(detections::list))
        .routes(routes!(analysis::request))
        .routes(routes!(keys::rekey))
        .routes(routes!(keys::key))
        .routes(routes!(keys::cpix))
        .routes(routes!(keys::rewrap))
        .merge(players)
        .merge(captions)
        .merge(packaging::routes());
    let mut document = Description::openapi();
    document.info = Info::new("Reeldrop", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "A video file becomes an encrypted title that plays by DASH and HLS. \
         Every refusal is JSON with two sentences: `error`, what happened, and `next`, what to do."
            .to_owned(),
    );
    let (routes, paths) = routes.split_for_parts();
    document.merge(paths);
    (routes, document)
}
