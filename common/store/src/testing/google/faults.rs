//! What goes wrong on the way, as a test wants it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Request;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this HTTP status, and not carried out.
    Status(u16),
    /// It is answered with this gRPC status, and not carried out.
    Grpc(u16),
    /// The connection ends before it is carried out.
    BreaksOff,
    /// The connection ends after it was carried out.
    AnswerLost,
}

/// Faults that are still to come, and the requests that came.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Mutex<Vec<Planned>>,
    came: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Planned {
    of: String,
    times: usize,
    fault: Fault,
}

impl Faults {
    /// The next `times` requests whose method and address have `of` in them meet this fault.
    pub(super) fn plan(&self, of: &str, times: usize, fault: Fault) {
        let of = of.to_owned();
        locked(&self.planned).push(Planned { of, times, fault });
    }

    /// How many requests came whose method and address have `of` in them.
    pub(super) fn count(&self, of: &str) -> usize {
        let came = locked(&self.came);
        came.iter().filter(|request| request.contains(of)).count()
    }

    /// Takes note of a request, and says what goes wrong with it.
    pub(super) fn of<B>(&self, request: &Request<B>) -> Option<Fault> {
        let request = format!("{} {}", request.method(), request.uri());
        let mut planned = locked(&self.planned);
        let mut meant = planned.iter_mut();
        let next = meant.find(|next| next.times > 0 && request.contains(&next.of));
        locked(&self.came).push(request.clone());
        let next = next?;
        next.times -= 1;
        Some(next.fault)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
