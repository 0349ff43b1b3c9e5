//! Logs: one JSON object a line as Cloud Logging reads it, or text for a person.

use std::{
    fmt,
    io::{self, IsTerminal},
};

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::{Event, Level, Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::{config::env_or, trace::Trace};

/// What is logged where `RUST_LOG` does not say. The AWS SDK would tell whose access key it found.
const FILTER: &str = "info,aws_config=warn";

/// Sends logs to standard error, and panics to the log; does nothing where a subscriber stands already.
pub(crate) fn install() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    let installed = if wants_text() {
        builder.with_target(false).try_init()
    } else {
        builder.event_format(CloudLogging::from_env()).try_init()
    };
    if installed.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            tracing::error!(
                panic.location = panic.location().map(tracing::field::display),
                "{panic}"
            );
        }));
    }
}

fn wants_text() -> bool {
    match env_or("REELDROP_LOG_FORMAT", "").as_str() {
        "text" => true,
        "json" => false,
        _ => io::stderr().is_terminal(),
    }
}

/// Writes Cloud Logging's structured JSON.
///
/// `tracing-stackdriver` turns all field names into camel case, `asset.id` and Cloud Logging's own
/// `logging.googleapis.com/trace` among them, so that neither could be found again.
struct CloudLogging {
    /// What stands before the trace id: `projects/<project>/traces/`, where the project is known.
    trace_prefix: String,
}

impl CloudLogging {
    fn from_env() -> Self {
        let project = env_or("GOOGLE_CLOUD_PROJECT", "");
        let trace_prefix = if project.is_empty() {
            String::new()
        } else {
            format!("projects/{project}/traces/")
        };
        Self { trace_prefix }
    }

    fn entry(&self, event: &Event<'_>) -> Map<String, Value> {
        let mut entry = Map::new();
        event.record(&mut Fields(&mut entry));
        if let Ok(now) = OffsetDateTime::now_utc().format(&Rfc3339) {
            entry.insert("time".to_owned(), now.into());
        }
        entry.insert(
            "severity".to_owned(),
            severity(*event.metadata().level()).into(),
        );
        entry.insert("target".to_owned(), event.metadata().target().into());
        Trace::with_current(|trace| {
            let trace_name = format!("{}{}", self.trace_prefix, trace.trace_id());
            entry.insert("logging.googleapis.com/trace".to_owned(), trace_name.into());
            entry.insert(
                "logging.googleapis.com/spanId".to_owned(),
                trace.span_id().into(),
            );
        });
        entry
    }
}

impl<S, N> FormatEvent<S, N> for CloudLogging
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writeln!(writer, "{}", Value::Object(self.entry(event)))
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

/// Collects an event's fields under their own names.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn set(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl tracing::field::Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_is_what_cloud_logging_reads() {
        let buffer = Buffer::default();
        let out = buffer.clone();
        let format = CloudLogging {
            trace_prefix: "projects/p/traces/".to_owned(),
        };
        let subscriber = tracing_subscriber::fmt()
            .event_format(format)
            .with_writer(move || out.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        Trace::under(Some(parent), None)
            .scope(async { tracing::warn!(asset.id = "a", duration_ms = 7, "event handled") })
            .await;
        drop(guard);
        let line: Value = serde_json::from_slice(&buffer.0.lock().unwrap()).unwrap();
        assert_eq!(line["severity"], "WARNING");
        assert_eq!(line["message"], "event handled");
        assert_eq!(line["asset.id"], "a");
        assert_eq!(line["duration_ms"], 7);
        assert_eq!(
            line["logging.googleapis.com/trace"],
            "projects/p/traces/4bf92f3577b34da6a3ce929d0e0e4736"
        );
    }
}
