//! The public addresses of what an answer names.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header::HOST, request::Parts, uri::Authority},
};
use reeldrop_events::AssetId;

use crate::{
    Config, Error,
    token::{PARAMETER, Tokens},
};

/// Where the portal and the media bucket stand, seen from the caller.
#[derive(Clone)]
pub(crate) struct Addresses {
    portal: String,
    media: String,
    tokens: Tokens,
}

impl Addresses {
    fn new(config: &Config, tokens: Tokens, headers: &HeaderMap) -> Result<Self, Error> {
        let portal = match &config.portal_url {
            Some(portal) => portal.clone(),
            None => asked(headers)?,
        };
        let media = match &config.media_url {
            Some(media) => media.clone(),
            None => format!("{portal}/media"),
        };
        Ok(Self {
            portal,
            media,
            tokens,
        })
    }

    /// The page that plays a title.
    pub(crate) fn watch(&self, asset: AssetId) -> String {
        format!("{}/watch/{asset}", self.portal)
    }

    /// A manifest with a token for its title: the portal's own address, since no CDN knows tokens.
    pub(crate) fn manifest(&self, asset: AssetId, key: &str) -> String {
        let token = self.tokens.issue(asset);
        format!("{}/media/{key}?{PARAMETER}={token}", self.portal)
    }

    /// An object of the media bucket. Its key is one that Reeldrop made, which needs no escapes.
    pub(crate) fn media(&self, key: &str) -> String {
        format!("{}/{key}", self.media)
    }
}

/// The address that the request was sent to.
fn asked(headers: &HeaderMap) -> Result<String, Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST.as_str())
        .and_then(|host| host.parse::<Authority>().ok())
        .ok_or_else(|| Error::invalid("The request has no Host header.", "Send one."))?;
    // A load balancer that ends TLS says so.
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        Some(_) | None => "http",
    };
    Ok(format!("{scheme}://{host}"))
}

impl<S> FromRequestParts<S> for Addresses
where
    S: Send + Sync,
    Arc<Config>: FromRef<S>,
    Tokens: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        Self::new(
            &Arc::from_ref(state),
            Tokens::from_ref(state),
            &parts.headers,
        )
    }
}
