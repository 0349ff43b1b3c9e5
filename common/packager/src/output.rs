//! Where a track's bytes go: files of its own, or one file with others.

use std::fs::{self, File};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use reeldrop_cmaf::boxes::{IndexedSegment, index_bytes, write_index};
use reeldrop_cmaf::init::TRACK_ID;

use crate::joined::Joined;
use crate::manifest::Done;
use crate::{Layout, PackageError};

/// Name of the file of a whole track.
pub(crate) const WHOLE: &str = "media.mp4";

/// The output of a track.
pub(crate) struct TrackOutput {
    name: String,
    place: Place,
    /// Number of the last fragment, where it is counted by track.
    sequence: u32,
}

enum Place {
    /// A file for each segment, in this folder.
    Segments(PathBuf),
    /// One file with an index.
    Whole(Whole),
    /// A file with other tracks, as the track of this id.
    Joined(Joined, u32),
}

/// One file of one track.
struct Whole {
    folder: PathBuf,
    /// Segments that the index will name.
    reserved: usize,
    /// Bytes before the index.
    init_bytes: usize,
    file: Option<File>,
}

impl TrackOutput {
    pub(crate) fn new(out: &Path, name: String, layout: Layout) -> Self {
        let folder = out.join(&name);
        let place = match layout {
            Layout::Segments => Place::Segments(folder),
            Layout::SingleFile => Place::Whole(Whole {
                folder,
                reserved: 0,
                init_bytes: 0,
                file: None,
            }),
        };
        Self {
            name,
            place,
            sequence: 0,
        }
    }

    /// As track `id` of a file that others are in, too.
    pub(crate) fn joined(file: &Joined, name: String, id: u32) -> Self {
        Self {
            name,
            place: Place::Joined(file.clone(), id),
            sequence: 0,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Id of the track in its file.
    pub(crate) fn track_id(&self) -> u32 {
        match self.place {
            Place::Joined(_, id) => id,
            Place::Segments(_) | Place::Whole(_) => TRACK_ID,
        }
    }

    /// Whether segments say that they are ones: not where those of several tracks follow each other.
    pub(crate) fn has_segment_types(&self) -> bool {
        !matches!(self.place, Place::Joined(..))
    }

    /// The number of the next fragment.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        match &self.place {
            Place::Joined(file, _) => file.next_sequence(),
            Place::Segments(_) | Place::Whole(_) => {
                self.sequence = self.sequence.wrapping_add(1);
                self.sequence
            }
        }
    }

    /// Leaves room for the index of that many segments.
    pub(crate) fn reserve(&mut self, segments: usize) {
        if let Place::Whole(whole) = &mut self.place {
            whole.reserved = segments;
        }
    }

    /// Writes the header.
    pub(crate) fn begin(&mut self, init: &[u8]) -> Result<(), PackageError> {
        match &mut self.place {
            Place::Segments(folder) => {
                make(folder)?;
                let path = folder.join("init.mp4");
                fs::write(&path, init).map_err(|error| failed(&path, error))
            }
            Place::Whole(whole) => whole.begin(init),
            Place::Joined(file, _) => {
                file.add_header(init);
                Ok(())
            }
        }
    }

    /// Writes a segment: gives its size, bytes.
    pub(crate) fn segment(
        &mut self,
        number: u32,
        mut slices: Vec<IoSlice<'_>>,
    ) -> Result<u64, PackageError> {
        let bytes = slices.iter().map(|slice| slice.len() as u64).sum();
        match &mut self.place {
            Place::Segments(folder) => {
                let path = folder.join(format!("{number:06}.m4s"));
                File::create(&path)
                    .and_then(|mut file| write_all(&mut file, &mut slices))
                    .map_err(|error| failed(&path, error))?;
            }
            Place::Whole(whole) => {
                if let Some(file) = &mut whole.file {
                    let written = write_all(file, &mut slices);
                    written.map_err(|error| failed(&whole.folder.join(WHOLE), error))?;
                }
            }
            Place::Joined(file, _) => file.write(&mut slices)?,
        }
        Ok(bytes)
    }

