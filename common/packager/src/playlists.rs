//! The HLS playlists of what was written: twice where it is encrypted, for players that take keys in
//! one form or the other.

use std::fs;
use std::io;
use std::path::Path;

use reeldrop_cmaf::hls::{self, KeyFormat};
use reeldrop_cmaf::presentation::Presentation;

use crate::manifest::{Done, put};
use crate::{PackageError, ranges};

/// Writes the playlists, those that name others last. A form that is not needed is not left there by an
/// earlier package, either.
pub(crate) fn write(whole: &Presentation, done: &[Done], out: &Path) -> Result<(), PackageError> {
    let encrypted = done.iter().any(Done::is_encrypted);
    let is_needed = |format| encrypted || format == KeyFormat::Identity;
    for format in KeyFormat::ALL {
        if !is_needed(format) {
            // Before what it names.
            remove(&out.join(format.multivariant_file()))?;
        }
        for track in done {
            write_of_track(whole, track, format, is_needed(format), out)?;
        }
    }
    for format in KeyFormat::ALL
        .into_iter()
        .filter(|format| is_needed(*format))
    {
        let text = hls::multivariant_for(whole, format);
        put(&out.join(format.multivariant_file()), &text)?;
    }
    Ok(())
}

/// The playlists of a track: of its segments, and of its key frames where it is a picture.
fn write_of_track(
    whole: &Presentation,
    done: &Done,
    format: KeyFormat,
    is_needed: bool,
    out: &Path,
) -> Result<(), PackageError> {
    let folder = out.join(done.name());
    let track = done.track();
    let media = is_needed.then(|| hls::media_for(whole, &track, format));
    let iframes = hls::iframes(whole, &track, format).filter(|_| is_needed);
    for (file, text) in [
        (format.media_file(), media),
        (format.iframes_file(), iframes),
    ] {
        let path = folder.join(file);
        match (text, &done.ranges) {
            (Some(text), Some((init, index))) => {
                put(
                    &path,
                    &ranges::change(&text, init, index.end, &done.segments),
                )?;
            }
            (Some(text), None) => put(&path, &text)?,
            (None, _) => remove(&path)?,
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), PackageError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PackageError::Write(path.into(), error))
        }
        _ => Ok(()),
    }
}
