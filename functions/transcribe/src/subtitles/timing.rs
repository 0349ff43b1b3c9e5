//! When the captions of a source are shown in its title.

use reeldrop_media::text::Caption;

/// How long a caption is shown whose end nobody says, where no other comes.
const LONGEST_NS: i64 = 7_000_000_000;

/// The captions in milliseconds of the title. One without an end goes when the next one comes.
pub(crate) fn in_title(mut captions: Vec<Caption>, origin_ns: u64) -> Vec<(u64, u64, String)> {
    captions.sort_by_key(|caption| caption.start_ns);
    let starts = captions.iter().map(|caption| caption.start_ns).skip(1);
    let nexts: Vec<Option<i64>> = starts.map(Some).chain([None]).collect();
    let origin_ns = i64::try_from(origin_ns).unwrap_or(i64::MAX);
    let ms = |ns: i64| ns.saturating_sub(origin_ns).max(0).unsigned_abs() / 1_000_000;
    let shown = captions.into_iter().zip(nexts).map(|(caption, next)| {
        let longest = caption.start_ns.saturating_add(LONGEST_NS);
        let end = caption
            .end_ns
            .unwrap_or_else(|| next.unwrap_or(longest).min(longest));
        (ms(caption.start_ns), ms(end), caption.text)
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_the_titles_beginning_and_an_open_end_is_the_next_ones_start() {
        let second = 1_000_000_000;
        let caption = |start: i64, end: Option<i64>| Caption {
            start_ns: start * second,
            end_ns: end.map(|end| end * second),
            text: start.to_string(),
        };
        let captions = vec![
            caption(5, None),
            caption(3, None),
            caption(1, Some(4)),
            caption(-9, Some(1)),
        ];
        let shown: Vec<_> = in_title(captions, 2_000_000_000)
            .into_iter()
            .map(|(start, end, _)| (start, end))
            .collect();
        assert_eq!(shown, [(0, 0), (0, 2_000), (1_000, 3_000), (3_000, 10_000)]);
    }
}
