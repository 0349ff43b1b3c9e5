//! Chromium, and the scripts that drive it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const CHROMIUM: [&str; 3] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
];

/// The browser, or none with a line that says what is skipped.
#[must_use]
pub fn chromium() -> Option<&'static str> {
    let found = CHROMIUM.into_iter().find(|path| Path::new(path).is_file());
    if found.is_none() {
        #[expect(clippy::print_stdout, reason = "a skipped test says so")]
        {
            println!("skipped: no Chromium is installed; nothing is tested in a browser");
        }
    }
    found
}

/// The folder of the scripts, with the packages that they need.
///
/// # Panics
/// Where npm cannot fetch them: a test cannot go on without.
#[must_use]
pub fn scripts() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    if !folder.join("node_modules/playwright-core").is_dir() {
        let fetched = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder)
            .status();
        assert!(
            fetched.is_ok_and(|status| status.success()),
            "npm ci in tests/browser failed"
        );
    }
    folder
}
