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

/// Writes all bytes of all slices, as many at once as the system takes.
pub(crate) fn write_all(
    out: &mut (impl Write + ?Sized),
    mut slices: &mut [IoSlice<'_>],
) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match out.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut slices, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
