//! Who is believed: tokens against a key server in this process.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use axum::{Json, Router, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bucket_source::{Callers, Google};
use reeldrop_runtime::Refusal;
use serde_json::{Value, json};

const AUDIENCE: &str = "https://uploads.example.com/";
const ACCOUNT: &str = "reeldrop-pubsub@project.iam.gserviceaccount.com";

/// An issuer with one key.
struct Issuer {
    key: KeyPair,
    url: String,
    fetched: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start() -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = key.public_key();
        let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let set = json!({"keys": [{
            "kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        }]});
        let fetched = Arc::new(AtomicUsize::new(0));
        let count = fetched.clone();
        let keys = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            Json(set)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/certs", listener.local_addr().unwrap());
        let router = Router::new().route("/certs", get(keys));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { key, url, fetched }
    }

    fn callers(&self) -> Callers {
        Callers::Google(Box::new(Google::new(
            AUDIENCE.to_owned(),
            ACCOUNT.to_owned(),
            self.url.clone(),
        )))
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &random,
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!(
            "Bearer {signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        )
    }
}

fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": "one"})
}

fn claims() -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "sub": "1", "email": ACCOUNT,
        "email_verified": true, "exp": now.as_secs() + 600,
    })
}

fn with(mut value: Value, field: &str, to: impl Into<Value>) -> Value {
    value[field] = to.into();
    value
}

#[tokio::test]
async fn the_subscription_s_token_is_believed_and_its_key_fetched_once() {
    let issuer = Issuer::start().await;
    let callers = issuer.callers();
    let token = issuer.token(&header(), &claims());
    for _ in 0..3 {
        assert_eq!(callers.admit(Some(&token)).await, Ok(()));
    }
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn other_tokens_are_not_believed() {
    let issuer = Issuer::start().await;
    let callers = issuer.callers();
    let sound = issuer.token(&header(), &claims());
    let forged = sound.replacen("Bearer ", "Bearer e30.", 1);
    let none = BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": "one"}).to_string());
    let unsigned = format!("Bearer {none}.{}.", sound.split('.').nth(1).unwrap());
    let unproven = [
        (
            "expired",
            issuer.token(&header(), &with(claims(), "exp", 1_000_000)),
        ),
        (
            "for others",
            issuer.token(&header(), &with(claims(), "aud", "https://example.com/")),
        ),
        (
            "another issuer",
            issuer.token(&header(), &with(claims(), "iss", "https://example.com")),
        ),
        (
            "no expiry",
            issuer.token(&header(), &with(claims(), "exp", Value::Null)),
        ),
        (
            "unknown key",
            issuer.token(&with(header(), "kid", "two"), &claims()),
        ),
        (
            "no key",
            issuer.token(&with(header(), "kid", Value::Null), &claims()),
        ),
        (
            "another algorithm",
            issuer.token(&with(header(), "alg", "HS256"), &claims()),
        ),
        ("forged", forged),
        ("unsigned", unsigned),
        ("no token", "Bearer ".to_owned()),
        ("basic", "Basic dTpw".to_owned()),
    ];
    for (case, token) in unproven {
        let refused = callers.admit(Some(&token)).await;
        assert!(
            matches!(refused, Err(Refusal::Unproven(_))),
            "{case}: {refused:?}"
        );
    }
    assert!(matches!(
        callers.admit(None).await,
        Err(Refusal::Unproven(_))
    ));
    let strangers = [
        with(claims(), "email", "other@project.iam.gserviceaccount.com"),
        with(claims(), "email_verified", false),
    ];
    for claims in strangers {
        let refused = callers.admit(Some(&issuer.token(&header(), &claims))).await;
        assert!(matches!(refused, Err(Refusal::Stranger(_))), "{refused:?}");
    }
    // However many unknown keys are named, the issuer is not asked each time.
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_the_issuer_nothing_is_decided() {
    let issuer = Issuer::start().await;
    let callers = Callers::Google(Box::new(Google::new(
        AUDIENCE.to_owned(),
        ACCOUNT.to_owned(),
        "http://127.0.0.1:9/certs".to_owned(),
    )));
    let refused = callers
        .admit(Some(&issuer.token(&header(), &claims())))
        .await;
    assert!(matches!(refused, Err(Refusal::Undecided(_))), "{refused:?}");
}

#[tokio::test]
async fn a_webhook_proves_itself_by_its_token() {
    let callers = Callers::Token("secret".to_owned());
    assert_eq!(callers.admit(Some("Bearer secret")).await, Ok(()));
    let refused = callers.admit(Some("Bearer secre")).await;
    assert!(matches!(refused, Err(Refusal::Stranger(_))));
    assert!(matches!(
        callers.admit(None).await,
        Err(Refusal::Unproven(_))
    ));
}
