//! Rows of characters, of a screen or a window.

/// Rows of the largest window (CTA-708-E), and of line 21's screen.
pub(super) const ROWS: usize = 15;

/// Columns of the widest window; line 21 has 32.
pub(super) const COLUMNS: usize = 42;

/// What is written, seen or not.
#[derive(Clone)]
pub(super) struct Canvas {
    rows: [[char; COLUMNS]; ROWS],
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            rows: [[' '; COLUMNS]; ROWS],
        }
    }
}

impl Canvas {
    /// Puts a character where there is room for it.
    pub(super) fn put(&mut self, row: usize, column: usize, character: char) {
        let cell = self.rows.get_mut(row).and_then(|row| row.get_mut(column));
        if let Some(cell) = cell {
            *cell = if character.is_whitespace() {
                ' '
            } else {
                character
            };
        }
    }

    /// Empties a row from a column on.
    pub(super) fn erase(&mut self, row: usize, from: usize) {
        let cells = self.rows.get_mut(row).into_iter().flatten();
        cells.skip(from).for_each(|cell| *cell = ' ');
    }

    /// Moves all rows up to `last` one up; the highest is lost.
    pub(super) fn scroll(&mut self, last: usize) {
        let last = last.min(ROWS - 1);
        self.rows.copy_within(1..=last, 0);
        self.erase(last, 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().flatten().all(|cell| *cell == ' ')
    }

    pub(super) fn has_text_in(&self, row: usize) -> bool {
        self.rows
            .get(row)
            .is_some_and(|row| row.iter().any(|cell| *cell != ' '))
    }

    /// The rows that have text, with one space where there are more: these only place what is said.
    pub(super) fn text(&self) -> String {
        // Hostile services clear empty windows by the million.
        if self.is_empty() {
            return String::new();
        }
        let rows = self.rows.iter().map(|row| {
            let row: String = row.iter().collect();
            row.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        let rows: Vec<String> = rows.filter(|row| !row.is_empty()).collect();
        rows.join("\n")
    }
}
