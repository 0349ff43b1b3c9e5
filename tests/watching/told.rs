//! The metrics that the programs of a running bundle tell.

use std::{collections::BTreeSet, fs};

use reeldrop_tests::{Bundle, descendants};

/// Names of all metrics that any program of the bundle tells now.
pub(crate) async fn names(bundle: &Bundle) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for port in descendants(bundle.pid()).into_iter().filter_map(port) {
        let address = format!("http://127.0.0.1:{port}/metrics");
        // A function may end while it is asked.
        if let Ok(response) = reqwest::get(address).await
            && let Ok(text) = response.text().await
        {
            names.extend(text.lines().filter_map(name));
        }
    }
    names
}

/// The port that the runner gave to a function.
fn port(pid: u32) -> Option<u16> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let variable = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(b"PORT="))?;
    std::str::from_utf8(variable).ok()?.parse().ok()
}

/// `name` of `name{label="value"} 1` and of `name 1`.
fn name(line: &str) -> Option<String> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with('#'))
        .then(|| line.split(['{', ' ']).next().unwrap().to_owned())
}
