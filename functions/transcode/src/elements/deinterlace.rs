//! One progressive frame from each frame of two fields.
//!
//! GStreamer's `deinterlace` loses and repeats frames at the ends of a stream, which chunks cannot
//! have. This one keeps the upper field, and each line of the lower field where nothing moved;
//! where something moved it interpolates along the edge.

use gstreamer as gst;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;

glib::wrapper! {
    /// The element: frames in, as many frames out, same format and size.
    pub(crate) struct Deinterlace(ObjectSubclass<imp::Deinterlace>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Differences up to this are noise: the line is kept.
const STILL: i32 = 6;

/// Differences from this on are motion: the line is interpolated.
const MOVING: i32 = 18;

/// The rows around one line of the lower field, now and one frame ago.
struct Around<'a> {
    above: &'a [u8],
    line: &'a [u8],
    below: &'a [u8],
    before: Option<[&'a [u8]; 3]>,
}

fn interpolate(around: &Around<'_>, out: &mut [u8]) {
    let [above, line, below] = [around.above, around.line, around.below];
    for (x, out) in out.iter_mut().enumerate() {
        let weight = around
            .before
            .map_or(MOVING, |[above_then, then, below_then]| {
                let differ = |a: &[u8], b: &[u8]| (i32::from(a[x]) - i32::from(b[x])).abs();
                differ(above, above_then)
                    .max(differ(line, then))
                    .max(differ(below, below_then))
            });
        let weight = (weight.clamp(STILL, MOVING) - STILL) * 256 / (MOVING - STILL);
        *out = match weight {
            0 => line[x],
            _ => {
                let between = i32::from(along_edge(above, below, x));
                ((i32::from(line[x]) * (256 - weight) + between * weight + 128) >> 8) as u8
            }
        };
    }
}

/// The average of the two pixels above and below that are most alike, upright or slanted.
fn along_edge(above: &[u8], below: &[u8], x: usize) -> u8 {
    let mut best = (i32::MAX, 0);
    // Upright first, so that it wins where all are alike.
    for (up, down) in [(0_isize, 0_isize), (-1, 1), (1, -1)] {
        let (Some(a), Some(b)) = (x.checked_add_signed(up), x.checked_add_signed(down)) else {
            continue;
        };
        let (Some(a), Some(b)) = (above.get(a), below.get(b)) else {
            continue;
        };
        let (a, b) = (i32::from(*a), i32::from(*b));
        let slant_costs = if up == 0 { 0 } else { 4 };
        if (a - b).abs() + slant_costs < best.0 {
            best = ((a - b).abs() + slant_costs, (a + b + 1) / 2);
        }
    }
    best.1 as u8
}

mod imp {
    use std::sync::{LazyLock, Mutex};

    use gst::subclass::prelude::*;
    use gst_base::subclass::{BaseTransformMode, prelude::*};
    use gst_video::{prelude::*, subclass::prelude::*};

    use super::super::{
        planes::{Plane, plane_mut},
        templates,
    };
    use super::{Around, gst, gst_base, gst_video, interpolate};

    #[derive(Default)]
    pub(crate) struct Deinterlace {
        /// The planes of the frame before, rows without padding.
        before: Mutex<Vec<Vec<u8>>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Deinterlace {
        const NAME: &'static str = "ReeldropDeinterlace";
        type Type = super::Deinterlace;
        type ParentType = gst_video::VideoFilter;
    }

    impl ObjectImpl for Deinterlace {}
    impl GstObjectImpl for Deinterlace {}

    impl ElementImpl for Deinterlace {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Frame-exact deinterlacer",
                    "Filter/Effect/Video/Deinterlace",
                    "Makes one progressive frame from each interlaced one",
                    "Reeldrop",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let formats = [gst_video::VideoFormat::I420, gst_video::VideoFormat::Y42b];
                let caps = gst_video::VideoCapsBuilder::new()
                    .format_list(formats)
                    .build();
                templates(&caps, &caps)
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for Deinterlace {
        const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
    }

    impl VideoFilterImpl for Deinterlace {
        fn transform_frame(
            &self,
            input: &gst_video::VideoFrameRef<&gst::BufferRef>,
            output: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let mut before = self.before.lock().map_err(|_| gst::FlowError::Error)?;
            let mut now = Vec::new();
            for plane in 0..input.n_planes() {
                let rows = Rows::of(input, plane)?;
                let then = before
                    .get(plane as usize)
                    .filter(|then| then.len() == rows.pixels());
                rows.deinterlace(then.map(Vec::as_slice), plane_mut(output, plane)?);
                now.push(rows.packed());
            }
            *before = now;
            Ok(gst::FlowSuccess::Ok)
        }
    }

    /// One plane of the frame: `width` samples of 8 bits in each of `height` rows.
    struct Rows<'a> {
        plane: Plane<'a>,
        width: usize,
        height: usize,
    }

    impl<'a> Rows<'a> {
        fn of(
            frame: &'a gst_video::VideoFrameRef<&gst::BufferRef>,
            plane: u32,
        ) -> Result<Self, gst::FlowError> {
            Ok(Self {
                plane: Plane::of(frame, plane)?,
                width: frame.comp_width(plane) as usize,
                height: frame.comp_height(plane) as usize,
            })
        }

        fn pixels(&self) -> usize {
            self.width * self.height
        }

        fn row(&self, y: usize) -> &'a [u8] {
            self.plane.row(y, self.width)
        }

        fn packed(&self) -> Vec<u8> {
            (0..self.height)
                .flat_map(|y| self.row(y))
                .copied()
                .collect()
        }

        fn deinterlace(&self, before: Option<&[u8]>, (out, stride): (&mut [u8], usize)) {
            for y in 0..self.height {
                let out = &mut out[y * stride..][..self.width];
                if y % 2 == 0 || y + 1 == self.height {
                    out.copy_from_slice(self.row(y));
                    continue;
                }
                interpolate(
                    &Around {
                        above: self.row(y - 1),
                        line: self.row(y),
                        below: self.row(y + 1),
                        before: before.map(|before| {
                            [y - 1, y, y + 1].map(|y| &before[y * self.width..][..self.width])
                        }),
                    },
                    out,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_keeps_both_fields() {
        let (above, line, below) = ([10, 10, 10], [90, 90, 90], [20, 20, 20]);
        let mut out = [0; 3];
        let before = Some([&above[..], &line[..], &below[..]]);
        interpolate(
            &Around {
                above: &above,
                line: &line,
                below: &below,
                before,
            },
            &mut out,
        );
        assert_eq!(out, line);
    }

    #[test]
    fn what_moves_takes_the_kept_field_alone() {
        let (above, line, below) = ([10, 10, 10], [90, 90, 90], [20, 20, 20]);
        let mut out = [0; 3];
        interpolate(
            &Around {
                above: &above,
                line: &line,
                below: &below,
                before: None,
            },
            &mut out,
        );
        assert_eq!(out, [15, 15, 15]);
    }

    #[test]
    fn a_slanted_edge_is_followed() {
        // The edge goes from the upper right to the lower left.
        let (above, below) = ([0, 0, 200], [0, 200, 200]);
        assert_eq!(along_edge(&above, &below, 1), 100);
        let (above, below) = ([200, 0, 0], [50, 50, 200]);
        assert_eq!(along_edge(&above, &below, 1), 200);
    }
}
