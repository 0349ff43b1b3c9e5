//! What time it is.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A time that is kept is a wrong one.
const HEADERS: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_TYPE, "text/plain"),
];

/// What time it is, as RFC 3339 and `xs:dateTime` have it.
///
/// For players of growing DASH manifests (`urn:mpeg:dash:utc:http-xsdate:2014`), whose clocks may be wrong.
#[utoipa::path(get, path = "/api/time", tag = "assets", responses(
    (status = 200, body = String, content_type = "text/plain", example = "2026-11-22T05:04:39.064Z"),
))]
pub(super) async fn clock() -> impl IntoResponse {
    // Years of four digits always have a form.
    let now = OffsetDateTime::now_utc().format(&Rfc3339);
    (HEADERS, now.unwrap_or_default())
}
