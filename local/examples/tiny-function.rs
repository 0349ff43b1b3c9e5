//! A function for tests of the activator: says who it is, and waits as long as it is told.

use std::{io, time::Duration};

use axum::{Router, body::Bytes, routing::get};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = std::env::var("PORT")
        .unwrap_or_default()
        .parse()
        .unwrap_or(8080);
    let answer = async |body: Bytes| {
        let wait_ms = str::from_utf8(&body)
            .ok()
            .and_then(|text| text.parse().ok());
        tokio::time::sleep(Duration::from_millis(wait_ms.unwrap_or(0))).await;
        format!(
            "{} {}",
            std::process::id(),
            std::env::var("GREETING").unwrap_or_default()
        )
    };
    let router = Router::new()
        .route(
            "/readyz",
            get(async || [("reeldrop-process-id", std::process::id().to_string())]),
        )
        .route("/", get(answer).post(answer));
    axum::serve(
        tokio::net::TcpListener::bind(("127.0.0.1", port)).await?,
        router,
    )
    .await
}
