//! Detections over time: what is seen on picture after picture is one thing.

use reeldrop_events::{AnalysisPlan, Area, Detection, DetectionKind};

use crate::seen::{Picture, Seen, overlap};

/// How long a thing may be missed, from the first picture without it, and still be the same,
/// milliseconds: people pass before people.
const MOST_MISSED_MS: u64 = 2_000;

/// The least overlap that makes two boxes one thing.
const LEAST_OVERLAP: f64 = 0.1;

/// Things that move have boxes that do not overlap: their middles may be this far from each other, in
/// mean sides of the boxes, for each step of time.
const MOST_WAY: f64 = 1.0;

/// So long after it was last seen, only what overlaps is the same thing, milliseconds.
const MOST_ON_ITS_WAY_MS: u64 = 2_500;

/// What is seen only once must be this sure.
const LEAST_ONCE: f64 = 0.5;

/// The picture that shows a thing best.
#[derive(Clone, Debug, PartialEq)]
struct Best {
    time_ms: u64,
    area: Area,
    worth: f64,
    still: Option<String>,
}

/// One thing: however long it is seen, as small as this.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    /// Counts things in the order in which they begin.
    pub(crate) id: u32,
    label: String,
    model: usize,
    pub(crate) start_ms: u64,
    /// When and where it was last seen, milliseconds.
    last_ms: u64,
    last: Area,
    /// The first picture after that without it.
    missed_ms: Option<u64>,
    /// On how many pictures it is.
    pub(crate) pictures: u32,
    /// The best score that it had.
    score: f64,
    best: Best,
}

impl Thing {
    fn new(id: u32, time_ms: u64, seen: &Seen) -> Self {
        Self {
            id,
            label: seen.label.clone(),
            model: seen.model,
            start_ms: time_ms,
            last_ms: time_ms,
            last: seen.area,
            missed_ms: None,
            pictures: 1,
            score: seen.score,
            best: Best::of(time_ms, seen),
        }
    }

    fn go_on(&mut self, time_ms: u64, seen: &Seen) {
        (self.last_ms, self.last, self.missed_ms) = (time_ms, seen.area, None);
        self.pictures = self.pictures.saturating_add(1);
        self.score = self.score.max(seen.score);
        let now = (seen.still.is_some(), seen.worth());
        if now > (self.best.still.is_some(), self.best.worth) {
            self.best = Best::of(time_ms, seen);
        }
    }

    /// How well `seen` goes on with it, more than 0; none where it is something else.
    fn goes_on(&self, time_ms: u64, seen: &Seen) -> Option<f64> {
        if self.model != seen.model || self.label != seen.label || self.last_ms >= time_ms {
            return None;
        }
        let shared = overlap(&self.last, &seen.area);
        if shared >= LEAST_OVERLAP {
            return Some(1.0 + shared);
        }
        let near = 1.0 - way(&self.last, &seen.area) / MOST_WAY;
        (near > 0.0 && time_ms - self.last_ms <= MOST_ON_ITS_WAY_MS).then_some(near)
    }

    /// As it is told of, and its still; none where the plan has no such model.
    pub(crate) fn told(self, plan: &AnalysisPlan) -> Option<(Detection, Option<String>)> {
        let step_ms = 1_000 * u64::from(plan.rate.den) / u64::from(plan.rate.num.max(1));
        // A picture is shown until the next one: where frames are rare, for long.
        let end_ms = self.missed_ms.unwrap_or(self.last_ms + step_ms);
        let detection = Detection {
            kind: DetectionKind::Thing,
            label: self.label,
            score: self.score,
            area: self.best.area,
            best_ms: self.best.time_ms,
            still: None,
            start_ms: self.start_ms,
            end_ms: end_ms.min(plan.duration_ms).max(self.last_ms + 1),
            model: plan.models.get(self.model)?.clone(),
            beside: Vec::new(),
        };
        Some((detection, self.best.still))
    }

    /// Whether it was seen well enough to be told of, by a model of the plan: once it is, it stays so.
    pub(crate) fn is_told_by(&self, plan: &AnalysisPlan) -> bool {
        let enough = self.pictures > 1 || self.score >= LEAST_ONCE;
        enough && plan.models.len() > self.model
    }
}

impl Best {
    fn of(time_ms: u64, seen: &Seen) -> Self {
        Self {
            time_ms,
            area: seen.area,
            worth: seen.worth(),
            still: seen.still.clone(),
        }
    }
}

