//! Content keys: the owner's, and the players'.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reeldrop_catalog::{AssetDetail, AssetState, ContentKey};
use reeldrop_events::{AssetId, Events, PackageNo, RekeyRequested, Scheme};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Error, Portal,
    body::{Body, Ids, Question},
    error::Problem,
    key_document,
    key_text::Wanted,
};

/// Keys are for the one who asks now, not for caches.
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];
const XML: (HeaderName, &str) = (header::CONTENT_TYPE, "application/xml");

/// Keys that one request wraps again: some milliseconds for each hundred.
const REWRAPPED_AT_ONCE: u32 = 500;

/// A further package is under way: the title's `packages` say when it is ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rekeying {
    asset: Uuid,
    kid: Uuid,
    #[schema(value_type = String, example = "cbcs")]
    scheme: Scheme,
}

/// A title's key, for its owner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnersKey {
    /// 16 bytes in hex.
    key: String,
    /// 16 bytes in hex.
    kid: String,
}

/// Where to go on.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct Rewrap {
    /// The `next` of the answer before; from the first key where it is left out.
    after: Option<Place>,
}

/// One content key.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct Place {
    asset: Uuid,
    kid: Uuid,
}

/// How far keys were wrapped again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rewrapping {
    /// Keys that were looked at.
    looked_at: u64,
    /// Those among them that an earlier master key had wrapped.
    rewrapped: u64,
    /// Those that no key of the master key's file unwraps.
    unreadable: u64,
    /// What to ask with for further keys; none at the end.
    next: Option<Place>,
}

/// What a player shows to be given a key.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// From the address of the manifest that names this address.
    token: Option<String>,
}

/// W3C Encrypted Media Extensions, 9.1.3: what a Clear Key player asks.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct LicenseRequest {
    /// Key ids in base64url.
    kids: Vec<String>,
}

/// W3C Encrypted Media Extensions, 9.1.4: a JSON Web Key set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct License {
    keys: Vec<JsonWebKey>,
    #[schema(example = "temporary")]
    #[serde(rename = "type")]
    kind: &'static str,
}

/// One key.
#[derive(Debug, Serialize, ToSchema)]
struct JsonWebKey {
    #[schema(example = "oct")]
    kty: &'static str,
    /// Key id in base64url.
    kid: String,
    /// Key in base64url.
    k: String,
}

/// Encrypts a title again under another key, without encoding it again.
#[utoipa::path(post, path = "/api/assets/{id}/rekey", tag = "keys", params(("id" = Uuid, Path)),
    request_body = Wanted, responses(
    (status = 202, body = Rekeying),
    (status = 400, description = "The key or the KID is wrong", body = Problem),
    (status = 404, description = "There is no such title", body = Problem),
    (status = 409, description = "The KID names another key of the title", body = Problem),
))]
pub(super) async fn rekey(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
    Body(new): Body<Wanted>,
) -> Result<(StatusCode, Json<Rekeying>), Error> {
    let (key, scheme) = new.read()?;
    let key = key.ok_or_else(|| {
        Error::invalid(
            "There is no key to package with.",
            "Send `key` and `kid`, or a CPIX document as `cpix`.",
        )
    })?;
    let scheme = portal.package_again(asset, &key, scheme).await?;
    let body = Rekeying {
        asset: asset.0,
        kid: key.kid,
        scheme,
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// How a package is encrypted, once that is known.
fn scheme_of(title: &AssetDetail, package: PackageNo) -> Option<Scheme> {
    let mut packages = title.packages.iter();
    let package = packages.find(|known| known.package == package);
    package.and_then(|package| package.scheme)
}

impl Portal {
    /// Keeps the key and asks for a package under it; asking again for the same changes nothing.
    pub(crate) async fn package_again(
        &self,
        asset: AssetId,
        key: &ContentKey,
        scheme: Option<Scheme>,
    ) -> Result<Scheme, Error> {
        let detail = self.detail(asset).await?;
        if detail.asset.state == AssetState::Rejected {
            return Err(Error::Conflict {
                error: "The file cannot become a title, so there is nothing to encrypt.".to_owned(),
                next: "Upload another file.",
            });
        }
        let current = detail.asset.current_package.unwrap_or(PackageNo::FIRST);
        let scheme = match scheme.or(scheme_of(&detail, current)) {
            Some(Scheme::Cenc) => Scheme::Cenc,
            Some(Scheme::Cbcs) | None => Scheme::Cbcs,
            Some(Scheme::None) if scheme.is_none() => Scheme::Cbcs,
            Some(Scheme::None) => {
                return Err(Error::invalid(
                    "A key comes with scheme none, which encrypts nothing.",
                    "Choose cbcs or cenc.",
                ));
            }
        };
        let described = self.keys.stage(asset, key).await?;
        let request = RekeyRequested {
            asset,
            kid: key.kid,
            scheme,
            described,
        };
        self.publisher.send(Events::of(&request)).await?;
        Ok(scheme)
    }

    /// Lets a player have keys of the title. Who has no token is turned away uncounted, so that
    /// nobody uses up what is left to those who have one.
    fn admit(&self, asset: AssetId, asked: &Asked, headers: &HeaderMap) -> Result<(), Error> {
        self.tokens.check(asset, asked.token.as_deref())?;
        self.limit.count(&self.config, headers, asset)
    }

    /// The package that a title plays, and its key.
    async fn current_key(&self, asset: AssetId) -> Result<(PackageNo, ContentKey), Error> {
        let title = self.asset(asset).await?;
        let package = title.current_package.unwrap_or(PackageNo::FIRST);
        Ok((package, self.key_of(asset, package).await?))
    }

    async fn key_of(&self, asset: AssetId, package: PackageNo) -> Result<ContentKey, Error> {
        let key = self.keys.package_key(asset, package).await?;
        key.ok_or_else(|| Error::Unknown(format!("key of package {package} of title {asset}")))
    }
}

/// Wraps content keys again that an earlier master key has wrapped: some at a time.
#[utoipa::path(post, path = "/api/keys/rewrap", tag = "keys", request_body = Rewrap, responses(
    (status = 200, body = Rewrapping),
))]
pub(super) async fn rewrap(
    State(portal): State<Portal>,
    Body(asked): Body<Rewrap>,
) -> Result<Json<Rewrapping>, Error> {
    let after = asked.after.map(|place| (AssetId(place.asset), place.kid));
    let done = portal.keys.rewrap(after, REWRAPPED_AT_ONCE).await?;
    Ok(Json(Rewrapping {
        looked_at: done.looked_at,
        rewrapped: done.rewrapped,
        unreadable: done.unreadable,
        next: done.next.map(|(asset, kid)| Place {
            asset: asset.0,
            kid,
        }),
    }))
}

