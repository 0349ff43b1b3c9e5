//! The two channels of one field of line 21 (CTA-608-E).

use cea608_types::{
    Cea608, Cea608State, Mode,
    tables::{self, Code, Control, PreambleAddressCode},
};

use super::{
    Text,
    canvas::{Canvas, ROWS},
    shown::Shown,
};
use crate::CaptionError;

/// The last column of the screen.
const LAST_COLUMN: usize = 31;

/// A field: its pairs of bytes are for the one or the other of its channels.
#[derive(Default)]
pub(super) struct Field {
    state: Cea608State,
    channels: [Screen; 2],
    /// Whether it carries data about the programme for the time being.
    is_xds: bool,
}

impl Field {
    /// Takes a pair of bytes; what has no parity is none. Only the second field carries data about the
    /// programme (`has_xds`).
    pub(super) fn pair(&mut self, data: [u8; 2], has_xds: bool, now: u64) {
        // Packets of extended data (XDS) begin below 0x10, end with 0x0f, and are interrupted by commands of
        // captions.
        let data = match data.map(|byte| byte & 0x7f) {
            // Padding often lacks its parity.
            [0, 0] => [0x80, 0x80],
            _ => data,
        };
        match data[0] & 0x7f {
            0x01..=0x0e => self.is_xds = has_xds,
            0x0f => self.is_xds = false,
            0x10..=0x1f => {
                self.is_xds = false;
                self.take(data, now);
            }
            _ if !self.is_xds => self.take(data, now),
            _ => {}
        }
    }

    fn take(&mut self, data: [u8; 2], now: u64) {
        let Ok(code) = Code::from_data(data) else {
            return;
        };
        let command = self.state.decode(data);
        if let Code::Control(control) = code[0]
            && matches!(
                control.code(),
                Control::TextRestart | Control::ResumeTextDisplay
            )
        {
            self.screen(control.channel()).mode = None;
        }
        if let Ok(Some(command)) = command {
            self.screen(command.channel()).take(command, now);
        }
    }

    fn screen(&mut self, channel: tables::Channel) -> &mut Screen {
        &mut self.channels[usize::from(channel.id() != 1)]
    }

    pub(super) fn finish(self, end: u64) -> [Result<Vec<Text>, CaptionError>; 2] {
        self.channels.map(|screen| screen.finish(end))
    }
}

/// The screen of a channel: of captions that roll up only the line that is being written is kept.
#[derive(Default)]
struct Screen {
    /// None where text comes that is no caption.
    mode: Option<Mode>,
    hidden: Canvas,
    seen: Canvas,
    row: usize,
    column: usize,
    shown: Shown,
}

impl Screen {
    fn take(&mut self, command: Cea608, now: u64) {
        match command {
            Cea608::NewMode(_, mode) => self.begin(mode, now),
            Cea608::Text(text) => {
                if text.needs_backspace {
                    self.column = self.column.saturating_sub(1);
                }
                for character in [text.char1, text.char2].into_iter().flatten() {
                    self.put(character, now);
                }
            }
            // It takes the place of a space.
            Cea608::MidRowChange(..) => self.put(' ', now),
            Cea608::Preamble(_, preamble) => self.go_to(preamble, now),
            Cea608::TabOffset(_, columns) => {
                self.column = (self.column + usize::from(columns)).min(LAST_COLUMN);
            }
            Cea608::Backspace(_) => {
                self.column = self.column.saturating_sub(1);
                let (row, column) = (self.row, self.column);
                self.written().put(row, column, ' ');
            }
            Cea608::DeleteToEndOfRow(_) => {
                let (row, column) = (self.row, self.column);
                self.written().erase(row, column);
            }
            Cea608::CarriageReturn(_) if self.rolls_up() => {
                let line = std::mem::take(&mut self.seen).text();
                self.shown.rolls(line);
                self.column = 0;
            }
            Cea608::CarriageReturn(_) => {}
            Cea608::EraseDisplay(_) => self.erase(now),
            Cea608::EraseNonDisplay(_) => self.hidden = Canvas::default(),
            Cea608::EndOfCaption(_) => {
                self.mode = Some(Mode::PopOn);
                self.shown.goes(now, self.seen.text());
                std::mem::swap(&mut self.seen, &mut self.hidden);
                self.show_seen(now);
            }
        }
    }

    fn rolls_up(&self) -> bool {
        self.mode.is_some_and(|mode| mode.is_rollup())
    }

    /// Captions that roll up begin with an empty screen.
    fn begin(&mut self, mode: Mode, now: u64) {
        if mode.is_rollup() && !self.rolls_up() {
            self.erase(now);
            self.hidden = Canvas::default();
            (self.row, self.column) = (ROWS - 1, 0);
        }
        self.mode = Some(mode);
    }

    fn erase(&mut self, now: u64) {
        let seen = std::mem::take(&mut self.seen);
        self.shown.goes(now, seen.text());
    }

    fn show_seen(&mut self, now: u64) {
        if !self.seen.is_empty() {
            self.shown.appears(now);
        }
    }

    /// Lines that roll up are written into one row, wherever that is.
    fn go_to(&mut self, preamble: PreambleAddressCode, now: u64) {
        self.column = usize::from(preamble.column()).min(LAST_COLUMN);
        if self.rolls_up() {
            return;
        }
        self.row = usize::from(preamble.row()).min(ROWS - 1);
        // What is painted over is another caption.
        if self.mode == Some(Mode::PaintOn) && self.seen.has_text_in(self.row) {
            self.shown.goes(now, self.seen.text());
            self.seen.erase(self.row, 0);
            self.show_seen(now);
        }
    }

    /// The canvas that is written to.
    fn written(&mut self) -> &mut Canvas {
        match self.mode {
            Some(Mode::PopOn) => &mut self.hidden,
            Some(Mode::PaintOn | Mode::RollUp2 | Mode::RollUp3 | Mode::RollUp4) | None => {
                &mut self.seen
            }
        }
    }

    fn put(&mut self, character: char, now: u64) {
        let Some(mode) = self.mode else { return };
        let (row, column) = (self.row, self.column);
        self.written().put(row, column, character);
        self.column = (column + 1).min(LAST_COLUMN);
        if mode != Mode::PopOn && !character.is_whitespace() {
            self.shown.appears(now);
        }
    }

    fn finish(mut self, end: u64) -> Result<Vec<Text>, CaptionError> {
        self.erase(end);
        self.shown.finish()
    }
}