/// How far two boxes' middles are from each other, in the mean of their sides.
fn way(a: &Area, b: &Area) -> f64 {
    let middle = |area: &Area| (area.x + area.width / 2.0, area.y + area.height / 2.0);
    let ((ax, ay), (bx, by)) = (middle(a), middle(b));
    let side = (a.width + a.height + b.width + b.height) / 4.0;
    match side > 0.0 {
        true => (ax - bx).hypot(ay - by) / side,
        false => f64::INFINITY,
    }
}

/// What a picture adds.
#[derive(Debug, Default)]
pub(crate) struct Added {
    /// Which thing each of the seen is.
    pub(crate) things: Vec<u32>,
    /// Those that are not seen any more, in the order in which they began.
    pub(crate) ended: Vec<Thing>,
}

/// Joins pictures as they come, in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Joining {
    /// In the order in which they began.
    current: Vec<Thing>,
    begun: u32,
}

impl Joining {
    /// Adds the next picture.
    pub(crate) fn add(&mut self, picture: &Picture) -> Added {
        let time_ms = picture.time_ms;
        let is_past = |thing: &mut Thing| {
            let missed_ms = thing.missed_ms.unwrap_or(time_ms);
            time_ms.saturating_sub(missed_ms) > MOST_MISSED_MS
        };
        let ended = self.current.extract_if(.., is_past).collect();
        let matched = self.matched(picture);
        for (at, thing) in self.current.iter_mut().enumerate() {
            if !matched.contains(&Some(at)) {
                thing.missed_ms.get_or_insert(time_ms);
            }
        }
        let mut things = Vec::with_capacity(matched.len());
        for (seen, matched) in picture.seen.iter().zip(matched) {
            match matched.and_then(|at| self.current.get_mut(at)) {
                Some(thing) => {
                    thing.go_on(time_ms, seen);
                    things.push(thing.id);
                }
                None => {
                    things.push(self.begun);
                    self.current.push(Thing::new(self.begun, time_ms, seen));
                    self.begun += 1;
                }
            }
        }
        Added { things, ended }
    }

    /// The things that are, or may still be, seen.
    pub(crate) fn current(&self) -> &[Thing] {
        &self.current
    }

