//! Real clips, where `REELDROP_TEST_MEDIA` names their folder.

use std::path::{Path, PathBuf};

/// The folder of clips, or none with a line that says what is skipped.
#[must_use]
pub fn clips(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_TEST_MEDIA").map(PathBuf::from);
    if folder.as_deref().is_some_and(Path::is_dir) {
        return folder;
    }
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    {
        println!("skipped: {test} needs clips; set REELDROP_TEST_MEDIA to their folder");
    }
    None
}

/// One clip by its file name.
#[must_use]
pub fn clip(test: &str, name: &str) -> Option<PathBuf> {
    clips(test).map(|folder| folder.join(name))
}
