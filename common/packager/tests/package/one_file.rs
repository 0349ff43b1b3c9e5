//! One file of all tracks.

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::iter;
use reeldrop_events::Scheme;
use reeldrop_packager::{Input, package_to};

use crate::{CLIPS, KEY, KID, clip, make, media, settings};

/// What the writer of one file writes.
#[derive(Clone, Default)]
struct Collected(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The samples of each track of a file, in the order of their fragments, which are numbered.
fn by_track(file: &[u8]) -> Vec<Vec<u8>> {
    let mut found: std::collections::BTreeMap<u32, Vec<u8>> = Default::default();
    let mut last = 0;
    for moof in iter(file).map(Result::unwrap).filter(|b| b.kind == b"moof") {
        let mfhd = moof.children().find(b"mfhd").unwrap().unwrap();
        let number = u32::from_be_bytes(mfhd.payload[4..8].try_into().unwrap());
        assert_eq!(number, last + 1);
        last = number;
        let fragments = reeldrop_cmaf::moof::read(&moof, |_| Default::default()).unwrap();
        for fragment in fragments {
            let track = found.entry(fragment.track_id).or_default();
            for sample in fragment.samples {
                let at = moof.offset + sample.offset as usize;
                track.extend(&file[at..at + sample.info.size as usize]);
            }
        }
    }
    found.into_values().collect()
}

#[test]
fn one_file_has_all_tracks_side_by_side() {
    for name in CLIPS {
        let Some(path) = clip(name) else { return };
        let clear = make(&[&path], &settings(Scheme::None)).unwrap();
        let tracks = 0..clear.tracks.len();
        let expected: Vec<Vec<u8>> = tracks.map(|index| media(&clear.track(index))).collect();
        for scheme in [Scheme::None, Scheme::Cbcs, Scheme::Cenc] {
            let out = Collected::default();
            let input = Input::File(path.clone());
            let said = package_to(&input, &settings(scheme), Box::new(out.clone())).unwrap();
            assert_eq!(said.len(), expected.len());
            let file = out.0.lock().unwrap().clone();
            let movie = reeldrop_cmaf::movie::Movie::read(&file).unwrap();
            // Encrypted tracks are none that could be packaged again.
            let tracks = movie.tracks.len() + movie.left_out.len();
            assert_eq!(tracks, expected.len(), "{name}");
            let opened = match scheme {
                Scheme::None => file,
                Scheme::Cbcs | Scheme::Cenc => {
                    assert!(by_track(&file) != expected, "{name}: in the clear");
                    let options = DecryptOptions::new().with_key(DecryptionKey::kid(KID, KEY));
                    decrypt_bytes(&file, &options).unwrap()
                }
            };
            assert!(by_track(&opened) == expected, "{name}, {scheme:?}");
        }
    }
}

#[test]
fn one_file_that_cannot_be_written_says_so() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let Some(path) = clip("frag_seekable.mp4") else {
        return;
    };
    let input = Input::File(path);
    let error = package_to(&input, &settings(Scheme::Cbcs), Box::new(Closed)).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("standard output cannot be written"),
        "{error}"
    );
}
