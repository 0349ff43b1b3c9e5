//! A clip in which a machine speaks.

use std::{fs, path::Path, process::Command};

/// Samples per second of espeak-ng's voices.
const RATE: usize = 22_050;

/// Seconds of silence before each sentence.
const SILENCE_S: usize = 2;

/// Makes a clip of sentences with silence around them, and says at which second each begins.
pub(crate) fn clip(path: &Path, sentences: &[&str]) -> Vec<f64> {
    let (mut samples, mut begins) = (Vec::new(), Vec::new());
    for sentence in sentences {
        samples.extend(vec![0; SILENCE_S * RATE]);
        begins.push(samples.len() as f64 / RATE as f64);
        samples.extend(spoken(sentence));
    }
    samples.extend(vec![0; SILENCE_S * RATE]);
    let sound = path.with_extension("raw");
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample: &i16| sample.to_le_bytes())
        .collect();
    fs::write(&sound, bytes).unwrap();
    let frames = samples.len() * 25 / RATE;
    let pipeline = format!(
        "mp4mux name=mux faststart=true ! filesink location=\"{}\" \
         videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,width=640,height=360,framerate=25/1 \
         ! x264enc speed-preset=ultrafast key-int-max=50 ! h264parse ! queue ! mux. \
         filesrc location=\"{}\" ! rawaudioparse format=pcm pcm-format=s16le sample-rate={RATE} num-channels=1 \
         ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 \
         ! avenc_aac bitrate=128000 ! aacparse ! queue ! mux.",
        path.display(),
        sound.display()
    );
    let made = Command::new("sh")
        .args(["-c", &format!("gst-launch-1.0 -q {pipeline}")])
        .status()
        .unwrap();
    assert!(made.success(), "the clip cannot be made");
    begins
}

/// A sentence without the silence around it.
fn spoken(sentence: &str) -> Vec<i16> {
    let output = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "160", "--stdout", sentence])
        .output()
        .unwrap();
    let samples: Vec<i16> = output.stdout[44..]
        .chunks_exact(2)
        .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]))
        .collect();
    let loud = |sample: &i16| sample.unsigned_abs() > 300;
    let first = samples.iter().position(loud).unwrap();
    let last = samples.iter().rposition(loud).unwrap();
    samples[first..=last].to_vec()
}
