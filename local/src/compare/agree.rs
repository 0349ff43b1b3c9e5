//! Whether two who look at one picture see the same.

use std::collections::{BTreeMap, BTreeSet};

use reeldrop_events::Area;
use serde::Serialize;

/// The least intersection over union that makes two boxes of one label the same: that of PASCAL VOC.
const LEAST_IOU: f64 = 0.5;

/// A box, and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) label: String,
    pub(super) area: Area,
}

/// How far two agree on the boxes of a label.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Agreement {
    pub(super) both: u32,
    pub(super) ours_only: u32,
    pub(super) theirs_only: u32,
    /// Sum of the intersections over union of what both see.
    iou: f64,
}

/// The same, as it is told.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Told {
    pub(super) both: u32,
    pub(super) ours_only: u32,
    pub(super) theirs_only: u32,
    /// Of all that either sees, what both see; 0 to 1.
    pub(super) agreement: Option<f64>,
    /// Mean intersection over union of what both see.
    pub(super) mean_iou: Option<f64>,
}

impl Agreement {
    pub(super) fn add(&mut self, other: &Self) {
        self.both += other.both;
        self.ours_only += other.ours_only;
        self.theirs_only += other.theirs_only;
        self.iou += other.iou;
    }

    pub(super) fn told(&self) -> Told {
        let all = self.both + self.ours_only + self.theirs_only;
        let of = |part: f64, all: u32| (all > 0).then(|| part / f64::from(all));
        Told {
            both: self.both,
            ours_only: self.ours_only,
            theirs_only: self.theirs_only,
            agreement: of(f64::from(self.both), all),
            mean_iou: of(self.iou, self.both),
        }
    }
}

/// Compares what is found on one picture, label by label.
pub(super) fn compare(ours: &[Found], theirs: &[Found]) -> BTreeMap<String, Agreement> {
    let labels: BTreeSet<&str> = ours
        .iter()
        .chain(theirs)
        .map(|f| f.label.as_str())
        .collect();
    let of = |found: &[Found], label: &str| -> Vec<Area> {
        let found = found.iter().filter(|found| found.label == label);
        found.map(|found| found.area).collect()
    };
    let of_label = |label: &str| match_boxes(&of(ours, label), &of(theirs, label));
    let labels = labels.into_iter();
    labels
        .map(|label| (label.to_owned(), of_label(label)))
        .collect()
}

/// Pairs boxes, those that overlap most first; each is in one pair at most.
fn match_boxes(ours: &[Area], theirs: &[Area]) -> Agreement {
    let mut pairs = Vec::new();
    for (o, our) in ours.iter().enumerate() {
        let overlaps = theirs
            .iter()
            .enumerate()
            .map(|(t, their)| (iou(our, their), o, t));
        pairs.extend(overlaps.filter(|(iou, ..)| *iou >= LEAST_IOU));
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut taken_ours, mut taken_theirs) = (vec![false; ours.len()], vec![false; theirs.len()]);
    let mut agreement = Agreement::default();
    for (iou, o, t) in pairs {
        if !taken_ours[o] && !taken_theirs[t] {
            (taken_ours[o], taken_theirs[t]) = (true, true);
            agreement.both += 1;
            agreement.iou += iou;
        }
    }
    let left = |taken: &[bool]| taken.iter().filter(|taken| !**taken).count() as u32;
    agreement.ours_only = left(&taken_ours);
    agreement.theirs_only = left(&taken_theirs);
    agreement
}

/// Intersection over union, 0 to 1.
fn iou(a: &Area, b: &Area) -> f64 {
    let shared = |a: f64, a_length: f64, b: f64, b_length: f64| {
        ((a + a_length).min(b + b_length) - a.max(b)).max(0.0)
    };
    let both = shared(a.x, a.width, b.x, b.width) * shared(a.y, a.height, b.y, b.height);
    let either = a.width * a.height + b.width * b.height - both;
    if either > 0.0 { both / either } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x: f64, width: f64) -> Area {
        Area {
            x,
            y: 0.25,
            width,
            height: 0.5,
        }
    }

    fn found(label: &str, x: f64, width: f64) -> Found {
        Found {
            label: label.to_owned(),
            area: area(x, width),
        }
    }

    #[test]
    fn overlap_is_what_is_shared_of_what_is_covered() {
        assert!((iou(&area(0.0, 0.5), &area(0.0, 0.5)) - 1.0).abs() < 1e-9);
        assert!((iou(&area(0.0, 0.4), &area(0.2, 0.4)) - 1.0 / 3.0).abs() < 1e-9);
        assert!(iou(&area(0.0, 0.2), &area(0.2, 0.2)) < 1e-9);
        assert!(iou(&area(0.5, 0.0), &area(0.5, 0.0)) < 1e-9);
    }

    #[test]
    fn boxes_of_one_label_agree_where_they_overlap_by_half() {
        let ours = [found("dog", 0.0, 0.4), found("person", 0.5, 0.2)];
        // Shifted by a quarter: 0.3 of 0.5. By half: 0.2 of 0.6.
        let near = compare(&ours, &[found("dog", 0.1, 0.4), found("person", 0.6, 0.2)]);
        let dog = near["dog"].told();
        assert_eq!((dog.both, dog.ours_only, dog.theirs_only), (1, 0, 0));
        assert!((dog.mean_iou.unwrap() - 0.6).abs() < 1e-9);
        let person = near["person"].told();
        assert_eq!(
            (person.both, person.ours_only, person.theirs_only),
            (0, 1, 1)
        );
        assert_eq!((person.agreement, person.mean_iou), (Some(0.0), None));
    }

    #[test]
    fn another_label_in_the_same_place_is_something_else() {
        let compared = compare(&[found("dog", 0.0, 0.4)], &[found("cat", 0.0, 0.4)]);
        assert_eq!(compared["dog"].ours_only, 1);
        assert_eq!(compared["cat"].theirs_only, 1);
        assert_eq!(compared.values().map(|a| a.both).sum::<u32>(), 0);
    }

    #[test]
    fn a_box_has_one_partner_and_that_is_the_best() {
        let ours = [found("cup", 0.0, 0.4), found("cup", 0.05, 0.4)];
        let compared = compare(&ours, &[found("cup", 0.05, 0.4)]);
        let cup = compared["cup"].told();
        assert_eq!((cup.both, cup.ours_only, cup.theirs_only), (1, 1, 0));
        assert_eq!(cup.mean_iou, Some(1.0));
        assert_eq!(cup.agreement, Some(0.5));
    }

    #[test]
    fn who_sees_nothing_agrees_with_who_sees_nothing() {
        assert!(compare(&[], &[]).is_empty());
        assert_eq!(Agreement::default().told().agreement, None);
    }
}
