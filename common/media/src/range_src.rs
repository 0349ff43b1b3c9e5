//! A GStreamer source over [`ReadAt`]: demuxers pull the ranges that they need.

use std::{
    io,
    sync::{Arc, OnceLock, atomic::Ordering},
};

use glib::subclass::prelude::*;
use gstreamer as gst;
use gstreamer_base as gst_base;

use crate::ReadAt;

glib::wrapper! {
    /// The source element. It is seekable, knows its size, and works in pull mode.
    pub struct RangeSrc(ObjectSubclass<imp::RangeSrc>)
        @extends gst_base::BaseSrc, gst::Element, gst::Object;
}

impl RangeSrc {
    /// Makes an element that reads from `reader`.
    #[must_use]
    pub fn new(reader: Arc<dyn ReadAt>) -> Self {
        let src: Self = glib::Object::new();
        let given = src.imp().reader.set(reader);
        debug_assert!(given.is_ok(), "a new element has no reader");
        src
    }

    /// The error that stopped reading, where there was one.
    #[must_use]
    pub fn take_failure(&self) -> Option<io::Error> {
        self.imp().failure.lock().ok()?.take()
    }

    /// How many reads have begun and ended so far: odd while one is under way. What does not change
    /// is a source that nobody reads.
    pub(crate) fn activity(&self) -> u64 {
        self.imp().activity.load(Ordering::SeqCst)
    }
}

mod imp {
    use std::sync::{LazyLock, Mutex, atomic::AtomicU64};

    use gst::subclass::prelude::*;
    use gst_base::{
        prelude::*,
        subclass::{base_src::CreateSuccess, prelude::*},
    };

    use super::{Arc, OnceLock, Ordering, ReadAt, gst, gst_base, io};

    #[derive(Default)]
    pub struct RangeSrc {
        pub(super) reader: OnceLock<Arc<dyn ReadAt>>,
        pub(super) failure: Mutex<Option<io::Error>>,
        pub(super) activity: AtomicU64,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for RangeSrc {
        const NAME: &'static str = "ReeldropRangeSrc";
        type Type = super::RangeSrc;
        type ParentType = gst_base::BaseSrc;
    }

    impl ObjectImpl for RangeSrc {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_format(gst::Format::Bytes);
            self.obj().set_blocksize(64 * 1024);
        }
    }

    impl GstObjectImpl for RangeSrc {}

    impl ElementImpl for RangeSrc {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Range source",
                    "Source",
                    "Reads a source by range",
                    "Reeldrop",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                gst::PadTemplate::new(
                    "src",
                    gst::PadDirection::Src,
                    gst::PadPresence::Always,
                    &gst::Caps::new_any(),
                )
                .into_iter()
                .collect()
            });
            &TEMPLATES
        }
    }

    impl BaseSrcImpl for RangeSrc {
        fn is_seekable(&self) -> bool {
            true
        }

        fn size(&self) -> Option<u64> {
            self.reader.get().map(|reader| reader.size_bytes())
        }

        fn create(
            &self,
            offset: u64,
            _buffer: Option<&mut gst::BufferRef>,
            length: u32,
        ) -> Result<CreateSuccess, gst::FlowError> {
            let reader = self.reader.get().ok_or(gst::FlowError::Error)?;
            if offset >= reader.size_bytes() {
                return Err(gst::FlowError::Eos);
            }
            self.activity.fetch_add(1, Ordering::SeqCst);
            let read = reader.read_at(offset, length as usize);
            self.activity.fetch_add(1, Ordering::SeqCst);
            match read {
                Ok(bytes) if bytes.is_empty() => Err(gst::FlowError::Eos),
                Ok(bytes) => {
                    let end = offset + bytes.len() as u64;
                    let mut buffer = gst::Buffer::from_slice(bytes);
                    if let Some(buffer) = buffer.get_mut() {
                        buffer.set_offset(offset);
                        buffer.set_offset_end(end);
                    }
                    Ok(CreateSuccess::NewBuffer(buffer))
                }
                Err(error) => {
                    gst::element_imp_error!(self, gst::ResourceError::Read, ["{error}"]);
                    if let Ok(mut failure) = self.failure.lock() {
                        *failure = Some(error);
                    }
                    Err(gst::FlowError::Error)
                }
            }
        }
    }
}
