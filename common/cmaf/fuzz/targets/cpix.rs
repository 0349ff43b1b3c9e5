//! CPIX documents: reading them, matching their rules, and writing what was read, which has to be read
//! again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::cpix;
use reeldrop_cmaf::movie::{AudioInfo, Kind, VideoInfo};
use reeldrop_cmaf_fuzz::bounded;
use reeldrop_events::Transfer;

/// Those of a track.
const LABELS: [&str; 3] = ["video-720p", "hd", "video"];

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(document) = cpix::read(text) else { return };
    for rule in &document.rules {
        let video = VideoInfo {
            width: 1280,
            height: 720,
            range: Transfer::Sdr,
        };
        let audio = AudioInfo {
            channels: 2,
            sample_rate_hz: 48_000,
        };
        for kind in [Kind::Video(video), Kind::Audio(audio)] {
            let _ = rule.is_for(kind, &LABELS);
        }
    }
    for key in &document.keys {
        for system in document.systems_of(key.kid).iter().take(10) {
            let _ = (system.is_whole(), system.pssh_data());
        }
    }
    let written = cpix::write(&document);
    // Written in full, a document may be longer than one that is read.
    if written.len() <= cpix::MAX_BYTES {
        let again = cpix::read(&written).expect("what is written is read");
        assert_eq!(again.keys, document.keys);
        assert_eq!(again.rules, document.rules);
        assert_eq!(again.systems.len(), document.systems.len());
    }
}));
