//! Manifests on their way to a player: licence addresses get the player's token, and addresses of
//! media lead to the CDN where there is one.
//!
//! Manifests are text that `encrypt-package` wrote, one address a line.

use std::fmt::Write as _;

use reeldrop_events::AssetId;

use crate::token::PARAMETER;

/// A manifest is at most some megabytes: a day of segments.
pub(crate) const LIMIT_BYTES: u64 = 32 << 20;

/// What an object of the media bucket is to a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hls,
    Dash,
}

impl Kind {
    /// None where the object is no manifest.
    pub(crate) fn of(object: &str) -> Option<Self> {
        match object.rsplit_once('.')?.1 {
            "m3u8" => Some(Self::Hls),
            "mpd" => Some(Self::Dash),
            _ => None,
        }
    }
}

/// What is put into a manifest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Player<'a> {
    pub(crate) asset: AssetId,
    pub(crate) token: &'a str,
    /// The media bucket's address and the manifest's folder in it, with a slash at the end; none
    /// where media lie beside the manifest.
    pub(crate) media: Option<&'a str>,
}

/// The manifest for that player.
pub(crate) fn personal(kind: Kind, text: &str, player: Player<'_>) -> String {
    match kind {
        Kind::Hls => playlist(text, player),
        Kind::Dash => mpd(text, player),
    }
}

fn mpd(text: &str, player: Player<'_>) -> String {
    let text = licences(text, player);
    let Some(base) = player.media else {
        return text;
    };
    let end = text
        .find("<MPD")
        .and_then(|start| Some(start + text.get(start..)?.find('>')? + 1));
    let Some((head, rest)) = end.and_then(|end| text.split_at_checked(end)) else {
        return text;
    };
    format!("{head}\n  <BaseURL>{base}</BaseURL>{rest}")
}

fn playlist(text: &str, player: Player<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    for line in licences(text, player).lines() {
        match line.split_once("URI=\"") {
            _ if !line.starts_with('#') => out.push_str(&address(line, player)),
            Some((before, rest)) if line.starts_with('#') => {
                let (uri, after) = rest.split_once('"').unwrap_or((rest, ""));
                // Writing to a string cannot fail.
                let _ = write!(out, "{before}URI=\"{}\"{after}", address(uri, player));
            }
            Some(_) | None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// A playlist beneath this one is fetched with the token, too; media may lie elsewhere.
fn address(uri: &str, player: Player<'_>) -> String {
    if uri.is_empty() || uri.starts_with('/') || uri.contains(':') {
        return uri.to_owned();
    }
    match player.media {
        _ if uri.ends_with(".m3u8") => format!("{uri}?{PARAMETER}={}", player.token),
        Some(base) => beneath(base, uri),
        None => uri.to_owned(),
    }
}

/// `uri` seen from the folder `base`, without `..`: not every player takes these out of an absolute
/// address.
fn beneath(base: &str, uri: &str) -> String {
    let (mut folder, mut rest) = (base.trim_end_matches('/'), uri);
    while let Some((parent, below)) = folder
        .rsplit_once('/')
        .and_then(|(parent, _)| Some((parent, rest.strip_prefix("../")?)))
    {
        (folder, rest) = (parent, below);
    }
    format!("{folder}/{rest}")
}

/// Adds the token to each licence and key address of the title.
fn licences(text: &str, player: Player<'_>) -> String {
    let mark = format!("/api/assets/{}/packages/", player.asset);
    let mut parts = text.split(mark.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        let (address, rest) = part.split_at(end.unwrap_or(part.len()));
        let _ = write!(out, "{mark}{address}?{PARAMETER}={}{rest}", player.token);
    }
    out
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn player(media: Option<&str>) -> Player<'_> {
        Player {
            asset: AssetId(Uuid::from_u128(1)),
            token: "T",
            media,
        }
    }

    #[test]
    fn playlists_beneath_and_keys_get_the_token() {
        let text = format!(
            "#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"https://p/api/assets/{ID}/packages/1/key\",KEYFORMAT=\"identity\"\n\
             #EXT-X-MEDIA:TYPE=AUDIO,URI=\"audio-0/index.m3u8\",CHANNELS=\"2\"\nv/index.m3u8\n#EXT-X-MAP:URI=\"init.mp4\"\n000000.m4s\n"
        );
        let expected = format!(
            "#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"https://p/api/assets/{ID}/packages/1/key?token=T\",KEYFORMAT=\"identity\"\n\
             #EXT-X-MEDIA:TYPE=AUDIO,URI=\"audio-0/index.m3u8?token=T\",CHANNELS=\"2\"\nv/index.m3u8?token=T\n#EXT-X-MAP:URI=\"init.mp4\"\n000000.m4s\n"
        );
        assert_eq!(personal(Kind::Hls, &text, player(None)), expected);
    }

    #[test]
    fn media_lead_to_the_cdn() {
        let text = "#EXT-X-MAP:URI=\"init.mp4\"\n000000.m4s\nhttps://x/000001.m4s\nv/index.m3u8\n";
        let expected = "#EXT-X-MAP:URI=\"https://cdn/a/1/v/init.mp4\"\nhttps://cdn/a/1/v/000000.m4s\nhttps://x/000001.m4s\nv/index.m3u8?token=T\n";
        let beside = player(Some("https://cdn/a/1/v/"));
        assert_eq!(personal(Kind::Hls, text, beside), expected);
        // Captions do not depend on the package, and lie beside it.
        let text = "#EXTINF:60.0,\n../text/en-1/0.vtt\n";
        let expected = "#EXTINF:60.0,\nhttps://cdn/a/text/en-1/0.vtt\n";
        assert_eq!(
            personal(Kind::Hls, text, player(Some("https://cdn/a/1/"))),
            expected
        );
        assert_eq!(personal(Kind::Hls, text, player(None)), text);
    }

    #[test]
    fn mpds_get_token_and_base() {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<MPD type=\"static\">\n  <Period>\n<dashif:Laurl>/api/assets/{ID}/packages/12/license</dashif:Laurl>\n\
             <dashif:Laurl>https://other/license</dashif:Laurl>"
        );
        let expected = format!(
            "<?xml version=\"1.0\"?>\n<MPD type=\"static\">\n  <BaseURL>https://cdn/a/1/</BaseURL>\n  <Period>\n<dashif:Laurl>/api/assets/{ID}/packages/12/license?token=T</dashif:Laurl>\n\
             <dashif:Laurl>https://other/license</dashif:Laurl>"
        );
        let player = player(Some("https://cdn/a/1/"));
        assert_eq!(personal(Kind::Dash, &text, player), expected);
    }

    #[test]
    fn other_objects_are_no_manifests() {
        assert_eq!(Kind::of("a/1/stream.mpd"), Some(Kind::Dash));
        assert_eq!(Kind::of("a/1/v/index.m3u8"), Some(Kind::Hls));
        assert_eq!(Kind::of("a/1/v/000000.m4s"), None);
        assert_eq!(Kind::of("a"), None);
    }
}
