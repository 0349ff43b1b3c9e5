//! Files.

use std::fs::{self, File};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use reeldrop_cmaf::boxes::{IndexedSegment, index_bytes, write_index};
use reeldrop_cmaf::init::TRACK_ID;

use crate::manifest::Done;
use crate::{Layout, PackageError};

/// Name of the file of a whole track.
pub(crate) const WHOLE: &str = "media.mp4";

/// The files of a track.
pub(crate) struct TrackOutput {
    name: String,
    folder: PathBuf,
    layout: Layout,
    /// Segments that the index of a whole file will name.
    reserved: usize,
    /// Bytes before the index.
    init_bytes: usize,
    file: Option<File>,
}

impl TrackOutput {
    pub(crate) fn new(out: &Path, name: String, layout: Layout) -> Self {
        Self {
            folder: out.join(&name),
            name,
            layout,
            reserved: 0,
            init_bytes: 0,
            file: None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Leaves room for the index of that many segments.
    pub(crate) fn reserve(&mut self, segments: usize) {
        self.reserved = segments;
    }

    /// Writes the header.
    pub(crate) fn begin(&mut self, init: &[u8]) -> Result<(), PackageError> {
        let failed = |path: &Path, error| PackageError::Write(path.into(), error);
        fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        match self.layout {
            Layout::Segments => {
                let path = self.folder.join("init.mp4");
                fs::write(&path, init).map_err(|error| failed(&path, error))
            }
            Layout::SingleFile => {
                let path = self.folder.join(WHOLE);
                let mut file = File::create(&path).map_err(|error| failed(&path, error))?;
                let room = vec![0; index_bytes(self.reserved)];
                let mut slices = [IoSlice::new(init), IoSlice::new(&room)];
                write_all(&mut file, &mut slices).map_err(|error| failed(&path, error))?;
                self.init_bytes = init.len();
                self.file = Some(file);
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
        let (path, written) = match &mut self.file {
            Some(file) => (self.folder.join(WHOLE), write_all(file, &mut slices)),
            None => {
                let path = self.folder.join(format!("{number:06}.m4s"));
                let written =
                    File::create(&path).and_then(|mut file| write_all(&mut file, &mut slices));
                (path, written)
            }
        };
        written.map_err(|error| PackageError::Write(path, error))?;
        Ok(bytes)
    }

    /// Writes the index, and says where it is.
    pub(crate) fn finish(&self, done: &mut Done) -> Result<(), PackageError> {
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
        written.map_err(|error| PackageError::Write(self.folder.join(WHOLE), error))
    }
}

/// Writes all bytes of all slices, as many at once as the system takes.
fn write_all(file: &mut File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut slices, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
