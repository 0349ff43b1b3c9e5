#![doc = include_str!("../README.md")]

mod error;
mod manifest;
mod mpd;
mod output;
mod ranges;
mod settings;
mod source;
mod track;

use std::io::Read;
use std::path::Path;

use reeldrop_cmaf::movie::{Kind, Movie, MovieTrack};

pub use error::PackageError;
pub use settings::{Input, Key, Keys, Layout, Settings};

use output::TrackOutput;
use source::{FileSource, StreamSource};
use track::{Origin, TrackWriter};

/// What became of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packaged {
    /// Its name, which is its folder.
    pub name: String,
    /// RFC 6381 name of its codec.
    pub codec: String,
    /// Segments.
    pub segments: usize,
    /// Bytes of all segments.
    pub bytes: u64,
}

/// Packages `inputs` into the folder `out`, which is made where it is not there.
///
/// # Errors
/// [`PackageError`], which names the input; what has been written then stays, without manifests.
pub fn package(
    inputs: &[Input],
    settings: &Settings,
    out: &Path,
) -> Result<Vec<Packaged>, PackageError> {
    if settings.keys.are_several() && !settings.key_uri.contains(manifest::KID) {
        return Err(PackageError::OneKeyUri);
    }
    std::fs::create_dir_all(out).map_err(|error| PackageError::Write(out.into(), error))?;
    let mut names = track::Names::default();
    let mut done = Vec::new();
    let mut has_sound = false;
    for input in inputs {
        let tracks = match input {
            Input::File(path) => {
                let source = FileSource::open(path)?;
                package_file(&source, settings, out, &mut names, &mut has_sound)
            }
            Input::Stream => {
                let mut stdin = std::io::stdin().lock();
                package_stream(&mut stdin, settings, out, &mut names, &mut has_sound)
            }
        };
        done.extend(tracks.map_err(|error| error.of(input))?);
    }
    manifest::write(&done, settings, out)?;
    Ok(done.iter().map(manifest::Done::summary).collect())
}

/// The tracks of a movie to package: all, but no sound of further inputs that have pictures.
fn chosen<'a, 'b>(
    movie: &'b Movie<'a>,
    has_sound: &mut bool,
) -> Result<Vec<&'b MovieTrack<'a>>, PackageError> {
    let is_video = |track: &&MovieTrack<'_>| matches!(track.kind, Kind::Video(_));
    let has_video = movie.tracks.iter().any(|track| is_video(&track));
    let with_sound = !(has_video && *has_sound);
    let tracks: Vec<_> = movie
        .tracks
        .iter()
        .filter(|track| with_sound || is_video(track))
        .collect();
    *has_sound |= has_video && movie.tracks.iter().any(|track| !is_video(&track));
    match (tracks.is_empty(), movie.left_out.first()) {
        (false, _) => Ok(tracks),
        (true, Some(error)) => Err(PackageError::Media(*error)),
        (true, None) => Err(PackageError::NoTracks),
    }
}

fn package_file(
    source: &FileSource,
    settings: &Settings,
    out: &Path,
    names: &mut track::Names,
    has_sound: &mut bool,
) -> Result<Vec<manifest::Done>, PackageError> {
    let movie = source.movie()?;
    let tracks = chosen(&movie, has_sound)?;
    let origin = source.origin(&tracks)?;
    let carrier = carrier(&tracks);
    let mut done = Vec::new();
    for track in tracks {
        let mut output = TrackOutput::new(out, names.of(track), settings.layout);
        if settings.layout == Layout::SingleFile {
            let plan =
                track::count_segments(source.samples(track, false), track, origin, settings)?;
            output.reserve(plan);
        }
        let mut writer = TrackWriter::new(track, source.header(), origin, settings, output)?;
        for sample in source.samples(track, carrier == Some(track.id)) {
            let sample = sample?;
            writer.push_placed(&sample, source)?;
        }
        done.push(writer.finish(Some(source))?);
    }
    Ok(done)
}

fn package_stream(
    stream: &mut dyn Read,
    settings: &Settings,
    out: &Path,
    names: &mut track::Names,
    has_sound: &mut bool,
) -> Result<Vec<manifest::Done>, PackageError> {
    if settings.layout == Layout::SingleFile {
        return Err(PackageError::StreamIndex);
    }
    let mut source = StreamSource::open(stream)?;
    let header = source.take_header();
    let movie = Movie::read(&header)?;
    if !movie.fragmented {
        return Err(PackageError::StreamNotFragmented);
    }
    let tracks = chosen(&movie, has_sound)?;
    let carrier = carrier(&tracks);
    let mut writers: Vec<(u32, TrackWriter)> = Vec::new();
    let Some(mut fragment) = source.next_fragment(&tracks)? else {
        return Err(PackageError::NoSamples);
    };
    let origin = Origin::of_fragment(&fragment, &tracks);
    for track in &tracks {
        let output = TrackOutput::new(out, names.of(track), settings.layout);
        let writer = TrackWriter::new(track, &header, origin, settings, output)?;
        writers.push((track.id, writer));
    }
    loop {
        source.deliver(fragment, &mut writers, carrier)?;
        match source.next_fragment(&tracks)? {
            Some(next) => fragment = next,
            None => break,
        }
    }
    let done = writers.into_iter().map(|(_, writer)| writer.finish(None));
    done.collect()
}

/// The track that events go with.
fn carrier(tracks: &[&MovieTrack<'_>]) -> Option<u32> {
    let video = tracks
        .iter()
        .find(|track| matches!(track.kind, Kind::Video(_)));
    video.or(tracks.first()).map(|track| track.id)
}
