//! Starts the portal.

use std::process::ExitCode;

fn main() -> ExitCode {
    reeldrop_runtime::serve_http(portal::NAME, async |publisher| {
        let portal = portal::Portal::from_env(publisher).await?;
        Ok(portal::router(portal).await?)
    })
}
