//! The addresses of the older packaging platform: its clients only change their base address.

mod content;
mod package;
mod upload;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Portal;

pub(crate) fn routes() -> OpenApiRouter<Portal> {
    OpenApiRouter::new()
        .routes(routes!(content::home))
        .routes(routes!(upload::success))
        .routes(routes!(package::packaged_content))
        .routes(routes!(content::by_id))
        .routes(routes!(content::by_content))
}
