//! The size of a picture as an element.

use gstreamer as gst;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;

glib::wrapper! {
    /// The element: 8-bit 4:2:0 in, the same in whatever size stands behind it.
    pub(crate) struct Scale(ObjectSubclass<imp::Scale>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

mod imp {
    use std::sync::{LazyLock, Mutex};

    use gst::subclass::prelude::*;
    use gst_base::subclass::{BaseTransformMode, prelude::*};
    use gst_video::subclass::prelude::*;

    use super::super::{
        planes::{Plane, plane_mut},
        templates,
    };
    use super::{gst, gst_base, gst_video};
    use crate::scale::PlaneScaler;

    /// The largest side in GStreamer's terms: the profile's limits are far below.
    const MOST: i32 = 32_768;

    #[derive(Default)]
    pub(crate) struct Scale {
        /// One for each plane of the size that is scaled now.
        planes: Mutex<Vec<PlaneScaler>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Scale {
        const NAME: &'static str = "ReeldropScale";
        type Type = super::Scale;
        type ParentType = gst_video::VideoFilter;
    }

    impl ObjectImpl for Scale {}
    impl GstObjectImpl for Scale {}

    impl ElementImpl for Scale {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Scaler",
                    "Filter/Converter/Video/Scaler",
                    "Changes the size of pictures",
                    "Reeldrop",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let caps = gst_video::VideoCapsBuilder::new()
                    .format(gst_video::VideoFormat::I420)
                    .width_range(1..=MOST)
                    .height_range(1..=MOST)
                    .build();
                templates(&caps, &caps)
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for Scale {
        const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = true;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn transform_caps(
            &self,
            _direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            // Any size, and none above others: a converter before this one is to leave it as it is.
            let mut other = caps.clone();
            for structure in other.make_mut().iter_mut() {
                structure.set("width", gst::IntRange::new(1, MOST));
                structure.set("height", gst::IntRange::new(1, MOST));
            }
            Some(match filter {
                Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
                None => other,
            })
        }
    }

    impl VideoFilterImpl for Scale {
        fn set_info(
            &self,
            _incaps: &gst::Caps,
            from: &gst_video::VideoInfo,
            _outcaps: &gst::Caps,
            to: &gst_video::VideoInfo,
        ) -> Result<(), gst::LoggableError> {
            let size = |info: &gst_video::VideoInfo, plane: u8| {
                let (width, height) = (info.comp_width(plane), info.comp_height(plane));
                (width as usize, height as usize)
            };
            let planes = (0..from.n_components() as u8)
                .map(|plane| PlaneScaler::new(size(from, plane), size(to, plane)));
            *self.planes.lock().map_err(|_| {
                gst::loggable_error!(gst::CAT_DEFAULT, "a picture before could not be scaled")
            })? = planes.collect();
            Ok(())
        }

        fn transform_frame(
            &self,
            input: &gst_video::VideoFrameRef<&gst::BufferRef>,
            output: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let mut planes = self.planes.lock().map_err(|_| gst::FlowError::Error)?;
            for (plane, scaler) in (0..).zip(planes.iter_mut()) {
                let source = Plane::of(input, plane)?;
                let (out, stride) = plane_mut(output, plane)?;
                scaler.scale(source.bytes, source.stride, out, stride);
            }
            Ok(gst::FlowSuccess::Ok)
        }
    }
}
