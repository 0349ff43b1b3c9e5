//! Holds a source's data back until somebody has decided what to do with it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use gst::prelude::*;
use gstreamer as gst;

use crate::{MediaError, watch::Watched};

/// Buffers to let go by while waiting for a pad that the file's header promises.
const MOST_LOST: usize = 256;

/// Blocks every exposed pad at its first buffer until it is opened.
#[derive(Debug)]
pub(crate) struct Gate {
    expected_pads: usize,
    pads: AtomicUsize,
    lost: AtomicUsize,
    open: AtomicBool,
    blocks: Mutex<Vec<(gst::Pad, gst::PadProbeId)>>,
}

impl Gate {
    pub(crate) fn new(expected_pads: usize) -> Self {
        Self {
            expected_pads,
            pads: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            open: AtomicBool::new(false),
            blocks: Mutex::default(),
        }
    }

    /// Blocks a pad; `at_data` is called when data, or the end of it, has come.
    pub(crate) fn hold(
        self: &Arc<Self>,
        pad: &gst::Pad,
        at_data: impl Fn() + Send + Sync + Clone + 'static,
    ) {
        self.pads.fetch_add(1, Ordering::SeqCst);
        if self.open.load(Ordering::SeqCst) {
            return;
        }
        let (gate, at_buffer) = (Arc::clone(self), at_data.clone());
        // Only buffers: parsebin pushes events from the thread that exposes the pads.
        let data = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
        let block = pad.add_probe(gst::PadProbeType::BLOCK | data, move |_, _| {
            gate.judge(&at_buffer)
        });
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if info
                .event()
                .is_some_and(|event| event.type_() == gst::EventType::Eos)
            {
                at_data();
            }
            gst::PadProbeReturn::Ok
        });
        if let Some(block) = block {
            self.blocks().push((pad.clone(), block));
        }
    }

    fn judge(&self, at_buffer: &impl Fn()) -> gst::PadProbeReturn {
        if self.open.load(Ordering::SeqCst) {
            // `open` removes the probe itself.
            return gst::PadProbeReturn::Pass;
        }
        let waiting = self.pads.load(Ordering::SeqCst) < self.expected_pads;
        if waiting && self.lost.fetch_add(1, Ordering::SeqCst) < MOST_LOST {
            return gst::PadProbeReturn::Drop;
        }
        at_buffer();
        gst::PadProbeReturn::Ok
    }

    /// Whether buffers went by while waiting for pads: a seek brings them back.
    pub(crate) fn lost_data(&self) -> bool {
        self.lost.load(Ordering::SeqCst) > 0
    }

    /// Lets all data through from now on.
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
        for (pad, block) in self.blocks().drain(..) {
            pad.remove_probe(block);
        }
    }

    fn blocks(&self) -> std::sync::MutexGuard<'_, Vec<(gst::Pad, gst::PadProbeId)>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream that was chosen, held until everything is linked behind it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) gate: Arc<Gate>,
    pub(crate) pad: gst::Pad,
    pub(crate) from_ns: Option<u64>,
}

impl Held {
    /// Goes to where decoding begins, and lets the data through to a pipeline that plays: a sink that
    /// waits for its queue to be emptied keeps a pipeline from changing its state, and who would empty
    /// it waits for just that.
    pub(crate) fn release_into(&self, watched: &Watched) -> Result<(), MediaError> {
        watched.set_state(gst::State::Playing)?;
        match self.from_ns {
            Some(from_ns) => seek(&self.pad, from_ns)?,
            None if self.gate.lost_data() => seek(&self.pad, 0)?,
            None if self.pad.pad_flags().contains(gst::PadFlags::EOS) => {
                return Err(MediaError::Damaged("the track holds no data".to_owned()));
            }
            None => {}
        }
        self.gate.open();
        Ok(())
    }
}

/// Seeks while the data is held: the buffer that waits is flushed away and nothing was decoded.
fn seek(pad: &gst::Pad, from_ns: u64) -> Result<(), MediaError> {
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE;
    let seek = gst::event::Seek::new(
        1.0,
        flags,
        gst::SeekType::Set,
        gst::ClockTime::from_nseconds(from_ns),
        gst::SeekType::None,
        gst::ClockTime::NONE,
    );
    match pad.send_event(seek) {
        true => Ok(()),
        false => Err(MediaError::Damaged(format!("cannot seek to {from_ns} ns"))),
    }
}