    /// Writes the index, and says where it is.
    pub(crate) fn finish(&self, done: &mut Done) -> Result<(), PackageError> {
        match &self.place {
            Place::Whole(whole) => whole.finish(done),
            Place::Segments(_) | Place::Joined(..) => Ok(()),
        }
    }
}

impl Whole {
    fn begin(&mut self, init: &[u8]) -> Result<(), PackageError> {
        make(&self.folder)?;
        let path = self.folder.join(WHOLE);
        let mut file = File::create(&path).map_err(|error| failed(&path, error))?;
        let room = vec![0; index_bytes(self.reserved)];
        let mut slices = [IoSlice::new(init), IoSlice::new(&room)];
        write_all(&mut file, &mut slices).map_err(|error| failed(&path, error))?;
        self.init_bytes = init.len();
        self.file = Some(file);
        Ok(())
    }

    fn finish(&self, done: &mut Done) -> Result<(), PackageError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let init_end = self.init_bytes as u64;
        let index_end = init_end + index_bytes(self.reserved) as u64;
        done.ranges = Some((0..init_end, init_end..index_end));
        let segments: Vec<_> = done
            .segments
            .iter()
            .map(|segment| IndexedSegment {
                bytes: segment.bytes,
                duration: segment.duration_ticks,
            })
            .collect();
        let start = done.segments.first().map_or(0, |first| first.start_ticks);
        let mut index = Vec::new();
        write_index(TRACK_ID, done.timescale, start, &segments, &mut index)?;
        let written = file.write_all_at(&index, self.init_bytes as u64);
        written.map_err(|error| failed(&self.folder.join(WHOLE), error))
    }
}

fn make(folder: &Path) -> Result<(), PackageError> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))
}

fn failed(path: &Path, error: io::Error) -> PackageError {
    PackageError::Write(path.into(), error)
}

/// Bytes that are written at once, at most. For more the kernel takes huge pages, which a virtual machine
/// may first have to be given by its host: that costs three times as much as all of packaging.
const AT_ONCE: usize = 1 << 20;

/// Writes all bytes of all slices.
pub(crate) fn write_all(
    out: &mut (impl Write + ?Sized),
    mut slices: &mut [IoSlice<'_>],
) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while let Some(first) = slices.first() {
        let written = match first.get(..AT_ONCE) {
            Some(part) => out.write(part),
            None => out.write_vectored(fitting(slices)),
        };
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut slices, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The first slices, as many as are written at once.
fn fitting<'a, 'b>(slices: &'a [IoSlice<'b>]) -> &'a [IoSlice<'b>] {
    let mut bytes = 0;
    let fits = |slice: &&IoSlice<'_>| {
        bytes += slice.len();
        bytes <= AT_ONCE
    };
    let count = slices.iter().take_while(fits).count();
    slices.get(..count).unwrap_or(slices)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time, and is interrupted now and then.
    #[derive(Default)]
    struct Slow {
        taken: Vec<u8>,
        calls: usize,
        most: usize,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls.is_multiple_of(3) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            self.most = self.most.max(bytes.len());
            let count = bytes.len().div_ceil(2);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_byte_is_written_in_order_and_never_much_at_once() {
        let sizes = [
            0,
            7,
            AT_ONCE - 3,
            AT_ONCE,
            3 * AT_ONCE + 1,
            1,
            0,
            2 * AT_ONCE,
            5,
        ];
        let parts: Vec<Vec<u8>> = (1..)
            .zip(sizes)
            .map(|(byte, size)| vec![byte; size])
            .collect();
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut out = Slow::default();
        write_all(&mut out, &mut slices).unwrap();
        assert!(
            out.taken == parts.concat(),
            "bytes are lost or out of order"
        );
        assert!(out.most <= AT_ONCE, "{} at once", out.most);
    }
}
