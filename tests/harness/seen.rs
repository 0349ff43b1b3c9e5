//! What is seen in a title, once somebody has looked.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::Bundle;

/// How long looking at a short clip may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// The JSON at an address of the portal: a path, or all of it.
///
/// # Errors
/// Where it cannot be had, or is no JSON.
pub fn get(bundle: &Bundle, path: &str) -> Result<Value> {
    let url = match path.starts_with('/') {
        true => format!("{}{path}", bundle.url()),
        false => path.to_owned(),
    };
    let output = Command::new("curl").args(["-fsS", &url]).output()?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{url}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What is seen in the title; none, with a line that says why, where nobody can look.
///
/// # Errors
/// Where it cannot be looked at, or that does not end in time.
pub fn wait_until_seen(bundle: &Bundle, asset: &str) -> Result<Option<Value>> {
    let end = Instant::now() + LIMIT;
    loop {
        let seen = get(bundle, &format!("/api/assets/{asset}/detections"))?;
        match seen["analysis"]["state"].as_str() {
            Some("completed") => return Ok(Some(seen)),
            Some("skipped") => {
                skipped(&seen["analysis"]["reason"]);
                return Ok(None);
            }
            Some(state) if state == "failed" || Instant::now() > end => {
                bail!("{seen:#}\n{}", bundle.log())
            }
            Some(_) => {}
            None if Instant::now() > end => bail!("{seen:#}\n{}", bundle.log()),
            None => {}
        }
        thread::sleep(Duration::from_millis(300));
    }
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn skipped(reason: &Value) {
    println!("{reason}");
}