    /// Which thing each of the seen is, the best matches first.
    fn matched(&self, picture: &Picture) -> Vec<Option<usize>> {
        let mut pairs = Vec::new();
        for (s, seen) in picture.seen.iter().enumerate() {
            let things = self.current.iter().enumerate();
            let fits = things.filter_map(|(t, thing)| {
                thing.goes_on(picture.time_ms, seen).map(|fit| (fit, s, t))
            });
            pairs.extend(fits);
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut matched = vec![None; picture.seen.len()];
        let mut taken = vec![false; self.current.len()];
        for (_, s, t) in pairs {
            if matched[s].is_none() && !taken[t] {
                (matched[s], taken[t]) = (Some(t), true);
            }
        }
        matched
    }

    /// Those that were seen until the end, in the order in which they began.
    pub(crate) fn finish(self) -> Vec<Thing> {
        self.current
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::look::Look;

    fn seen(label: &str, score: f64, x: f64) -> Seen {
        Seen {
            model: 0,
            label: label.to_owned(),
            score,
            area: Area {
                x,
                y: 0.2,
                width: 0.1,
                height: 0.4,
            },
            sharpness: 100.0,
            still: None,
        }
    }

    fn things(pictures: &[(u64, Vec<Seen>)]) -> Vec<Thing> {
        let look = Look::of(&image::RgbImage::new(1, 1));
        let mut joining = Joining::default();
        let mut things = Vec::new();
        for (time_ms, seen) in pictures {
            let added = joining.add(&Picture {
                time_ms: *time_ms,
                seen: seen.clone(),
                look: look.clone(),
                shows: None,
            });
            things.extend(added.ended);
        }
        things.extend(joining.finish());
        things.retain(|thing| thing.is_told_by(&plan()));
        things.sort_by_key(|thing| thing.id);
        things
    }

    fn joined(pictures: &[(u64, Vec<Seen>)]) -> Vec<(String, u64, u32)> {
        let things = things(pictures).into_iter();
        things
            .map(|thing| (thing.label, thing.start_ms, thing.pictures))
            .collect()
    }

    #[test]
    fn a_thing_that_stays_or_walks_is_one_thing() {
        let pictures: Vec<_> = (0..20_u64)
            .map(|n| {
                let walks = seen("person", 0.6, 0.02 * n as f64);
                (n * 500, vec![walks, seen("bottle", 0.7, 0.8)])
            })
            .collect();
        let expected = [("person", 0, 20), ("bottle", 0, 20)];
        assert_eq!(
            joined(&pictures),
            expected.map(|(label, ms, n)| (label.to_owned(), ms, n))
        );
    }

    #[test]
    fn two_of_a_kind_are_two_things_also_where_their_order_changes() {
        let pictures: Vec<_> = (0..6_u64)
            .map(|n| {
                let (a, b) = (seen("cup", 0.6, 0.1), seen("cup", 0.5, 0.7));
                (n * 500, if n % 2 == 0 { vec![a, b] } else { vec![b, a] })
            })
            .collect();
        let things = joined(&pictures);
        assert_eq!(things.len(), 2, "{things:?}");
        assert!(things.iter().all(|(_, _, pictures)| *pictures == 6));
    }

    #[test]
    fn what_comes_back_later_is_another_detection() {
        let dog = || vec![seen("dog", 0.9, 0.1)];
        let pictures: Vec<_> = [0, 500, 1_000, 2_900, 3_400, 5_900]
            .into_iter()
            .map(|ms| {
                (
                    ms,
                    if ms % 1_000 == 0 || ms == 3_400 {
                        Vec::new()
                    } else {
                        dog()
                    },
                )
            })
            .collect();
        let times: Vec<_> = joined(&pictures).iter().map(|t| (t.1, t.2)).collect();
        assert_eq!(times, [(500, 2), (5_900, 1)]);
    }

    #[test]
    fn where_frames_are_rare_a_thing_is_seen_until_the_next_one_shows_otherwise() {
        let dog = |x| vec![seen("dog", 0.9, x)];
        let pictures = [
            (0, dog(0.1)),
            (7_000, dog(0.12)),
            (15_000, vec![]),
            (15_500, vec![]),
        ];
        let things = things(&pictures);
        assert_eq!(things.len(), 1, "{things:?}");
        let told = things[0].clone().told(&plan()).unwrap().0;
        assert_eq!((told.start_ms, told.end_ms), (0, 15_000));
        // So much later, what is merely near is another.
        assert_eq!(joined(&[(0, dog(0.1)), (7_000, dog(0.25))]).len(), 2);
        assert_eq!(joined(&[(0, dog(0.1)), (500, dog(0.25))]).len(), 1);
    }

    #[test]
    fn the_best_picture_is_sure_large_and_sharp_and_has_a_still_where_one_has() {
        let dog = |score, sharpness| {
            vec![Seen {
                sharpness,
                ..seen("dog", score, 0.1)
            }]
        };
        let best = |pictures: &[(u64, Vec<Seen>)]| {
            let (told, still) = things(pictures)[0].clone().told(&plan()).unwrap();
            (told.score, told.best_ms, still)
        };
        let mut pictures = [
            (0, dog(0.8, 5.0)),
            (500, dog(0.75, 300.0)),
            (1_000, dog(0.6, 90.0)),
        ];
        assert_eq!(best(&pictures), (0.8, 500, None));
        pictures[2].1[0].still = Some("jpeg".to_owned());
        assert_eq!(best(&pictures), (0.8, 1_000, Some("jpeg".to_owned())));
    }

    pub(crate) fn plan() -> AnalysisPlan {
        let ratio = |num, den| reeldrop_events::Ratio { num, den };
        AnalysisPlan {
            timeline: reeldrop_events::Timeline {
                origin_ns: 0,
                timescale: 25_000,
                frame_rate: reeldrop_events::FrameRate::Variable(ratio(25, 1)),
                gop_ticks: 50_000,
                segment_ticks: 150_000,
                first_segment_ticks: None,
            },
            duration_ms: 60_000,
            rate: ratio(2, 1),
            models: vec![reeldrop_events::LookingModel {
                name: "yolox-nano".to_owned(),
                version: "e8af0749".to_owned(),
            }],
            version: crate::VERSION,
            parts: 1,
            mode: reeldrop_events::AnalysisMode::Batch,
            revision: 0,
        }
    }

    #[test]
    fn what_is_seen_once_and_hardly_is_nothing() {
        let pictures = [(0, vec![seen("kite", 0.4, 0.1)]), (500, vec![])];
        assert_eq!(joined(&pictures), []);
    }
}