/// The key of a title, for its owner.
#[utoipa::path(get, path = "/api/assets/{id}/key", tag = "keys", params(("id" = Uuid, Path)), responses(
    (status = 200, body = OwnersKey),
    (status = 404, description = "There is no such title, or it has no key yet", body = Problem),
))]
pub(super) async fn key(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
) -> Result<impl IntoResponse, Error> {
    let (_, key) = portal.current_key(asset).await?;
    let body = OwnersKey {
        key: hex::encode(key.key),
        kid: key.kid.simple().to_string(),
    };
    Ok((NO_STORE, Json(body)))
}

/// The key of a title as a CPIX document, for its owner and its key server.
#[utoipa::path(get, path = "/api/assets/{id}/key.cpix", tag = "keys", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "CPIX 2.3, the key in plain text", body = String, content_type = "application/xml"),
    (status = 404, description = "There is no such title, or it has no key yet", body = Problem),
))]
pub(super) async fn cpix(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
) -> Result<impl IntoResponse, Error> {
    let (package, key) = portal.current_key(asset).await?;
    let scheme = scheme_of(&portal.detail(asset).await?, package);
    let body = key_document::write(asset, &key, scheme.unwrap_or_default());
    Ok(([XML, NO_STORE[0].clone()], body))
}

/// A Clear Key licence.
#[utoipa::path(post, path = "/api/assets/{id}/packages/{package}/license", tag = "keys",
    params(("id" = Uuid, Path), ("package" = u32, Path), Asked), request_body = LicenseRequest, responses(
    (status = 200, body = License),
    (status = 403, description = "There is no token for this title, or it has expired", body = Problem),
    (status = 429, description = "Too many requests", body = Problem),
    (status = 404, description = "The package has none of these keys", body = Problem),
))]
pub(super) async fn license(
    State(portal): State<Portal>,
    Ids((asset, package)): Ids<(AssetId, PackageNo)>,
    Question(asked): Question<Asked>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<impl IntoResponse, Error> {
    portal.admit(asset, &asked, &headers)?;
    // Players send it as text/plain or without a type at all.
    let request: LicenseRequest = serde_json::from_slice(&body).map_err(|_| {
        Error::invalid(
            "This is no Clear Key licence request.",
            "Send {\"kids\": […]} as JSON.",
        )
    })?;
    let key = portal.key_of(asset, package).await?;
    let kid = URL_SAFE_NO_PAD.encode(key.kid.as_bytes());
    if !request
        .kids
        .iter()
        .any(|asked| asked.trim_end_matches('=') == kid)
    {
        return Err(Error::Unknown(format!(
            "such key in package {package} of title {asset}"
        )));
    }
    let key = JsonWebKey {
        kty: "oct",
        kid,
        k: URL_SAFE_NO_PAD.encode(key.key),
    };
    Ok((
        NO_STORE,
        Json(License {
            keys: vec![key],
            kind: "temporary",
        }),
    ))
}

/// The key of a package as 16 bytes, as HLS players with the key format `identity` ask for it.
#[utoipa::path(get, path = "/api/assets/{id}/packages/{package}/key", tag = "keys",
    params(("id" = Uuid, Path), ("package" = u32, Path), Asked), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 403, description = "There is no token for this title, or it has expired", body = Problem),
    (status = 429, description = "Too many requests", body = Problem),
    (status = 404, description = "The package has no key", body = Problem),
))]
pub(super) async fn identity_key(
    State(portal): State<Portal>,
    Ids((asset, package)): Ids<(AssetId, PackageNo)>,
    Question(asked): Question<Asked>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    portal.admit(asset, &asked, &headers)?;
    let key = portal.key_of(asset, package).await?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((NO_STORE, kind, key.key.to_vec()))
}
