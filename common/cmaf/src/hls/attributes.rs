//! Attribute lists: `NAME=value,NAME="value"` (RFC 8216, section 4.2).

use std::fmt::{Display, Write as _};

/// An attribute list that is being written, in order.
#[derive(Debug, Default)]
pub(super) struct Attributes(String);

impl Attributes {
    /// Adds a number, a resolution or an enumerated word.
    pub(super) fn bare(mut self, name: &str, value: impl Display) -> Self {
        self.separate();
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{name}={value}");
        self
    }

    /// Adds a quoted string. It may hold no quote and no line break, and has no escapes for them.
    pub(super) fn quoted(self, name: &str, value: &str) -> Self {
        let value: String = value
            .chars()
            .map(|c| if c == '"' { '\'' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        self.bare(name, format_args!("\"{value}\""))
    }

    /// The list as one line's end.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn separate(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_line_breaks_cannot_end_a_value() {
        let list = Attributes::default()
            .bare("A", 1)
            .quoted("NAME", "a \"b\"\r\n#EXT,c")
            .into_string();
        assert_eq!(list, "A=1,NAME=\"a 'b'#EXT,c\"");
    }
}
