//! Detections over time: what is seen on picture after picture is one thing.

use reeldrop_events::{AnalysisPlan, Area, Detection};

use crate::seen::{Picture, Seen, overlap};

/// How long a thing may be unseen and still be the same, milliseconds: people pass before people.
const MOST_GAP_MS: u64 = 2_500;

/// The least overlap that makes two boxes one thing.
const LEAST_OVERLAP: f64 = 0.1;

/// Things that move have boxes that do not overlap: their middles may be this far from each other, in
/// mean sides of the boxes, for each step of time.
const MOST_WAY: f64 = 1.0;

/// What is seen only once must be this sure.
const LEAST_ONCE: f64 = 0.5;

/// Where a thing is on one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) time_ms: u64,
    pub(crate) area: Area,
    pub(crate) score: f64,
}

/// One thing, and where it is on each picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) label: String,
    model: usize,
    /// In order, one or more.
    pub(crate) places: Vec<Place>,
}

impl Thing {
    fn last(&self) -> Option<&Place> {
        self.places.last()
    }

    fn start_ms(&self) -> u64 {
        self.places.first().map_or(0, |place| place.time_ms)
    }

    /// How well `seen` goes on with it, more than 0; none where it is something else.
    fn goes_on(&self, time_ms: u64, seen: &Seen) -> Option<f64> {
        let last = self.last()?;
        if self.model != seen.model || self.label != seen.label || last.time_ms >= time_ms {
            return None;
        }
        let shared = overlap(&last.area, &seen.area);
        if shared >= LEAST_OVERLAP {
            return Some(1.0 + shared);
        }
        let near = 1.0 - way(&last.area, &seen.area) / MOST_WAY;
        (near > 0.0).then_some(near)
    }

    /// As it is told of; none where it was not seen well enough.
    pub(crate) fn detection(&self, plan: &AnalysisPlan) -> Option<Detection> {
        let best = self.best()?;
        let (first, last) = (self.places.first()?, self.last()?);
        let step_ms = 1_000 * u64::from(plan.rate.den) / u64::from(plan.rate.num.max(1));
        let end_ms = (last.time_ms + step_ms).min(plan.duration_ms);
        Some(Detection {
            label: self.label.clone(),
            score: best.score,
            area: best.area,
            best_ms: best.time_ms,
            start_ms: first.time_ms,
            end_ms: end_ms.max(last.time_ms + 1),
            model: plan.models.get(self.model)?.clone(),
        })
    }

    /// The surest place, the first of equals.
    fn best(&self) -> Option<&Place> {
        let surer =
            |a: &&Place, b: &&Place| a.score.total_cmp(&b.score).then(b.time_ms.cmp(&a.time_ms));
        self.places.iter().max_by(surer)
    }

    fn is_told(&self) -> bool {
        self.places.len() > 1 || self.places.iter().any(|place| place.score >= LEAST_ONCE)
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

/// Joins pictures as they come, in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Joining {
    current: Vec<Thing>,
    past: Vec<Thing>,
}

impl Joining {
    /// Adds the next picture.
    pub(crate) fn add(&mut self, picture: &Picture) {
        let time_ms = picture.time_ms;
        let is_past = |thing: &mut Thing| {
            let last = thing.last().map_or(0, |place| place.time_ms);
            time_ms.saturating_sub(last) > MOST_GAP_MS
        };
        self.past.extend(self.current.extract_if(.., is_past));
        for (seen, thing) in picture.seen.iter().zip(self.matched(picture)) {
            let place = Place {
                time_ms,
                area: seen.area,
                score: seen.score,
            };
            match thing.and_then(|at| self.current.get_mut(at)) {
                Some(thing) => thing.places.push(place),
                None => self.current.push(Thing {
                    label: seen.label.clone(),
                    model: seen.model,
                    places: vec![place],
                }),
            }
        }
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

    /// All things, in the order in which they begin.
    pub(crate) fn finish(self) -> Vec<Thing> {
        let mut things: Vec<Thing> = self.past.into_iter().chain(self.current).collect();
        things.retain(Thing::is_told);
        // Stable: what begins at once stays in the order of the first picture.
        things.sort_by_key(Thing::start_ms);
        things
    }
}

#[cfg(test)]
mod tests {
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
        }
    }

    fn joined(pictures: &[(u64, Vec<Seen>)]) -> Vec<(String, u64, usize)> {
        let look = Look::of(&image::RgbImage::new(1, 1));
        let mut joining = Joining::default();
        for (time_ms, seen) in pictures {
            joining.add(&Picture {
                time_ms: *time_ms,
                seen: seen.clone(),
                look: look.clone(),
            });
        }
        let things = joining.finish().into_iter();
        things
            .map(|thing| (thing.label.clone(), thing.start_ms(), thing.places.len()))
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
        assert!(things.iter().all(|(_, _, places)| *places == 6));
    }

    #[test]
    fn what_comes_back_later_is_another_detection() {
        let dog = || vec![seen("dog", 0.9, 0.1)];
        let pictures = [(0, dog()), (500, dog()), (2_900, dog()), (6_000, dog())];
        let times: Vec<_> = joined(&pictures).iter().map(|t| (t.1, t.2)).collect();
        assert_eq!(times, [(0, 3), (6_000, 1)]);
    }

    #[test]
    fn what_is_seen_once_and_hardly_is_nothing() {
        let pictures = [(0, vec![seen("kite", 0.4, 0.1)]), (500, vec![])];
        assert_eq!(joined(&pictures), []);
    }
}
