//! What the deployment says.

use std::fs;

use anyhow::{Context, ensure};
use reeldrop_runtime::{env, env_or};

use crate::caller::{Callers, Google};

const DEFAULT_UPLOADS_BUCKET: &str = "reeldrop-uploads";
const DEFAULT_KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// What the deployment says.
#[derive(Debug)]
pub struct Config {
    /// `REELDROP_UPLOADS_BUCKET`: the only bucket whose objects are uploads, `gs://` before it or not.
    pub uploads_bucket: String,
    /// Whose requests are taken: `REELDROP_PUSH_AUDIENCE` and `REELDROP_PUSH_ACCOUNT` for Pub/Sub,
    /// `REELDROP_WEBHOOK_TOKEN_FILE` for webhooks, or anyone's.
    pub callers: Callers,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable that another one needs is missing, or the token's file cannot be read.
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            uploads_bucket: bucket_name(&env_or("REELDROP_UPLOADS_BUCKET", DEFAULT_UPLOADS_BUCKET)),
            callers: callers()?,
        })
    }
}

/// The name that notifications have for the bucket: without the `gs://` that says whose it is.
fn bucket_name(setting: &str) -> String {
    let name = setting.strip_prefix("gs://").unwrap_or(setting);
    name.trim_end_matches('/').to_owned()
}

fn callers() -> anyhow::Result<Callers> {
    let audience = env_or("REELDROP_PUSH_AUDIENCE", "");
    if !audience.is_empty() {
        let account = env("REELDROP_PUSH_ACCOUNT")?;
        let keys_url = env_or("REELDROP_PUSH_KEYS_URL", DEFAULT_KEYS_URL);
        return Ok(Callers::Google(Box::new(Google::new(
            audience, account, keys_url,
        ))));
    }
    let path = env_or("REELDROP_WEBHOOK_TOKEN_FILE", "");
    if path.is_empty() {
        return Ok(Callers::Anyone);
    }
    let token = fs::read_to_string(&path)
        .with_context(|| format!("REELDROP_WEBHOOK_TOKEN_FILE={path} cannot be read"))?;
    let token = token.trim();
    ensure!(
        !token.is_empty(),
        "REELDROP_WEBHOOK_TOKEN_FILE={path} is empty"
    );
    Ok(Callers::Token(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_name_the_bucket_without_its_provider() {
        for setting in ["uploads", "gs://uploads", "gs://uploads/"] {
            assert_eq!(bucket_name(setting), "uploads");
        }
    }
}
