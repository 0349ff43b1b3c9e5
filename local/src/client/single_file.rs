//! `reeldrop export --single-file`: one MP4 of a finished title, segment by segment.

use std::path::{Path, PathBuf};

use m3u8_rs::{AlternativeMediaType, MasterPlaylist};
use reeldrop_cmaf::{
    movie::{append_fragments, merge_headers},
    protect::ContentKey,
};
use tokio::{
    fs::File,
    io::{AsyncWrite, AsyncWriteExt, BufWriter},
};
use uuid::Uuid;

use super::{
    portal::{ClientError, Portal},
    rendition::{Rendition, broken, join, multivariant},
    title::Title,
};

/// What to make one file of.
#[derive(Clone, Debug)]
pub struct SingleFile {
    /// The file; `-` for standard output.
    pub output: PathBuf,
    /// Leave the samples encrypted.
    pub encrypted: bool,
    /// Name of the video rendition; the best where it is left out.
    pub rendition: Option<String>,
    /// Name of the audio rendition; the default one where it is left out.
    pub audio: Option<String>,
}

/// One track of the file.
struct Track {
    rendition: Rendition,
    /// The next segment, and when it begins, seconds.
    next: usize,
    time_s: f64,
}

/// Writes the file; gives its size, bytes. `key` is the owner's.
pub(super) async fn export(
    portal: &Portal,
    title: &Title,
    wanted: &SingleFile,
    key: Option<(Uuid, ContentKey)>,
) -> Result<u64, ClientError> {
    let tracks = open(portal, title, wanted, key).await?;
    if wanted.output == Path::new("-") {
        return write(portal, wanted, tracks, tokio::io::stdout()).await;
    }
    // What was there stays until all of the new file is.
    let mut part = wanted.output.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let not_written = |error| not_written(wanted, error);
    let file = File::create(&part).await.map_err(not_written)?;
    let written = match write(portal, wanted, tracks, file).await {
        Ok(bytes) => {
            let renamed = tokio::fs::rename(&part, &wanted.output).await;
            renamed.map(|()| bytes).map_err(not_written)
        }
        Err(error) => Err(error),
    };
    if written.is_err() {
        // The first error says more than one about the rest of the file.
        let _ = tokio::fs::remove_file(&part).await;
    }
    written
}

async fn write(
    portal: &Portal,
    wanted: &SingleFile,
    (mut tracks, header): (Vec<Track>, Vec<u8>),
    out: impl AsyncWrite + Unpin,
) -> Result<u64, ClientError> {
    let mut out = BufWriter::new(out);
    let mut bytes = header.len() as u64;
    let written = out.write_all(&header).await;
    written.map_err(|error| not_written(wanted, error))?;
    let mut sequence = 1;
    let mut joined = Vec::new();
    // The track whose next segment begins first, so that players need not look far ahead.
    while let Some((index, track)) = next_track(&mut tracks) {
        let segment = track.rendition.segment(portal, track.next).await?;
        track.time_s += f64::from(track.rendition.playlist.segments[track.next].duration);
        track.next += 1;
        joined.clear();
        let id = u32::try_from(index + 1).unwrap_or(u32::MAX);
        sequence = append_fragments(&segment, id, sequence, &mut joined).map_err(broken)?;
        bytes += joined.len() as u64;
        let written = out.write_all(&joined).await;
        written.map_err(|error| not_written(wanted, error))?;
    }
    out.flush()
        .await
        .map_err(|error| not_written(wanted, error))?;
    Ok(bytes)
}

fn next_track(tracks: &mut [Track]) -> Option<(usize, &mut Track)> {
    let left = tracks
        .iter_mut()
        .enumerate()
        .filter(|(_, track)| track.next < track.rendition.playlist.segments.len());
    left.min_by(|(_, a), (_, b)| a.time_s.total_cmp(&b.time_s))
}

