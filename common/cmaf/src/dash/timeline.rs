//! `SegmentTemplate` with numbers, and the `SegmentTimeline` that says how long each segment lasts.

use std::io;

use reeldrop_events::PublishedSegment;

use super::Xml;
use crate::presentation::Track;

/// A run of segments that follow each other and last equally long: one `S` element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Start in ticks, where it does not follow from the run before.
    start: Option<u64>,
    /// Ticks of each segment.
    ticks: u64,
    /// How many more segments after the first.
    repeats: u32,
}

/// Whether one template says when the segments of both tracks are.
pub(super) fn alike(a: &Track, b: &Track) -> bool {
    let times = |track: &Track| -> Vec<(u64, u64)> {
        track
            .segments
            .iter()
            .map(|segment| (segment.start_ticks, segment.duration_ticks))
            .collect()
    };
    a.timescale == b.timescale && times(a) == times(b)
}

/// Writes the template, whose addresses hold for every rendition, with `track`'s times.
pub(super) fn write(xml: &mut Xml, track: &Track) -> io::Result<()> {
    xml.create_element("SegmentTemplate")
        .with_attributes([
            ("timescale", track.timescale.to_string().as_str()),
            ("startNumber", "0"),
            ("initialization", "$RepresentationID$/init.mp4"),
            ("media", "$RepresentationID$/$Number%06d$.m4s"),
        ])
        .write_inner_content(|xml| {
            xml.create_element("SegmentTimeline")
                .write_inner_content(|xml| {
                    for run in runs(&track.segments) {
                        write_run(xml, run)?;
                    }
                    Ok(())
                })?;
            Ok(())
        })?;
    Ok(())
}

fn write_run(xml: &mut Xml, run: Run) -> io::Result<()> {
    let mut element = xml.create_element("S");
    if let Some(start) = run.start {
        element = element.with_attribute(("t", start.to_string().as_str()));
    }
    element = element.with_attribute(("d", run.ticks.to_string().as_str()));
    if run.repeats > 0 {
        element = element.with_attribute(("r", run.repeats.to_string().as_str()));
    }
    element.write_empty()?;
    Ok(())
}

fn runs(segments: &[PublishedSegment]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut expected_start = None;
    for segment in segments {
        let follows = expected_start == Some(segment.start_ticks);
        match runs.last_mut() {
            Some(run) if follows && run.ticks == segment.duration_ticks => run.repeats += 1,
            _ => runs.push(Run {
                start: (!follows).then_some(segment.start_ticks),
                ticks: segment.duration_ticks,
                repeats: 0,
            }),
        }
        expected_start = Some(segment.start_ticks + segment.duration_ticks);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::segments;

    #[test]
    fn equal_segments_become_one_run() {
        let segments = segments(&[2, 4, 6, 6, 6, 5], &[1; 6]);
        let expected = [
            Run {
                start: Some(0),
                ticks: 2,
                repeats: 0,
            },
            Run {
                start: None,
                ticks: 4,
                repeats: 0,
            },
            Run {
                start: None,
                ticks: 6,
                repeats: 2,
            },
            Run {
                start: None,
                ticks: 5,
                repeats: 0,
            },
        ];
        assert_eq!(runs(&segments), expected);
    }

    #[test]
    fn a_gap_states_its_start() {
        let mut segments = segments(&[6, 6, 6], &[1; 3]);
        segments[2].start_ticks += 1;
        let expected = [
            Run {
                start: Some(0),
                ticks: 6,
                repeats: 1,
            },
            Run {
                start: Some(13),
                ticks: 6,
                repeats: 0,
            },
        ];
        assert_eq!(runs(&segments), expected);
    }
}
