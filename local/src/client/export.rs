//! `reeldrop export`: the published tree as files, by following what refers to what.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use futures::{StreamExt, TryStreamExt, stream};
use tokio::fs;
use url::Url;

use super::{
    portal::{ClientError, Portal},
    rendition,
    title::Title,
};

/// How many files are fetched at a time.
const FILES_AT_A_TIME: usize = 8;

/// Fetches everything that the title's manifests and pictures refer to; gives the number of files.
pub(super) async fn export(
    portal: &Portal,
    title: &Title,
    folder: &Path,
) -> Result<usize, ClientError> {
    let packages = title
        .packages
        .iter()
        .flat_map(|package| [&package.hls, &package.dash]);
    let own = [
        &title.hls,
        &title.hls_js,
        &title.dash,
        &title.poster,
        &title.storyboard,
        &title.preview,
    ];
    let captions = title.captions.iter();
    let captions =
        captions.flat_map(|track| [Some(&track.vtt), Some(&track.srt), track.words.as_ref()]);
    let start = own
        .into_iter()
        .chain(packages)
        .map(Option::as_ref)
        .chain(captions)
        .flatten()
        .filter_map(|url| Url::parse(url).ok())
        // A player's token would stand in the files when it has long expired; where a player begins a
        // growing title is no other address.
        .map(|mut url| {
            url.set_query(None);
            url.set_fragment(None);
            url
        });
    let mut waiting: BTreeSet<Url> = start.collect();
    let mut seen = waiting.clone();
    let mut files = 0;
    while !waiting.is_empty() {
        let fetches = std::mem::take(&mut waiting)
            .into_iter()
            .map(|url| fetch(portal, &title.asset, url, folder));
        let found: Vec<Vec<Url>> = stream::iter(fetches)
            .buffer_unordered(FILES_AT_A_TIME)
            .try_collect()
            .await?;
        files += found.len();
        waiting.extend(
            found
                .into_iter()
                .flatten()
                .filter(|url| seen.insert(url.clone())),
        );
    }
    Ok(files)
}

/// Saves one file; gives what it refers to.
async fn fetch(
    portal: &Portal,
    asset: &str,
    url: Url,
    folder: &Path,
) -> Result<Vec<Url>, ClientError> {
    let Some(path) = place(asset, &url) else {
        return Ok(Vec::new());
    };
    let body = rendition::fetch(portal, &url).await?;
    let is_captions = path.starts_with("text");
    let path = folder.join(path);
    let not_written = |source| ClientError::File {
        path: path.display().to_string(),
        source,
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).await.map_err(not_written)?;
    }
    fs::write(&path, &body).await.map_err(not_written)?;
    let text = match path.extension().and_then(|extension| extension.to_str()) {
        Some("m3u8") => String::from_utf8_lossy(&body),
        // Cues of the storyboard name pictures; captions are only text.
        Some("vtt") if !is_captions => String::from_utf8_lossy(&body),
        Some(_) | None => return Ok(Vec::new()),
    };
    let mut named = references(&text)
        .filter_map(|name| url.join(name).ok())
        .collect::<Vec<_>>();
    named.iter_mut().for_each(|url| url.set_fragment(None));
    // Licence addresses of keys lie elsewhere.
    named.retain(|url| place(asset, url).is_some());
    Ok(named)
}

/// The file's path in the title's own tree: what follows the title's id in its address.
fn place(asset: &str, url: &Url) -> Option<PathBuf> {
    let (before, path) = url.path().split_once(&format!("/{asset}/"))?;
    // `/api/assets/{id}/…` is no published file.
    if before.ends_with("/assets") {
        return None;
    }
    let path = PathBuf::from(
        percent_encoding::percent_decode_str(path)
            .decode_utf8()
            .ok()?
            .as_ref(),
    );
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    is_plain.then_some(path)
}

/// What a playlist or a list of cues refers to: its plain lines, and the URI attributes of its tags.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |line: &&str| {
        let line = line.trim();
        !line.is_empty()
            && !line.starts_with('#')
            && !line.contains("-->")
            && !line.starts_with("WEBVTT")
    };
    let attributes = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .filter_map(|line| line.split_once("URI=\"")?.1.split('"').next());
    text.lines()
        .filter(is_name)
        .map(str::trim)
        .chain(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_and_cues_name_their_files() {
        let playlist = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.0,\n000001.m4s\n\n";
        assert_eq!(
            references(playlist).collect::<Vec<_>>(),
            ["000001.m4s", "init.mp4"]
        );
        let cues = "WEBVTT\n\n00:00.000 --> 00:05.000\n000.jpg#xywh=0,0,160,90\n";
        assert_eq!(
            references(cues).collect::<Vec<_>>(),
            ["000.jpg#xywh=0,0,160,90"]
        );
    }

    #[test]
    fn only_published_files_have_a_place_and_it_is_in_the_folder() {
        let place = |url: &str| place("id", &Url::parse(url).unwrap());
        assert_eq!(
            place("http://h/media/id/1/v/init.mp4"),
            Some("1/v/init.mp4".into())
        );
        assert_eq!(place("http://h/api/assets/id/packages/1/key"), None);
        assert_eq!(place("http://h/media/id/%2e%2e%2fa"), None);
    }
}
