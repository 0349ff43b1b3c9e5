//! `reeldrop package`: from MP4 files to encrypted DASH and HLS, without any service.

mod key_file;
mod keys;

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Layout, Packaged, Settings, package, package_to};
use serde_json::json;

use crate::output;
use key_file::KeyFile;
use keys::{KeyOptions, Secrets, parse_key};

pub(crate) const EXAMPLES: &str = "Examples:
  reeldrop package film.mp4 --out film --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749
  reeldrop package 1080p.mp4 720p.mp4 360p.mp4 --out film --scheme none
  reeldrop package film.mp4 --out film --scheme cenc --clear-lead 6 \\
      --key video=87237d20a19f58a740c05684e699b4aa --kid video=a16e402b9056e371f36d348aa62bb749 \\
      --key audio=3ea8778f77424bf9668b50deccbeb2bf --kid audio=0f2b3c4d5e6f708192a3b4c5d6e7f809
  reeldrop package film.mp4 --out film --cpix answer-of-the-key-server.xml
  reeldrop package film.mp4 --out film --write-cpix film-keys.xml
  ffmpeg -i film.mkv -c copy -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 - |
      reeldrop package - --out film --scheme none
  reeldrop package film.mp4 --out - --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749 > encrypted.mp4

All inputs' pictures become a ladder; sound is taken from the first input with pictures and sound, and
from every input without pictures. The folder gets stream.m3u8 (HLS), stream.mpd (DASH) and a folder for
each track, with a playlist of its key frames where it is a picture; where it is encrypted also
stream-clearkey.m3u8, the same HLS for hls.js. With --out - standard output gets one
fragmented MP4 of all tracks of one input, without manifests, and what is said goes to standard error.
Standard input may be a fragmented MP4, or a progressive one with its index first (ffmpeg: -movflags
+faststart).

A label before a key is a track's folder (video-720p, audio-0), a class (sd below 720 lines,
hd, uhd above 1088), video or audio.

A CPIX document says by its usage rules which track gets which key: by type, size of the picture, HDR,
channels, or the labels above. Its key systems are in headers and manifests. It is at most 1 MiB, and its
keys stand in it in plain text: keep it as you keep keys.

Exit status: 0 all well, 2 an input cannot be packaged.";

/// What `package` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Package {
    /// MP4 files, progressive or fragmented; - for standard input.
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// The folder for the output; - for one fragmented MP4 on standard output.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How to encrypt. [default: what a CPIX document wants, else cbcs]
    #[arg(long, value_enum)]
    scheme: Option<SchemeName>,
    #[command(flatten)]
    keys: KeyOptions,
    /// Target duration of segments, seconds.
    #[arg(long, default_value = "6", value_parser = milliseconds, value_name = "SECONDS")]
    segment_seconds: u64,
    /// Leave segments clear that begin before this time.
    #[arg(long, default_value = "0", value_parser = milliseconds, value_name = "SECONDS")]
    clear_lead: u64,
    /// One file with an index for each track in the folder, instead of a file for each segment.
    #[arg(long)]
    single_file: bool,
    /// Initialisation vector, 16 bytes in hex: makes the same input give the same bytes. Never use
    /// one twice with cenc and the same key.
    #[arg(long)]
    iv: Option<String>,
    /// Where players of HLS find the key, 16 bytes; {kid} stands for its key id. A relative address
    /// counts from DIR, in every playlist. [default: key, of several key-{kid}]
    #[arg(long, value_name = "URI")]
    key_uri: Option<String>,
    /// Where players of DASH, and hls.js, find licences (W3C ClearKey). Relative as --key-uri in HLS;
    /// players of DASH need an absolute address.
    #[arg(long, value_name = "URI", default_value = "license")]
    license_uri: String,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemeName {
    Cbcs,
    Cenc,
    None,
}

impl From<SchemeName> for Scheme {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::Cbcs => Self::Cbcs,
            SchemeName::Cenc => Self::Cenc,
            SchemeName::None => Self::None,
        }
    }
}

fn milliseconds(text: &str) -> Result<u64, String> {
    const MOST_SECONDS: f64 = 86_400.0;
    let seconds: f64 = text
        .parse()
        .map_err(|_| "no number of seconds".to_owned())?;
    if !(0.0..=MOST_SECONDS).contains(&seconds) {
        return Err("not between 0 and 86400 seconds".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is in the range just tested"
    )]
    let milliseconds = (seconds * 1000.0).round() as u64;
    Ok(milliseconds)
}

/// Packages and says what came of it.
pub(crate) fn run(asked: &Package) -> ExitCode {
    match packaged(asked) {
        Ok(tracks) => {
            report(asked, &tracks);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("reeldrop: {error}");
            ExitCode::from(2)
        }
    }
}

