//! Full range to limited range as an element.
//!
//! GStreamer's converter takes 4:2:0 to 4:2:0 as a mere change of size, and leaves the range as it is.

use gstreamer as gst;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;

glib::wrapper! {
    /// The element: 8-bit 4:2:0 in full range in, the same in limited range out.
    pub(crate) struct LimitRange(ObjectSubclass<imp::LimitRange>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

// ITU-T H.273, 8.3: 219 steps of luma from 16, 224 of chroma around 128.
const fn luma(code: u8) -> u8 {
    (16 + (code as u32 * 219 + 127) / 255) as u8
}

const fn chroma(code: u8) -> u8 {
    let around = code as i32 - 128;
    let scaled = around * 224 * 2 + if around < 0 { -255 } else { 255 };
    (128 + scaled / 510) as u8
}

mod imp {
    use std::sync::LazyLock;

    use gst::subclass::prelude::*;
    use gst_base::subclass::{BaseTransformMode, prelude::*};
    use gst_video::{prelude::*, subclass::prelude::*};

    use super::super::{
        planes::{Plane, plane_mut},
        templates,
    };
    use super::{chroma, gst, gst_base, gst_video, luma};

    #[derive(Default)]
    pub(crate) struct LimitRange;

    #[glib::object_subclass]
    impl ObjectSubclass for LimitRange {
        const NAME: &'static str = "ReeldropLimitRange";
        type Type = super::LimitRange;
        type ParentType = gst_video::VideoFilter;
    }

    impl ObjectImpl for LimitRange {}
    impl GstObjectImpl for LimitRange {}

    impl ElementImpl for LimitRange {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Range limiter",
                    "Filter/Converter/Video",
                    "Makes limited range from full range",
                    "Reeldrop",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let caps = gst_video::VideoCapsBuilder::new();
                let caps = caps.format(gst_video::VideoFormat::I420).build();
                templates(&caps, &caps)
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for LimitRange {
        const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn transform_caps(
            &self,
            _direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            // Colour is named by the caps around this element.
            let mut other = caps.clone();
            for structure in other.make_mut().iter_mut() {
                structure.remove_field("colorimetry");
            }
            Some(match filter {
                Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
                None => other,
            })
        }
    }

    impl VideoFilterImpl for LimitRange {
        fn transform_frame(
            &self,
            input: &gst_video::VideoFrameRef<&gst::BufferRef>,
            output: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            for plane in 0..input.n_planes() {
                let table: [u8; 256] = std::array::from_fn(|code| match plane {
                    0 => luma(code as u8),
                    _ => chroma(code as u8),
                });
                let source = Plane::of(input, plane)?;
                let size = [
                    input.comp_width(plane) as usize,
                    input.comp_height(plane) as usize,
                ];
                let (out, stride) = plane_mut(output, plane)?;
                for y in 0..size[1] {
                    let row = &mut out[y * stride..][..size[0]];
                    for (out, code) in row.iter_mut().zip(source.row(y, size[0])) {
                        *out = table[usize::from(*code)];
                    }
                }
            }
            Ok(gst::FlowSuccess::Ok)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_range_land_on_the_ends() {
        assert_eq!((luma(0), luma(255)), (16, 235));
        assert_eq!((chroma(0), chroma(128), chroma(255)), (16, 128, 240));
    }
}
