//! A media playlist together with the media that it names.

use super::{
    Files,
    media::{Init, Sample},
    playlist::Media,
};

/// A segment as it is.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) bytes: usize,
    pub(super) samples: Vec<Sample>,
}

/// A media playlist together with the media that it names.
#[derive(Clone, Debug)]
pub(super) struct Rendition {
    /// Path of the playlist.
    pub(super) path: String,
    pub(super) playlist: Media,
    pub(super) init: Init,
    pub(super) segments: Vec<Segment>,
}

/// The path of `uri` seen from the file at `path`.
pub(super) fn resolve(path: &str, uri: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in uri.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Rendition {
    /// None where something of it is missing.
    pub(super) fn read(files: &Files, path: &str) -> Option<Self> {
        let text = String::from_utf8_lossy(files.get(path)?).into_owned();
        let playlist = Media::read(&text);
        let init = files.get(&resolve(path, playlist.map.as_deref()?))?;
        let init = Init::read(init)?;
        let mut segments = Vec::new();
        for entry in &playlist.entries {
            let file = files.get(&resolve(path, &entry.uri))?;
            let bytes = match &entry.range {
                Some(range) => file.get(range.clone())?,
                None => file,
            };
            let fragments = init.fragments(bytes).into_iter();
            segments.push(Segment {
                bytes: bytes.len(),
                samples: fragments.flat_map(|fragment| fragment.samples).collect(),
            });
        }
        Some(Self {
            path: path.to_owned(),
            playlist,
            init,
            segments,
        })
    }

    pub(super) fn seconds(&self, ticks: u64) -> f64 {
        ticks as f64 / f64::from(self.init.timescale)
    }

    /// Times of the key frames in decode order, and the end, seconds.
    pub(super) fn key_times_s(&self) -> Vec<f64> {
        let mut ticks = 0;
        let mut times = Vec::new();
        for sample in self.segments.iter().flat_map(|segment| &segment.samples) {
            if sample.is_key() {
                times.push(self.seconds(ticks));
            }
            ticks += u64::from(sample.duration);
        }
        times.push(self.seconds(ticks));
        times
    }

    /// The longest sample: a frame, seconds.
    pub(super) fn frame_s(&self) -> f64 {
        let samples = self.segments.iter().flat_map(|segment| &segment.samples);
        let longest = samples.map(|sample| sample.duration).max().unwrap_or(0);
        self.seconds(u64::from(longest))
    }

    /// Bit rate of all, bits per second.
    pub(super) fn average_bps(&self) -> f64 {
        rate(
            &self.segments.iter().map(|s| s.bytes).collect::<Vec<_>>(),
            &self.durations_s(),
        )
    }

    /// Peak segment bit rate, bits per second: the largest of any run of segments of half to one and
    /// a half target durations (RFC 8216bis, section 4.4.6.2).
    pub(super) fn peak_bps(&self) -> f64 {
        let (bytes, durations) = (
            self.segments.iter().map(|s| s.bytes).collect::<Vec<_>>(),
            self.durations_s(),
        );
        let target = self.playlist.target_s;
        let mut peak: f64 = 0.0;
        for start in 0..bytes.len() {
            for end in start + 1..=bytes.len() {
                let length: f64 = durations[start..end].iter().sum();
                if length > target * 1.5 {
                    break;
                }
                if length >= target * 0.5 {
                    peak = peak.max(rate(&bytes[start..end], &durations[start..end]));
                }
            }
        }
        if peak == 0.0 {
            self.average_bps()
        } else {
            peak
        }
    }

    fn durations_s(&self) -> Vec<f64> {
        self.playlist
            .entries
            .iter()
            .map(|entry| entry.duration_s)
            .collect()
    }
}

fn rate(bytes: &[usize], durations_s: &[f64]) -> f64 {
    let length: f64 = durations_s.iter().sum();
    bytes.iter().sum::<usize>() as f64 * 8.0 / length.max(f64::MIN_POSITIVE)
}
