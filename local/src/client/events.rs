//! Server-sent events (WHATWG HTML, 9.2).

use reqwest::Response;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// The events of one answer.
pub struct EventStream {
    answer: Response,
    parser: Parser,
}

impl EventStream {
    pub(super) fn new(answer: Response) -> Self {
        Self {
            answer,
            parser: Parser::default(),
        }
    }

    /// The next event; `None` when the server ends the stream.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, reqwest::Error> {
        loop {
            if let Some(event) = self.parser.next() {
                return Ok(Some(event));
            }
            match self.answer.chunk().await? {
                Some(chunk) => self.parser.pending.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

#[derive(Default)]
struct Parser {
    pending: Vec<u8>,
    event: ServerEvent,
}

impl Parser {
    /// Takes whole lines until they make an event.
    fn next(&mut self) -> Option<ServerEvent> {
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if !event.data.is_empty() {
                    return Some(event);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.event.name),
                "data" if self.event.data.is_empty() => value.clone_into(&mut self.event.data),
                "data" => {
                    self.event.data.push('\n');
                    self.event.data.push_str(value);
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_across_chunks_and_comments_are_not_events() {
        let mut parser = Parser::default();
        parser
            .pending
            .extend_from_slice(b": listening\n\nevent: asset\ndata: {\"a\":");
        assert_eq!(parser.next(), None);
        parser
            .pending
            .extend_from_slice(b"1}\r\n\r\ndata: one\ndata: two\n\n");
        let event = |name: &str, data: &str| ServerEvent {
            name: name.to_owned(),
            data: data.to_owned(),
        };
        assert_eq!(parser.next(), Some(event("asset", "{\"a\":1}")));
        assert_eq!(parser.next(), Some(event("", "one\ntwo")));
        assert_eq!(parser.next(), None);
    }
}
