#![doc = include_str!("../README.md")]

mod document;
mod error;
mod joined;
mod keys;
mod manifest;
mod mpd;
mod output;
mod playlists;
mod ranges;
mod settings;
mod source;
mod track;

use std::io::{Read, Write};
use std::path::Path;

use reeldrop_cmaf::movie::{Kind, Movie, MovieTrack};
use uuid::Uuid;

pub use document::{DocumentError, document_of, keys_of, only_key_of};
pub use error::PackageError;
pub use keys::{Key, Keys};
pub use settings::{Input, Layout, Settings};

use joined::Joined;
use manifest::Done;
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
    /// Id of the key that it is encrypted with; none where it is clear.
    pub kid: Option<Uuid>,
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
    let mut job = Job {
        settings,
        target: Target::Folder(out),
        names: track::Names::default(),
        has_sound: false,
    };
    let mut done = Vec::new();
    for input in inputs {
        done.extend(job.package(input)?);
    }
    manifest::write(&done, settings, out)?;
    Ok(done.iter().map(Done::summary).collect())
}

/// Packages `input` into one fragmented MP4 of all its tracks, which is written to `out` in order: no
/// index and no manifests. The settings' layout and addresses say nothing then.
///
/// # Errors
/// [`PackageError`], which names the input; what has been written by then is of no use.
pub fn package_to(
    input: &Input,
    settings: &Settings,
    out: Box<dyn Write>,
) -> Result<Vec<Packaged>, PackageError> {
    let mut job = Job {
        settings,
        target: Target::Joined(Joined::new(out)),
        names: track::Names::default(),
        has_sound: false,
    };
    let done = job.package(input)?;
    Ok(done.iter().map(Done::summary).collect())
}

/// Where tracks go.
enum Target<'a> {
    /// Each into a folder of its own in this one.
    Folder(&'a Path),
    /// All into one file.
    Joined(Joined),
}

/// What is packaged from input to input.
struct Job<'a> {
    settings: &'a Settings,
    target: Target<'a>,
    names: track::Names,
    has_sound: bool,
}

impl Job<'_> {
    fn package(&mut self, input: &Input) -> Result<Vec<Done>, PackageError> {
        let done = match input {
            Input::File(path) => FileSource::open(path).and_then(|source| self.file(&source)),
            Input::Stream => self.stream(&mut std::io::stdin().lock()),
        };
        done.map_err(|error| error.of(input))
    }

    fn file(&mut self, source: &FileSource) -> Result<Vec<Done>, PackageError> {
        let movie = source.movie()?;
        let tracks = chosen(&movie, &mut self.has_sound)?;
        match &self.target {
            Target::Folder(out) => {
                write_tracks(source, &tracks, self.settings, out, &mut self.names)
            }
            Target::Joined(out) => {
                joined::write_file(source, &tracks, self.settings, (out, &mut self.names))
            }
        }
    }

    fn stream(&mut self, stream: &mut dyn Read) -> Result<Vec<Done>, PackageError> {
        let is_folder = matches!(self.target, Target::Folder(_));
        if is_folder && self.settings.layout == Layout::SingleFile {
            return Err(PackageError::StreamIndex);
        }
        let mut source = StreamSource::open(stream)?;
        let header = source.take_header();
        let movie = Movie::read(&header)?;
        let tracks = chosen(&movie, &mut self.has_sound)?;
        if !movie.fragmented {
            let origin = source::origin_of_tables(&tracks)?;
            let mut writers = self.writers(&tracks, &header, origin)?;
            source.deliver_tables(&tracks, &mut writers)?;
            return finish(writers);
        }
        let carrier = carrier(&tracks);
        let Some(mut fragment) = source.next_fragment(&tracks)? else {
            return Err(PackageError::NoSamples);
        };
        let origin = Origin::of_fragment(&fragment, &tracks);
        let mut writers = self.writers(&tracks, &header, origin)?;
        loop {
            source.deliver(fragment, &mut writers, carrier)?;
            match source.next_fragment(&tracks)? {
                Some(next) => fragment = next,
                None => break,
            }
        }
        finish(writers)
    }

    /// A writer for each track of a stream, by its id.
    fn writers(
        &mut self,
        tracks: &[&MovieTrack<'_>],
        header: &[u8],
        origin: Origin,
    ) -> Result<Vec<(u32, TrackWriter)>, PackageError> {
        let mut writers = Vec::new();
        for (track, id) in tracks.iter().zip(1..) {
            let name = self.names.of(track);
            let output = match &self.target {
                Target::Folder(out) => TrackOutput::new(out, name, self.settings.layout),
                Target::Joined(file) => TrackOutput::joined(file, name, id),
            };
            let writer = TrackWriter::new(track, header, origin, self.settings, output)?;
            writers.push((track.id, writer));
        }
        if let Target::Joined(file) = &self.target {
            file.begin(0)?;
        }
        Ok(writers)
    }
}

fn finish(writers: Vec<(u32, TrackWriter)>) -> Result<Vec<Done>, PackageError> {
    let done = writers.into_iter().map(|(_, writer)| writer.finish(None));
    done.collect()
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

/// Writes one track after the other into folders of their own.
fn write_tracks(
    source: &FileSource,
    tracks: &[&MovieTrack<'_>],
    settings: &Settings,
    out: &Path,
    names: &mut track::Names,
) -> Result<Vec<Done>, PackageError> {
    let origin = source.origin(tracks)?;
    let carrier = carrier(tracks);
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

/// The track that events go with.
fn carrier(tracks: &[&MovieTrack<'_>]) -> Option<u32> {
    let video = tracks
        .iter()
        .find(|track| matches!(track.kind, Kind::Video(_)));
    video.or(tracks.first()).map(|track| track.id)
}