fn packaged(asked: &Package) -> Result<Vec<Packaged>, String> {
    let secrets = asked.keys.read(asked.scheme.map(Scheme::from))?;
    let settings = settings(asked, &secrets)?;
    let file = asked.keys.write_cpix.as_deref();
    let file = file.map(|path| KeyFile::create(path, &asked.out));
    let file = file.transpose()?;
    if let Some(file) = &file {
        // Before anything is written that cannot be opened without them.
        file.save(&secrets.document(&[], settings.iv))?;
    }
    let tracks = make(asked, &settings)?;
    if let Some(file) = file {
        // Now with what each is for.
        let saved = file.save(&secrets.document(&tracks, settings.iv));
        file.keep();
        saved?;
    }
    Ok(tracks)
}

fn make(asked: &Package, settings: &Settings) -> Result<Vec<Packaged>, String> {
    let inputs = inputs(asked);
    let made = if asked.is_to_stdout() {
        let input = only(&inputs, asked)?;
        package_to(input, settings, stdout()?)
    } else {
        package(&inputs, settings, &asked.out)
    };
    made.map_err(|error| error.to_string())
}

/// The input of what is one file.
fn only<'a>(inputs: &'a [Input], asked: &Package) -> Result<&'a Input, String> {
    if asked.single_file {
        return Err(
            "--out - is one file already, whose index could not come first: leave out --single-file, \
             or give --out a folder"
                .to_owned(),
        );
    }
    match inputs {
        [input] => Ok(input),
        _ => Err("--out - takes one input: give --out a folder for several".to_owned()),
    }
}

/// Standard output without a buffer, which would be in the way of whole segments.
fn stdout() -> Result<Box<dyn Write>, String> {
    let out = io::stdout();
    if out.is_terminal() {
        return Err(
            "--out - would write an MP4 to the terminal: redirect it (> film.mp4) or pipe it on"
                .to_owned(),
        );
    }
    let own = out.as_fd().try_clone_to_owned();
    let own = own.map_err(|error| format!("standard output cannot be written: {error}"))?;
    Ok(Box::new(File::from(own)))
}

impl Package {
    fn is_to_stdout(&self) -> bool {
        self.out == Path::new("-")
    }

    /// Says it where it does not get into the output.
    fn say(&self, text: &str) {
        if self.is_to_stdout() {
            eprintln!("{text}");
        } else {
            output::line(text);
        }
    }
}

fn inputs(asked: &Package) -> Vec<Input> {
    let input = |path: &PathBuf| match path.to_str() {
        Some("-") => Input::Stream,
        _ => Input::File(path.clone()),
    };
    asked.inputs.iter().map(input).collect()
}

fn settings(asked: &Package, secrets: &Secrets) -> Result<Settings, String> {
    if asked.segment_seconds == 0 {
        return Err("--segment-seconds has to be more than 0".to_owned());
    }
    let iv = asked
        .iv
        .as_ref()
        .map(|iv| parse_key(iv).ok_or_else(|| "--iv has to be 32 hexadecimal digits".to_owned()));
    Ok(Settings {
        scheme: secrets.scheme,
        keys: secrets.keys.clone(),
        segment_ms: asked.segment_seconds,
        clear_lead_ms: asked.clear_lead,
        layout: if asked.single_file {
            Layout::SingleFile
        } else {
            Layout::Segments
        },
        iv: iv.transpose()?,
        key_uri: asked.key_uri.clone().unwrap_or_else(|| {
            let default = if secrets.keys.are_several() {
                "key-{kid}"
            } else {
                "key"
            };
            default.to_owned()
        }),
        license_uri: asked.license_uri.clone(),
    })
}

fn report(asked: &Package, tracks: &[Packaged]) {
    for track in tracks {
        if asked.json {
            let said = json!({
                "track": track.name,
                "codec": track.codec,
                "segments": track.segments,
                "bytes": track.bytes,
                "kid": track.kid,
            });
            asked.say(&said.to_string());
        } else {
            let Packaged {
                name,
                codec,
                segments,
                bytes,
                kid: _,
            } = track;
            asked.say(&format!(
                "{name}: {codec}, {segments} segments, {bytes} bytes"
            ));
        }
    }
    if asked.json {
        return;
    }
    if !asked.is_to_stdout() {
        let out = asked.out.display();
        output::line(&format!("{out}/stream.m3u8 and {out}/stream.mpd"));
        if tracks.iter().any(|track| track.kid.is_some()) {
            output::line(&format!("{out}/stream-clearkey.m3u8 for hls.js"));
        }
    }
    if let Some(path) = &asked.keys.write_cpix {
        asked.say(&format!("{}: the keys, to be kept secret", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_and_are_bounded() {
        assert_eq!(milliseconds("6"), Ok(6_000));
        assert_eq!(milliseconds("2.002"), Ok(2_002));
        for wrong in ["-1", "x", "inf", "NaN", "86401"] {
            assert!(milliseconds(wrong).is_err(), "{wrong}");
        }
    }
}
