//! Rows of a mapped frame's planes.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;

/// One plane's bytes and the distance of its rows.
#[derive(Clone, Copy)]
pub(super) struct Plane<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) stride: usize,
}

impl<'a> Plane<'a> {
    pub(super) fn of(
        frame: &'a gst_video::VideoFrameRef<&gst::BufferRef>,
        plane: u32,
    ) -> Result<Self, gst::FlowError> {
        let stride = stride(frame.plane_stride(), plane)?;
        let bytes = frame.plane_data(plane).map_err(|_| gst::FlowError::Error)?;
        Ok(Self { bytes, stride })
    }

    /// The first `len` bytes of row `y`.
    pub(super) fn row(&self, y: usize, len: usize) -> &'a [u8] {
        &self.bytes[y * self.stride..][..len]
    }
}

/// A plane to be written, with the distance of its rows.
pub(super) fn plane_mut<'a>(
    frame: &'a mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    plane: u32,
) -> Result<(&'a mut [u8], usize), gst::FlowError> {
    let stride = stride(frame.plane_stride(), plane)?;
    let bytes = frame
        .plane_data_mut(plane)
        .map_err(|_| gst::FlowError::Error)?;
    Ok((bytes, stride))
}

fn stride(strides: &[i32], plane: u32) -> Result<usize, gst::FlowError> {
    let stride = strides.get(plane as usize).copied().unwrap_or_default();
    usize::try_from(stride).map_err(|_| gst::FlowError::NotSupported)
}
