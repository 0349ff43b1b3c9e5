//! Movies: their tracks, tables and single headers, and the slices, frames and tiles of the samples
//! that lie in the same file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::fragment::FragmentHeader;
use reeldrop_cmaf::movie::{Movie, MovieTrack, single_track_header};
use reeldrop_cmaf::protect::{Encryptor, TrackProtection};
use reeldrop_cmaf_fuzz::{SCHEMES, bounded, key, protection};

/// Samples of a track that are looked at: a table may claim 2^32 of no bytes.
const MOST: usize = 200;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Ok(movie) = Movie::read(data) else { return };
    for track in &movie.tracks {
        if let Ok(init) = single_track_header(data, track.id) {
            encrypt(data, track, &init);
        }
    }
}));

fn encrypt(data: &[u8], track: &MovieTrack<'_>, init: &[u8]) {
    for scheme in SCHEMES {
        let protection = protection(scheme);
        let Ok(by) = TrackProtection::new(init, &protection, &key(), "r") else {
            continue;
        };
        let mut encryptor = Encryptor::new(by);
        let mut base_decode_time = 0;
        for sample in track.samples().take(MOST).flatten() {
            let start = usize::try_from(sample.offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(sample.info.size as usize);
            let Some(bytes) = data.get(start..end) else {
                continue;
            };
            let header = FragmentHeader {
                sequence: 1,
                base_decode_time,
            };
            let _ = encryptor.fragment(&header, &[sample.info], &mut bytes.to_vec(), &mut Vec::new());
            base_decode_time += u64::from(sample.info.duration);
        }
    }
}
