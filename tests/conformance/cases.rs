//! The table: what a subscriber answers, and what the broker must make of it.

/// What the subscriber answers to an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// A status without a body.
    Status(u16),
    /// A status with a body that is no event.
    Text(u16, &'static str),
    /// A status with an event of this type.
    Event(u16, &'static str),
    /// Nothing within the delivery's timeout.
    Silence,
}

/// What the dead-letter sink gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeadLetter {
    /// Nothing.
    None,
    /// The event with this `knativeerrorcode`.
    Code(u16),
    /// The event with some code of the 500s: there was no answer to take one from.
    NoAnswer,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The Trigger that takes its event.
    pub(crate) trigger: &'static str,
    /// The answers in order; the last one is given to all further attempts.
    pub(crate) answers: &'static [Answer],
    /// How often the subscriber sees the event.
    pub(crate) attempts: usize,
    /// The least times between attempts, milliseconds; empty where they do not matter.
    pub(crate) waits_ms: &'static [u64],
    pub(crate) dead_letter: DeadLetter,
    /// How many events of the type `conformance.replied` enter.
    pub(crate) replies: usize,
}

const REPLIED: &str = "conformance.replied";
const LINEAR_MS: &[u64] = &[0, 200, 400];
const EXPONENTIAL_MS: &[u64] = &[200, 400, 800];
/// Longer than a dead letter can carry.
const LONG: &str = include_str!("cases.rs");

const fn case(name: &'static str, answers: &'static [Answer], attempts: usize) -> Case {
    Case {
        name,
        trigger: "linear",
        answers,
        attempts,
        waits_ms: &[],
        dead_letter: DeadLetter::None,
        replies: 0,
    }
}

/// Tried four times, then a dead letter.
const fn retried(name: &'static str, answers: &'static [Answer], code: u16) -> Case {
    Case {
        dead_letter: DeadLetter::Code(code),
        ..case(name, answers, 4)
    }
}

/// A dead letter at once.
const fn given_up(name: &'static str, answers: &'static [Answer], code: u16) -> Case {
    Case {
        dead_letter: DeadLetter::Code(code),
        ..case(name, answers, 1)
    }
}

/// All rows.
pub(crate) const CASES: &[Case] = &[
    case("200 without a body", &[Answer::Status(200)], 1),
    case("202 without a body", &[Answer::Status(202)], 1),
    case("204", &[Answer::Status(204)], 1),
    retried("404", &[Answer::Status(404)], 404),
    retried("408", &[Answer::Status(408)], 408),
    retried("409", &[Answer::Status(409)], 409),
    retried("429", &[Answer::Status(429)], 429),
    retried("500", &[Answer::Text(500, "out of order")], 500),
    retried("502", &[Answer::Status(502)], 502),
    retried("503", &[Answer::Text(503, LONG)], 503),
    given_up("300", &[Answer::Status(300)], 300),
    given_up("400", &[Answer::Text(400, "not understood")], 400),
    given_up("401", &[Answer::Status(401)], 401),
    given_up("403", &[Answer::Status(403)], 403),
    given_up("410", &[Answer::Status(410)], 410),
    given_up("413", &[Answer::Status(413)], 413),
    given_up("422", &[Answer::Text(422, LONG)], 422),
    Case {
        dead_letter: DeadLetter::NoAnswer,
        ..case("no answer", &[Answer::Silence], 4)
    },
    case(
        "handled at the second attempt",
        &[Answer::Status(503), Answer::Status(204)],
        2,
    ),
    Case {
        dead_letter: DeadLetter::Code(422),
        ..case(
            "given up at the second attempt",
            &[Answer::Status(503), Answer::Status(422)],
            2,
        )
    },
    Case {
        waits_ms: LINEAR_MS,
        ..retried("linear back-off", &[Answer::Status(503)], 503)
    },
    Case {
        trigger: "exponential",
        waits_ms: EXPONENTIAL_MS,
        ..retried("exponential back-off", &[Answer::Status(503)], 503)
    },
    retried(
        "200 with a body that is no event",
        &[Answer::Text(200, "done")],
        502,
    ),
    Case {
        replies: 1,
        ..case("200 with an event", &[Answer::Event(200, REPLIED)], 1)
    },
    Case {
        replies: 1,
        ..case(
            "an event at the second attempt",
            &[Answer::Status(503), Answer::Event(200, REPLIED)],
            2,
        )
    },
    case("202 with an event", &[Answer::Event(202, REPLIED)], 1),
    given_up("422 with an event", &[Answer::Event(422, REPLIED)], 422),
];

/// The events that the filters are tried on: type, `colour`, and the Triggers that take it.
pub(crate) const FILTERED: &[(&str, Option<&str>, &[&str])] = &[
    (
        "conformance.filter.red",
        None,
        &["filter-prefix", "filter-suffix", "filter-any"],
    ),
    (
        "conformance.filter.blue",
        Some("dark"),
        &["filter-prefix", "filter-all", "filter-any", "filter-not"],
    ),
    (
        "conformance.filter.green",
        Some("light"),
        &["filter-prefix", "filter-not", "filter-legacy"],
    ),
    (
        "conformance.filter.green",
        None,
        &["filter-prefix", "filter-not"],
    ),
    ("conformance.other", Some("dark"), &[]),
];

/// A header's name and value.
type Header = (&'static str, &'static str);

/// What the broker's address answers: headers, body, status.
pub(crate) const POSTED: &[(&[Header], &str, u16)] = &[
    (&[("content-type", "application/json")], "{}", 400),
    (
        &[("content-type", "application/cloudevents+json")],
        "{",
        400,
    ),
    (
        &[
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
        ],
        "{}",
        400,
    ),
    (
        &[("content-type", "application/cloudevents+json")],
        r#"{"specversion":"1.0","type":"conformance.other","source":"/conformance","id":"1"}"#,
        202,
    ),
];
