//! How the text of one caption is laid into lines.

use crate::{glue::Group, marks::Break};

/// How groups are laid out, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Groups on the first line, none where there is one line only.
    pub(crate) first_line: Option<usize>,
    /// How ugly it is.
    pub(crate) cost: u64,
}

/// The width of groups on one line, characters.
fn width(groups: &[Group]) -> usize {
    let characters: usize = groups.iter().map(|group| group.characters).sum();
    characters + groups.len().saturating_sub(1)
}

/// Lays groups into at most two lines of `columns`; none where they do not fit.
pub(crate) fn layout(groups: &[Group], columns: usize) -> Option<Layout> {
    let whole = width(groups);
    if whole <= columns {
        return Some(Layout {
            first_line: None,
            cost: 0,
        });
    }
    let breaks = (1..groups.len()).filter_map(|at| {
        let (top, bottom) = (width(&groups[..at]), width(&groups[at..]));
        let quality = Break::between(groups[at - 1].last(), groups[at].first());
        // Lines of like length are read faster; the shorter one belongs on top.
        let uneven = top.abs_diff(bottom) as u64 / 2 + u64::from(top > bottom);
        (top <= columns && bottom <= columns).then_some(Layout {
            first_line: Some(at),
            cost: quality.cost() + uneven,
        })
    });
    breaks.min_by_key(|layout| layout.cost)
}

/// The lines of a layout.
pub(crate) fn lines(groups: &[Group], layout: Layout) -> Vec<String> {
    let line = |groups: &[Group]| {
        let texts: Vec<&str> = groups.iter().map(|group| group.text.as_str()).collect();
        texts.join(" ")
    };
    match layout.first_line {
        None => vec![line(groups)],
        Some(at) => vec![line(&groups[..at]), line(&groups[at..])],
    }
}
