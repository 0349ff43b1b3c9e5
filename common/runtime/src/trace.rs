//! Trace context: carried from the received event to the sent ones (W3C Trace Context).

use http::HeaderMap;
use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Trace;
}

/// Where the work at hand stands in a distributed trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    /// 32 hexadecimal digits, the same for everything that one upload sets off.
    trace_id: String,
    /// 16 hexadecimal digits: this handling of one event.
    span_id: String,
    /// 16 hexadecimal digits: the handling that sent the event; none at the root.
    parent_id: Option<String>,
    /// 2 hexadecimal digits; bit 0 says whether the trace is sampled.
    flags: String,
    /// `tracestate`, passed on as it came.
    state: Option<String>,
}

impl Trace {
    /// A new span under `traceparent`, or the root of a new trace where that is absent or malformed.
    pub(crate) fn under(traceparent: Option<&str>, state: Option<&str>) -> Self {
        match traceparent.and_then(parse) {
            Some((trace_id, parent_id, flags)) => Self {
                trace_id: trace_id.to_owned(),
                span_id: random_span_id(),
                parent_id: Some(parent_id.to_owned()),
                flags: flags.to_owned(),
                state: state.map(str::to_owned),
            },
            None => Self::root(),
        }
    }

    /// A new span under an HTTP request's `traceparent`.
    pub(crate) fn under_headers(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self::under(text("traceparent"), text("tracestate"))
    }

    fn root() -> Self {
        Self {
            trace_id: Uuid::new_v4().simple().to_string(),
            span_id: random_span_id(),
            parent_id: None,
            flags: "01".to_owned(),
            state: None,
        }
    }

    /// The trace of the event being handled by this task, or a new one.
    pub(crate) fn current_or_root() -> Self {
        CURRENT
            .try_with(Self::clone)
            .unwrap_or_else(|_| Self::root())
    }

    /// Calls `read` with the trace of the event being handled by this task, if there is one.
    pub(crate) fn with_current<T>(read: impl FnOnce(&Self) -> T) -> Option<T> {
        CURRENT.try_with(read).ok()
    }

    /// Runs `work` so that what it logs and sends belongs to this trace.
    pub(crate) async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The value of the `traceparent` extension of events sent from here.
    pub(crate) fn traceparent(&self) -> String {
        format!("00-{}-{}-{}", self.trace_id, self.span_id, self.flags)
    }

    pub(crate) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    pub(crate) fn span_id(&self) -> &str {
        &self.span_id
    }

    pub(crate) fn parent_id(&self) -> Option<&str> {
        self.parent_id.as_deref()
    }

    pub(crate) fn flags(&self) -> &str {
        &self.flags
    }
}

fn random_span_id() -> String {
    let mut digits = Uuid::new_v4().simple().to_string();
    // The last half: the first holds the UUID's constant version digit.
    digits.split_off(16)
}

/// Trace id, parent id and flags of a `traceparent` (W3C Trace Context, section 3.2).
fn parse(traceparent: &str) -> Option<(&str, &str, &str)> {
    let mut fields = traceparent.trim().split('-');
    let version = fields
        .next()
        .filter(|version| is_hex(version, 2) && *version != "ff")?;
    let trace_id = fields.next().filter(|id| is_hex(id, 32) && !is_zero(id))?;
    let parent_id = fields.next().filter(|id| is_hex(id, 16) && !is_zero(id))?;
    let flags = fields.next().filter(|flags| is_hex(flags, 2))?;
    // Later versions may add fields, version 0 has none.
    if version == "00" && fields.next().is_some() {
        return None;
    }
    Some((trace_id, parent_id, flags))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|b| b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn the_trace_goes_on_in_a_new_span() {
        let trace = Trace::under(Some(PARENT), Some("vendor=1"));
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(trace.span_id(), "00f067aa0ba902b7");
        assert_eq!(trace.parent_id(), Some("00f067aa0ba902b7"));
        assert!(
            trace.traceparent().ends_with("-00"),
            "the sampling decision is kept"
        );
        assert_eq!(trace.state(), Some("vendor=1"));
        assert!(parse(&trace.traceparent()).is_some());
    }

    #[test]
    fn a_malformed_parent_begins_a_new_trace_without_its_state() {
        let zero = "00-00000000000000000000000000000000-00f067aa0ba902b7-00";
        let long = format!("{PARENT}-00");
        for parent in [
            "",
            "00",
            "junk",
            zero,
            &long,
            &PARENT.replace("00-4b", "ff-4b"),
        ] {
            let trace = Trace::under(Some(parent), Some("vendor=1"));
            assert_ne!(
                trace.trace_id(),
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "{parent}"
            );
            assert_eq!(trace.state(), None);
            assert!(parse(&trace.traceparent()).is_some());
        }
    }
}