/// The tracks, and the header of the file.
async fn open(
    portal: &Portal,
    title: &Title,
    wanted: &SingleFile,
    key: Option<(Uuid, ContentKey)>,
) -> Result<(Vec<Track>, Vec<u8>), ClientError> {
    let (multivariant, playlist) = multivariant(portal, title).await?;
    let names = chosen(&playlist, wanted).map_err(ClientError::Failed)?;
    let mut tracks = Vec::new();
    let mut longest_s: f64 = 0.0;
    for name in names {
        let base = join(&multivariant, &name)?;
        let decryption = (!wanted.encrypted, key.as_ref());
        let rendition = Rendition::open(portal, title, base, decryption).await?;
        let segments = rendition.playlist.segments.iter();
        let durations = segments.map(|segment| f64::from(segment.duration));
        longest_s = longest_s.max(durations.sum());
        tracks.push(Track {
            rendition,
            next: 0,
            time_s: 0.0,
        });
    }
    let headers = tracks.iter().map(|track| track.rendition.header.as_slice());
    let headers: Vec<&[u8]> = headers.collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are not negative, and conversion saturates"
    )]
    let duration_ms = (longest_s * 1000.0).round() as u64;
    let header = merge_headers(&headers, duration_ms).map_err(broken)?;
    Ok((tracks, header))
}

/// Addresses of the playlists of the chosen renditions, picture before sound.
fn chosen(playlist: &MasterPlaylist, wanted: &SingleFile) -> Result<Vec<String>, String> {
    let folder = |uri: &str| uri.rsplit('/').nth(1).unwrap_or(uri).to_owned();
    let variants = playlist
        .variants
        .iter()
        .filter(|variant| !variant.is_i_frame);
    let video = match &wanted.rendition {
        None => variants.clone().max_by_key(|variant| variant.bandwidth),
        Some(name) => Some(
            variants
                .clone()
                .find(|variant| folder(&variant.uri) == *name)
                .ok_or_else(|| {
                    let names: Vec<_> = variants.map(|variant| folder(&variant.uri)).collect();
                    format!("no rendition {name}: there are {}", names.join(", "))
                })?,
        ),
    };
    let mut audio = playlist
        .alternatives
        .iter()
        .filter(|media| media.media_type == AlternativeMediaType::Audio)
        .filter_map(|media| Some((media.default, media.uri.as_deref()?)));
    let mut listed = audio.clone();
    let audio = match &wanted.audio {
        None => audio
            .clone()
            .find(|(default, _)| *default)
            .or_else(|| audio.next()),
        Some(name) => Some(audio.find(|(_, uri)| folder(uri) == *name).ok_or_else(|| {
            let names: Vec<_> = listed.by_ref().map(|(_, uri)| folder(uri)).collect();
            format!("no sound {name}: there is {}", names.join(", "))
        })?),
    };
    let video = video.map(|variant| variant.uri.clone());
    Ok(video
        .into_iter()
        .chain(audio.map(|(_, uri)| uri.to_owned()))
        .collect())
}

fn not_written(wanted: &SingleFile, source: std::io::Error) -> ClientError {
    ClientError::File {
        path: wanted.output.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYLIST: &str = "#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"de\",URI=\"audio-0/index.m3u8\"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,AUTOSELECT=YES,URI=\"audio-1/index.m3u8\"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"
small/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO=\"a\"
large/index.m3u8
";

    fn names(rendition: Option<&str>, audio: Option<&str>) -> Result<Vec<String>, String> {
        let playlist = m3u8_rs::parse_master_playlist_res(PLAYLIST.as_bytes()).unwrap();
        let wanted = SingleFile {
            output: "x".into(),
            encrypted: false,
            rendition: rendition.map(str::to_owned),
            audio: audio.map(str::to_owned),
        };
        chosen(&playlist, &wanted)
    }

    #[test]
    fn the_best_picture_and_the_default_sound_are_chosen() {
        let found = names(None, None).unwrap();
        assert_eq!(found, ["large/index.m3u8", "audio-1/index.m3u8"]);
        let found = names(Some("small"), Some("audio-0")).unwrap();
        assert_eq!(found, ["small/index.m3u8", "audio-0/index.m3u8"]);
    }

    #[test]
    fn a_rendition_that_is_not_there_is_named_with_those_that_are() {
        let error = names(Some("huge"), None).unwrap_err();
        assert_eq!(error, "no rendition huge: there are small, large");
    }
}
