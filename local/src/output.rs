//! The one place that writes to standard output.

use serde_json::Value;

/// Prints a line for a person.
#[expect(clippy::print_stdout, reason = "this is a command line")]
pub fn line(text: &str) {
    println!("{text}");
}

/// Text of somebody else's without what moves a terminal's cursor or colours it.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Prints one JSON value as a line for a program.
pub fn json(value: &Value) {
    line(&value.to_string());
}
