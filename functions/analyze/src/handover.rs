//! Where decoded pictures wait for whoever looks at them: decoding goes on beside looking.

use std::{
    ops::ControlFlow,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{Error, pace::Pace};

/// Time passes also where nothing happens: a strategy is asked again after so long.
const TICK: Duration = Duration::from_millis(20);

struct State<S> {
    pace: Box<dyn Pace<S>>,
    /// When the first picture was decoded, and when it is shown, milliseconds of the title.
    first: Option<(Instant, u64)>,
    /// Nothing more is decoded.
    decoded: bool,
    /// Nobody looks any more.
    closed: bool,
    /// The part's time was over before all of it was decoded.
    over: bool,
}

impl<S> State<S> {
    fn now(&self) -> Duration {
        self.first
            .map_or(Duration::ZERO, |(begun, _)| begun.elapsed())
    }
}

/// The pictures of a part between two threads, in the hands of a strategy.
pub(crate) struct Handover<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
}

/// Says at its end, however that comes, that nothing more is decoded.
pub(crate) struct Decoding<'a, S>(&'a Handover<S>);

/// Says at its end, however that comes, that nobody looks any more.
pub(crate) struct Looking<'a, S>(&'a Handover<S>);

impl<S> Handover<S> {
    pub(crate) fn new(pace: Box<dyn Pace<S>>) -> Self {
        Self {
            state: Mutex::new(State {
                pace,
                first: None,
                decoded: false,
                closed: false,
                over: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// To be held as long as something is decoded.
    pub(crate) fn decoding(&self) -> Decoding<'_, S> {
        Decoding(self)
    }

    /// To be held as long as somebody looks.
    pub(crate) fn looking(&self) -> Looking<'_, S> {
        Looking(self)
    }

    /// Hands over what `make` makes of the picture at `time_ms`, where it is wanted; waits for room. Breaks
    /// where nobody looks any more.
    pub(crate) fn give(
        &self,
        time_ms: u64,
        make: impl FnOnce() -> Result<S, Error>,
    ) -> Result<ControlFlow<()>, Error> {
        let mut state = self.lock();
        let (_, first_ms) = *state.first.get_or_insert_with(|| (Instant::now(), time_ms));
        let at = Duration::from_millis(time_ms.saturating_sub(first_ms));
        loop {
            let now = state.now();
            if state.closed {
                return Ok(ControlFlow::Break(()));
            }
            if state.pace.has_room(now) {
                break;
            }
            state = self.wait(state);
        }
        let now = state.now();
        if !state.pace.wants(at, now) {
            return Ok(ControlFlow::Continue(()));
        }
        drop(state);
        let picture = make()?;
        let mut state = self.lock();
        let now = state.now();
        state.pace.add(at, picture, now);
        self.changed.notify_all();
        Ok(ControlFlow::Continue(()))
    }

    /// What is to be looked at next, together; none where that was all.
    pub(crate) fn next(&self) -> Option<Vec<S>> {
        let mut state = self.lock();
        loop {
            let (now, decoded) = (state.now(), state.decoded);
            if !decoded && state.pace.is_over(now) {
                state.over = true;
                return None;
            }
            let pictures = state.pace.next(decoded, now);
            if !pictures.is_empty() {
                self.changed.notify_all();
                return Some(pictures);
            }
            if decoded && state.pace.is_empty() {
                return None;
            }
            self.changed.notify_all();
            state = self.wait(state);
        }
    }

    /// What was last handed over is looked at; says whether that counts.
    pub(crate) fn looked(&self) -> bool {
        let mut state = self.lock();
        let now = state.now();
        state.pace.looked(now)
    }

    /// Whether looking ended before decoding did, as there was no more time.
    pub(crate) fn was_over(&self) -> bool {
        self.lock().over
    }

    /// Pictures that were left out.
    pub(crate) fn dropped(&self) -> u32 {
        self.lock().pace.dropped()
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<S>>) -> MutexGuard<'a, State<S>> {
        let waited = self.changed.wait_timeout(state, TICK);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl<S> Drop for Decoding<'_, S> {
    fn drop(&mut self) {
        self.0.lock().decoded = true;
        self.0.changed.notify_all();
    }
}

impl<S> Drop for Looking<'_, S> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}
