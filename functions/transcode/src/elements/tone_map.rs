//! HDR to SDR as an element: 10-bit BT.2020 in, 8-bit BT.709 out, both 4:2:0.

use gstreamer as gst;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;

glib::wrapper! {
    /// The element. Its properties `hlg` and `full-range` say what the source's samples mean.
    pub(crate) struct ToneMap(ObjectSubclass<imp::ToneMap>)
        @extends gst_video::VideoFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

mod imp {
    use std::sync::{
        LazyLock, OnceLock,
        atomic::{AtomicBool, Ordering},
    };

    use glib::prelude::*;
    use gst::subclass::prelude::*;
    use gst_base::subclass::{BaseTransformMode, prelude::*};
    use gst_video::{prelude::*, subclass::prelude::*};
    use reeldrop_events::Transfer;

    use super::super::{
        planes::{Plane, plane_mut},
        templates,
        tone_table::ToneTable,
    };
    use super::{gst, gst_base, gst_video};

    const COLORIMETRY: &str = "2:3:5:1";

    #[derive(Default)]
    pub(crate) struct ToneMap {
        hlg: AtomicBool,
        full_range: AtomicBool,
        table: OnceLock<ToneTable>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ToneMap {
        const NAME: &'static str = "ReeldropToneMap";
        type Type = super::ToneMap;
        type ParentType = gst_video::VideoFilter;
    }

    impl ObjectImpl for ToneMap {
        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
                ["hlg", "full-range"]
                    .map(|name| glib::ParamSpecBoolean::builder(name).build())
                    .into()
            });
            &PROPERTIES
        }

        fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
            let value = value.get().unwrap_or_default();
            self.flag(spec.name()).store(value, Ordering::Relaxed);
        }

        fn property(&self, _id: usize, spec: &glib::ParamSpec) -> glib::Value {
            self.flag(spec.name()).load(Ordering::Relaxed).to_value()
        }
    }

    impl GstObjectImpl for ToneMap {}

    impl ElementImpl for ToneMap {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Tone mapper",
                    "Filter/Effect/Video",
                    "Makes an SDR picture from an HDR one",
                    "Reeldrop",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let caps = |format| gst_video::VideoCapsBuilder::new().format(format).build();
                templates(
                    &caps(gst_video::VideoFormat::I42010le),
                    &caps(gst_video::VideoFormat::I420),
                )
            });
            &TEMPLATES
        }
    }

    impl BaseTransformImpl for ToneMap {
        const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

        fn transform_caps(
            &self,
            direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            let mut other = caps.clone();
            for structure in other.make_mut().iter_mut() {
                structure.remove_fields(["colorimetry", "chroma-site"]);
                if direction == gst::PadDirection::Sink {
                    structure.set("format", gst_video::VideoFormat::I420.to_str());
                    structure.set("colorimetry", COLORIMETRY);
                } else {
                    structure.set("format", gst_video::VideoFormat::I42010le.to_str());
                }
            }
            Some(match filter {
                Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
                None => other,
            })
        }
    }

    impl VideoFilterImpl for ToneMap {
        fn transform_frame(
            &self,
            input: &gst_video::VideoFrameRef<&gst::BufferRef>,
            output: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let table = self.table.get_or_init(|| self.make_table());
            let source = Source {
                planes: [
                    Plane::of(input, 0)?,
                    Plane::of(input, 1)?,
                    Plane::of(input, 2)?,
                ],
                size: [input.width() as usize, input.height() as usize],
            };
            source.write_luma(table, plane_mut(output, 0)?);
            let chroma = source.chroma(table);
            for plane in [0, 1] {
                let (out, stride) = plane_mut(output, plane + 1)?;
                for (out, row) in out
                    .chunks_mut(stride)
                    .zip(chroma.chunks(source.chroma_width()))
                {
                    for (out, code) in out.iter_mut().zip(row) {
                        *out = code[plane as usize];
                    }
                }
            }
            Ok(gst::FlowSuccess::Ok)
        }
    }

    impl ToneMap {
        fn flag(&self, name: &str) -> &AtomicBool {
            if name == "hlg" {
                &self.hlg
            } else {
                &self.full_range
            }
        }

        fn make_table(&self) -> ToneTable {
            let hlg = self.hlg.load(Ordering::Relaxed);
            let transfer = if hlg { Transfer::Hlg } else { Transfer::Pq };
            ToneTable::new(transfer, self.full_range.load(Ordering::Relaxed))
        }
    }

    /// The 10-bit picture.
    struct Source<'a> {
        planes: [Plane<'a>; 3],
        size: [usize; 2],
    }

    impl<'a> Source<'a> {
        fn row(&self, plane: usize, y: usize) -> &'a [[u8; 2]] {
            let width = if plane == 0 {
                self.size[0]
            } else {
                self.chroma_width()
            };
            self.planes[plane].row(y, width * 2).as_chunks().0
        }

        fn write_luma(&self, table: &ToneTable, (out, stride): (&mut [u8], usize)) {
            let [width, height] = self.size;
            for y in 0..height {
                let (cb, cr) = (self.row(1, y / 2), self.row(2, y / 2));
                let out = &mut out[y * stride..][..width];
                for ((x, luma), out) in self.row(0, y).iter().enumerate().zip(out) {
                    let code = [*luma, cb[x / 2], cr[x / 2]].map(u16::from_le_bytes);
                    *out = table.luma(code);
                }
            }
        }

        fn chroma_width(&self) -> usize {
            self.size[0].div_ceil(2)
        }

        /// Both chroma planes, row by row, from the average luma of each four pixels.
        fn chroma(&self, table: &ToneTable) -> Vec<[u8; 2]> {
            let [width, height] = self.size;
            let mut out = Vec::with_capacity(self.chroma_width() * height.div_ceil(2));
            for y in 0..height.div_ceil(2) {
                let luma = [self.row(0, y * 2), self.row(0, (y * 2 + 1).min(height - 1))];
                for (x, (cb, cr)) in self.row(1, y).iter().zip(self.row(2, y)).enumerate() {
                    let right = (x * 2 + 1).min(width - 1);
                    let four = luma.map(|row| [row[x * 2], row[right]].map(u16::from_le_bytes));
                    let sum: u16 = four.iter().flatten().sum();
                    let [cb, cr] = [*cb, *cr].map(|code| f32::from(u16::from_le_bytes(code)));
                    out.push(table.chroma([f32::from(sum) / 4.0, cb, cr]));
                }
            }
            out
        }
    }
}
