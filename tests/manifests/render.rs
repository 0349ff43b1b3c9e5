//! kustomize, as `kubectl kustomize` or on its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The program and the words that come before the folder.
pub(crate) struct Kustomize(&'static [&'static str]);

impl Kustomize {
    /// The first that is installed; says so where none is.
    pub(crate) fn find() -> Option<Self> {
        let ways: [(&[&str], &[&str]); 2] = [
            (
                &["kubectl", "kustomize"],
                &["kubectl", "kustomize", "--help"],
            ),
            (&["kustomize", "build"], &["kustomize", "version"]),
        ];
        for (way, probe) in ways {
            let ran = Command::new(probe[0]).args(&probe[1..]).output();
            if ran.is_ok_and(|output| output.status.success()) {
                return Some(Self(way));
            }
        }
        eprintln!(
            "skipped: neither kubectl nor kustomize is installed, so no overlay was rendered"
        );
        None
    }

    /// The objects of an overlay, as YAML documents.
    pub(crate) fn build(&self, folder: &Path) -> String {
        let output = Command::new(self.0[0])
            .args(&self.0[1..])
            .arg(folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}
