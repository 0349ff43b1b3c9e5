//! One published rendition: its playlist, its header, its segments in the clear.

use m3u8_rs::{MasterPlaylist, MediaPlaylist};
use reeldrop_cmaf::{
    CmafError,
    protect::{ContentKey, Decryption, decrypt_init, decrypt_segment},
};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::{
    portal::{ClientError, Portal, cause},
    title::Title,
};

/// A key as the portal shows it to the title's owner, in hex.
#[derive(Deserialize)]
pub(super) struct OwnersKey {
    pub(super) key: String,
    pub(super) kid: String,
}

/// A rendition that is whole.
pub(crate) struct Rendition {
    /// Address that its playlist's names are relative to.
    base: Url,
    pub(crate) playlist: MediaPlaylist,
    /// Its header: in the clear where there is a key.
    pub(crate) header: Vec<u8>,
    decryption: Option<Decryption>,
}

impl Rendition {
    /// Reads the playlist at `base`, and the header. Without `decrypt` all of it stays as it is published;
    /// `key` is the owner's.
    pub(crate) async fn open(
        portal: &Portal,
        title: &Title,
        base: Url,
        (decrypt, key): (bool, Option<&(Uuid, ContentKey)>),
    ) -> Result<Self, ClientError> {
        let text = fetch(portal, &base).await?;
        let playlist = m3u8_rs::parse_media_playlist_res(&text)
            .map_err(|_| ClientError::Failed(format!("{base} is no playlist")))?;
        if !playlist.end_list {
            return Err(unfinished(title));
        }
        let first = playlist.segments.first();
        let map = first.and_then(|first| first.map.as_ref());
        let map = map.ok_or_else(|| ClientError::Failed(format!("{base} names no header")))?;
        let init = fetch(portal, &join(&base, &map.uri)?).await?;
        let (header, decryption) = match decrypt {
            true => clear(init, key)?,
            false => (init, None),
        };
        Ok(Self {
            base,
            playlist,
            header,
            decryption,
        })
    }

    /// Fetches a segment of the playlist.
    pub(crate) async fn segment(
        &self,
        portal: &Portal,
        number: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let segment = self.playlist.segments.get(number);
        let segment = segment
            .ok_or_else(|| ClientError::Failed(format!("{} has no segment {number}", self.base)))?;
        let fetched = fetch(portal, &join(&self.base, &segment.uri)?).await?;
        let Some(decryption) = &self.decryption else {
            return Ok(fetched);
        };
        let mut clear = Vec::new();
        decrypt_segment(&fetched, decryption, &mut clear).map_err(broken)?;
        Ok(clear)
    }
}

/// A header in the clear, and how its segments are decrypted.
fn clear(
    init: Vec<u8>,
    key: Option<&(Uuid, ContentKey)>,
) -> Result<(Vec<u8>, Option<Decryption>), ClientError> {
    // The title may have got another key since it was asked for.
    let of_kid = |kid: Uuid| key.filter(|key| key.0 == kid).map(|key| key.1.clone());
    let decryption = Decryption::new(&init, of_kid).map_err(broken)?;
    let clear = decrypt_init(&init).map_err(broken)?;
    let is_clear = clear == init;
    Ok((clear, (!is_clear).then_some(decryption)))
}

/// The title's multivariant playlist, and its address.
pub(crate) async fn multivariant(
    portal: &Portal,
    title: &Title,
) -> Result<(Url, MasterPlaylist), ClientError> {
    let hls = title.hls.as_deref().ok_or_else(|| unfinished(title))?;
    let url = Url::parse(hls).map_err(|_| ClientError::Failed(format!("{hls} is no address")))?;
    let text = fetch(portal, &url).await?;
    let playlist = m3u8_rs::parse_master_playlist_res(&text)
        .map_err(|_| ClientError::Failed(format!("{url} is no playlist")))?;
    Ok((url, playlist))
}

/// The owner's key of what the title plays; none where that is not encrypted.
pub(crate) async fn content_key(
    portal: &Portal,
    title: &Title,
) -> Result<Option<(Uuid, ContentKey)>, ClientError> {
    let mut packages = title.packages.iter();
    let current = packages.find(|package| package.hls == title.hls);
    if current.is_some_and(|package| package.scheme.as_deref() == Some("none")) {
        return Ok(None);
    }
    let OwnersKey { key, kid } = portal
        .get(&format!("/api/assets/{}/key", title.asset))
        .await?;
    let key = hex::decode(&key).ok().and_then(|key| key.try_into().ok());
    let pair = Uuid::parse_str(&kid).ok().zip(key);
    let (kid, key) = pair.ok_or_else(|| {
        ClientError::Failed("the portal answers with a key that is none".to_owned())
    })?;
    Ok(Some((kid, ContentKey(key))))
}

/// What lies at an address that the portal hands out.
pub(crate) async fn fetch(portal: &Portal, url: &Url) -> Result<Vec<u8>, ClientError> {
    let failed = |error: reqwest::Error| ClientError::Failed(format!("{url}: {}", cause(&error)));
    let answer = portal
        .client()
        .get(url.clone())
        .send()
        .await
        .map_err(failed)?;
    let answer = answer.error_for_status().map_err(failed)?;
    Ok(answer.bytes().await.map_err(failed)?.to_vec())
}

/// The address of `name`, which `base` names.
pub(crate) fn join(base: &Url, name: &str) -> Result<Url, ClientError> {
    let joined = base.join(name);
    joined.map_err(|_| ClientError::Failed(format!("{name} is no address")))
}

/// Says that a title is not there yet.
pub(crate) fn unfinished(title: &Title) -> ClientError {
    ClientError::Failed(format!(
        "{} is {}: wait until it is ready",
        title.asset,
        title.state.as_str()
    ))
}

/// Says that a title's own files make no sense.
pub(super) fn broken(error: CmafError) -> ClientError {
    ClientError::Failed(format!("the title cannot be joined: {error}"))
}
