//! Which things are seen at the same time.

use std::collections::BTreeMap;

use reeldrop_events::Detection;

/// Tells each detection which other labels are seen while it is. Its own is not told: it is there.
pub(crate) fn tell_beside(detections: &mut [Detection]) {
    let mut spans: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    // Things are in the order in which they begin, and so are scenes after them.
    let mut in_order: Vec<&Detection> = detections.iter().collect();
    in_order.sort_by_key(|detection| detection.start_ms);
    for detection in in_order {
        let of_label = spans.entry(detection.label.clone()).or_default();
        match of_label.last_mut() {
            Some(last) if detection.start_ms <= last.1 => last.1 = last.1.max(detection.end_ms),
            Some(_) | None => of_label.push((detection.start_ms, detection.end_ms)),
        }
    }
    for detection in detections {
        let (start_ms, end_ms) = (detection.start_ms, detection.end_ms);
        let beside = spans.iter().filter(|(label, spans)| {
            let next = spans.partition_point(|(_, end)| *end <= start_ms);
            let shares = spans.get(next).is_some_and(|(start, _)| *start < end_ms);
            **label != detection.label && shares
        });
        detection.beside = beside.map(|(label, _)| label.clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_events::{Area, DetectionKind, LookingModel};

    use super::*;

    #[test]
    fn labels_are_beside_each_other_while_both_are_seen() {
        let seen = |label: &str, start_ms, end_ms| Detection {
            kind: DetectionKind::Thing,
            label: label.to_owned(),
            score: 0.9,
            area: Area::default(),
            best_ms: start_ms,
            still: None,
            start_ms,
            end_ms,
            model: LookingModel {
                name: "yolox-nano".to_owned(),
                version: "e8af0749".to_owned(),
            },
            beside: Vec::new(),
        };
        let mut detections = [
            seen("person", 0, 9_000),
            seen("dog", 500, 1_000),
            seen("person", 800, 1_200),
            seen("car", 1_000, 2_000),
            seen("dog", 9_000, 9_500),
        ];
        tell_beside(&mut detections);
        let beside: Vec<_> = detections.iter().map(|d| d.beside.join(" ")).collect();
        assert_eq!(beside, ["car dog", "person", "car dog", "person", ""]);
    }
}
