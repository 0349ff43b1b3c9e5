//! What lies in the buckets of one title.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Every file below a folder: its path in it, and its content.
///
/// # Errors
/// Where a file cannot be read.
pub fn tree(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in
            fs::read_dir(&next).with_context(|| format!("{} is not there", next.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// The clear media of a title in the work bucket of the bundle that keeps its data in `data`.
///
/// # Errors
/// Where they cannot be read.
pub fn clear_parts(data: &Path, asset: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = tree(&data.join("buckets/reeldrop-work").join(asset).join("clear"))?;
    // Beside the media lie indexes, which name the title.
    files.retain(|path, _| {
        path.extension()
            .is_some_and(|kind| kind == "mp4" || kind == "m4s")
    });
    Ok(files)
}

/// Waits until all manifests of a title's first package name its storyboard: they do so some moments
/// after the title is ready.
///
/// # Errors
/// Where that does not happen in `limit`.
pub fn wait_for_storyboard(data: &Path, asset: &str, limit: Duration) -> Result<()> {
    let folder = data.join("buckets/reeldrop-media").join(asset).join("1");
    let end = Instant::now() + limit;
    for manifest in ["stream.m3u8", "stream-clearkey.m3u8", "stream.mpd"] {
        let path = folder.join(manifest);
        while !fs::read_to_string(&path).is_ok_and(|text| text.contains("storyboard")) {
            ensure!(
                Instant::now() < end,
                "{} does not name the storyboard",
                path.display()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}
