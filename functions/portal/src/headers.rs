//! What every answer says to browsers, and what they may not do.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use reeldrop_store::{Bucket, Location};

use crate::{Error, Portal};

/// What the page may load and where it may send: worked out once.
#[derive(Clone, Debug)]
pub(crate) struct Policy(HeaderValue);

impl Policy {
    pub(crate) async fn new(portal: &Portal) -> Result<Self, Error> {
        let uploads = Location {
            bucket: portal.store.bucket_name(Bucket::Uploads).to_owned(),
            object: "probe".to_owned(),
        };
        // Where uploads go depends on the store's settings: signing one tells.
        let signed = portal
            .store
            .presign_put(&uploads, None, &BTreeMap::new(), Duration::from_secs(60))
            .await?;
        let uploads = origin(&signed.url).unwrap_or_default();
        let media = portal
            .config
            .media_url
            .as_deref()
            .and_then(origin)
            .unwrap_or_default();
        let policy = [
            "default-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
            "script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self' blob:",
            &format!("img-src 'self' data: blob: {media}"),
            &format!("media-src 'self' blob: {media}"),
            // Shaka Player reads keys that it has already from data: addresses.
            &format!("connect-src 'self' data: {uploads} {media}"),
        ];
        let policy = policy.join("; ");
        HeaderValue::try_from(policy)
            .map(Self)
            .map_err(|_| Error::invalid("REELDROP_MEDIA_URL is no address.", "Mend it."))
    }
}

fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// Adds the headers that keep a page from doing what it has no reason to.
pub(crate) async fn protect(
    State(Policy(policy)): State<Policy>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Refuses what another site's page would change on behalf of its visitor.
///
/// Forms and beacons cross origins without asking first; every browser names their site truly.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let site = request.headers().get("sec-fetch-site");
    let foreign = site.is_some_and(|site| site == "cross-site");
    // Players on any site may ask for a licence.
    let license = request.uri().path().ends_with("/license");
    if foreign && !reads && !license {
        return Error::OtherSite.into_response();
    }
    next.run(request).await
}

/// Text is worth compressing; pictures, segments and event streams are not, and ranges must stay as they are.
pub(crate) fn worth_compressing(
    status: StatusCode,
    _: Version,
    headers: &HeaderMap,
    _: &Extensions,
) -> bool {
    const TEXT: [&str; 7] = [
        "text/html",
        "text/css",
        "text/javascript",
        "text/vtt",
        "application/json",
        "application/dash+xml",
        "application/vnd.apple.mpegurl",
    ];
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    status == StatusCode::OK && TEXT.iter().any(|text| kind.starts_with(text))
}
