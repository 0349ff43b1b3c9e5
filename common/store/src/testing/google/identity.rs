//! Who may: a token instead of Google's, a secret instead of IAM's key.

use bytes::Bytes;
use google_cloud_auth::{
    credentials::{CacheableResource, CredentialsProvider, EntityTag},
    errors::CredentialsError,
    signer::{Result as SignResult, SigningError, SigningProvider},
};
use http::{Extensions, HeaderMap, HeaderValue, Request, header::AUTHORIZATION};
use sha2::{Digest, Sha256};

const TOKEN: &str = "Bearer of nothing";
const SECRET: &str = "not a secret";
const ACCOUNT: &str = "fake@test.iam.gserviceaccount.com";
const SIGNATURE: &str = "&X-Goog-Signature=";

/// The only identity that the fake knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fake;

impl CredentialsProvider for Fake {
    async fn headers(
        &self,
        _extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Ok(CacheableResource::New {
            entity_tag: EntityTag::new(),
            data: HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(TOKEN))]),
        })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

impl SigningProvider for Fake {
    async fn client_email(&self) -> SignResult<String> {
        Ok(ACCOUNT.to_owned())
    }

    async fn sign(&self, content: &[u8]) -> SignResult<Bytes> {
        Ok(Bytes::from(signature(content)))
    }
}

/// One whom IAM lets not sign, and answers with this HTTP status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unable(pub(super) u16);

impl SigningProvider for Unable {
    async fn client_email(&self) -> SignResult<String> {
        Ok(ACCOUNT.to_owned())
    }

    async fn sign(&self, _content: &[u8]) -> SignResult<Bytes> {
        let answer = Bytes::from_static(b"{\"error\": {\"message\": \"IAM's words\"}}");
        let error = google_cloud_gax::error::Error::http(self.0, HeaderMap::new(), answer);
        Err(SigningError::from_msg(error))
    }
}

fn signature(content: &[u8]) -> Vec<u8> {
    let hash = Sha256::new().chain_update(SECRET).chain_update(content);
    hash.finalize().to_vec()
}

/// Whether the request has the token.
pub(super) fn is_known<B>(request: &Request<B>) -> bool {
    let header = request.headers().get(AUTHORIZATION);
    header.is_some_and(|header| header == TOKEN)
}

/// Whether the request is what was signed: method, path, query and the headers that were named.
/// <https://cloud.google.com/storage/docs/authentication/canonical-requests>
pub(super) fn is_signed<B>(request: &Request<B>) -> bool {
    let Some((query, signed)) = request.uri().query().and_then(|q| q.split_once(SIGNATURE)) else {
        return false;
    };
    let value = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
    };
    let (Some(names), Some(date), Some(credential)) = (
        value("X-Goog-SignedHeaders"),
        value("X-Goog-Date"),
        value("X-Goog-Credential"),
    ) else {
        return false;
    };
    let mut headers = String::new();
    for name in names.split(';') {
        let header = request.headers().get(name);
        let header = header.and_then(|header| header.to_str().ok());
        let header = header.unwrap_or_default();
        // Google has no ports: its client signs the bare host.
        let header = match name {
            "host" => header.split(':').next().unwrap_or_default(),
            _ => header,
        };
        headers += &format!("{name}:{header}\n");
    }
    let canonical = [
        request.method().as_str(),
        request.uri().path(),
        query,
        &headers,
        &names,
        "UNSIGNED-PAYLOAD",
    ]
    .join("\n");
    let scope = credential.split_once('/').map_or("", |(_, scope)| scope);
    let hash = hex::encode(Sha256::digest(canonical));
    let content = format!("GOOG4-RSA-SHA256\n{date}\n{scope}\n{hash}");
    hex::encode(signature(content.as_bytes())) == signed
}
