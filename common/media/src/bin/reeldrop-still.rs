//! `reeldrop-still TIME_MS SIDE`: an MP4 on standard input, the picture that it shows then on standard
//! output, as a JPEG that fits into a square of SIDE pixels.
//!
//! A program of its own, so that the command line starts without GStreamer.

use std::{
    error::Error,
    io::{Read, Write},
    process::ExitCode,
};

const USAGE: &str = "usage: reeldrop-still TIME_MS SIDE <MP4 >JPEG";

/// The most that is read, bytes: a header and a segment are far smaller.
const MOST_BYTES: u64 = 256 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reeldrop-still: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(time_ms), Some(side), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(USAGE.into());
    };
    let (time_ms, side) = (time_ms.parse()?, side.parse()?);
    let mut file = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_BYTES)
        .read_to_end(&mut file)?;
    let picture = reeldrop_media::still(file.into(), time_ms, side)?;
    std::io::stdout().lock().write_all(&picture)?;
    Ok(())
}
