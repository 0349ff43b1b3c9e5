//! Chromium, and the scripts that drive it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

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
    static FETCHING: Mutex<()> = Mutex::new(());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let _one_at_a_time = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_fetched(&folder) {
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

/// What one of the scripts prints in a browser: `reports` lines of JSON.
///
/// # Panics
/// Where it prints something else; with what it says of it.
#[must_use]
pub fn watch(script: &str, arguments: &[&str], reports: usize) -> Vec<Value> {
    let script = scripts().join(script);
    let output = Command::new("node").arg(script).args(arguments).output();
    let Ok(output) = output else {
        panic!("node is not there: {output:?}");
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let read: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    match read {
        Ok(read) if read.len() == reports => read,
        Ok(_) | Err(_) => panic!("{text}\n{said}"),
    }
}

/// Whether the packages are there, and none is asked for since they were fetched.
fn is_fetched(folder: &Path) -> bool {
    let changed = |file: &str| {
        folder
            .join(file)
            .metadata()
            .and_then(|file| file.modified())
    };
    let fetched = changed("node_modules/.package-lock.json");
    fetched.is_ok_and(|fetched| changed("package-lock.json").is_ok_and(|asked| asked <= fetched))
}
