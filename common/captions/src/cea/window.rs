//! The windows of one service (CTA-708-E, 8): what is written into them, and when it is seen.

use cea708_types::tables::{Code, WindowBits};

use super::{
    Text,
    canvas::{COLUMNS, Canvas, ROWS},
    shown::Shown,
};
use crate::CaptionError;

const WINDOWS: usize = 8;

const CURRENT: [Code; WINDOWS] = [
    Code::SetCurrentWindow0,
    Code::SetCurrentWindow1,
    Code::SetCurrentWindow2,
    Code::SetCurrentWindow3,
    Code::SetCurrentWindow4,
    Code::SetCurrentWindow5,
    Code::SetCurrentWindow6,
    Code::SetCurrentWindow7,
];

/// A service.
#[derive(Default)]
pub(super) struct Service {
    windows: [Window; WINDOWS],
    current: usize,
}

/// A window; one that is not defined takes nothing.
#[derive(Default)]
struct Window {
    defined: bool,
    visible: bool,
    last_row: usize,
    row: usize,
    column: usize,
    canvas: Canvas,
    shown: Shown,
}

impl Service {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of two hundred codes these place text, the others are characters or how they look"
    )]
    pub(super) fn take(&mut self, code: &Code, now: u64) {
        if let Some(current) = CURRENT.iter().position(|known| known == code) {
            self.current = current;
            return;
        }
        match code {
            Code::DefineWindow(window) => {
                self.current = usize::from(window.window_id) % WINDOWS;
                let last_row = usize::from(window.row_count).min(ROWS - 1);
                self.windows[self.current].define(last_row, window.visible, now);
            }
            Code::ClearWindows(which) => self.each(*which, |window| window.clear(now)),
            Code::DisplayWindows(which) => self.each(*which, |window| window.see(true, now)),
            Code::HideWindows(which) => self.each(*which, |window| window.see(false, now)),
            Code::ToggleWindows(which) => {
                self.each(*which, |window| window.see(!window.visible, now));
            }
            Code::DeleteWindows(which) => self.each(*which, |window| window.delete(now)),
            Code::Reset => self
                .windows
                .iter_mut()
                .for_each(|window| window.delete(now)),
            Code::SetPenLocation(to) => {
                let (row, column) = (usize::from(to.row), usize::from(to.column));
                self.current().go_to(row, column, now);
            }
            Code::FF => self.current().clear(now),
            Code::CR => self.current().carriage_return(),
            Code::HCR => self.current().erase_row(),
            Code::BS => self.current().backspace(),
            written => {
                if let Some(character) = written.char() {
                    self.current().put(character, now);
                }
            }
        }
    }

    fn current(&mut self) -> &mut Window {
        &mut self.windows[self.current]
    }

    fn each(&mut self, which: WindowBits, mut with: impl FnMut(&mut Window)) {
        let bits = u8::from(which);
        let named = (0..)
            .zip(&mut self.windows)
            .filter(|(at, _)| bits >> at & 1 == 1);
        named
            .filter(|(_, window)| window.defined)
            .for_each(|(_, window)| with(window));
    }

    /// What was seen in all windows, in order.
    pub(super) fn finish(self, end: u64) -> Result<Vec<Text>, CaptionError> {
        let mut all = Vec::new();
        for mut window in self.windows {
            window.delete(end);
            all.extend(window.shown.finish()?);
        }
        all.sort();
        Ok(all)
    }
}

impl Window {
    /// A window that is there already keeps its text.
    fn define(&mut self, last_row: usize, visible: bool, now: u64) {
        self.defined = true;
        self.last_row = last_row;
        self.see(visible, now);
    }

    fn see(&mut self, visible: bool, now: u64) {
        if self.visible && !visible {
            self.shown.goes(now, self.canvas.text());
        }
        self.visible = visible;
        self.show_text(now);
    }

    fn show_text(&mut self, now: u64) {
        if self.visible && !self.canvas.is_empty() {
            self.shown.appears(now);
        }
    }

    fn clear(&mut self, now: u64) {
        let text = std::mem::take(&mut self.canvas).text();
        self.shown.goes(now, text);
        (self.row, self.column) = (0, 0);
    }

    fn delete(&mut self, now: u64) {
        self.clear(now);
        (self.defined, self.visible) = (false, false);
    }

    fn go_to(&mut self, row: usize, column: usize, now: u64) {
        (self.row, self.column) = (row.min(ROWS - 1), column.min(COLUMNS - 1));
        // What is painted over is another caption.
        if self.visible && self.canvas.has_text_in(self.row) && self.column == 0 {
            self.shown.goes(now, self.canvas.text());
            self.canvas.erase(self.row, 0);
            self.show_text(now);
        }
    }

    /// Where it is seen, a line is complete; elsewhere the next one is written below.
    fn carriage_return(&mut self) {
        self.column = 0;
        if self.visible {
            let line = std::mem::take(&mut self.canvas).text();
            self.shown.rolls(line);
        } else if self.row < self.last_row {
            self.row += 1;
        } else {
            self.canvas.scroll(self.last_row);
        }
    }

    fn erase_row(&mut self) {
        self.canvas.erase(self.row, 0);
        self.column = 0;
    }

    fn backspace(&mut self) {
        self.column = self.column.saturating_sub(1);
        self.canvas.put(self.row, self.column, ' ');
    }

    fn put(&mut self, character: char, now: u64) {
        if !self.defined {
            return;
        }
        self.canvas.put(self.row, self.column, character);
        self.column = (self.column + 1).min(COLUMNS - 1);
        if self.visible && !character.is_whitespace() {
            self.shown.appears(now);
        }
    }
}
