//! What is told of a title, as its pictures come: a minute of boxes, a sheet of stills at a time. What is
//! kept meanwhile does not grow with them, but for one line for each thing.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem,
};

use reeldrop_events::{AnalysisPlan, Area, Detection};
use serde::Serialize;

use crate::{
    Error,
    beside::tell_beside,
    described::{Described, Describing},
    join::{Joining, Thing},
    scenes::{Following, Scenes},
    seen::Picture,
    sheets::Sheets,
};

/// Boxes of so long a stretch lie in one object, milliseconds: what a player fetches as it goes on.
pub(crate) const STRETCH_MS: u64 = 60_000;

/// An object that is finished.
#[derive(Debug, PartialEq)]
pub(crate) enum Finished {
    /// The boxes of a stretch (JSON), by its number.
    Stretch(u32, Vec<u8>),
    /// A sheet of stills (JPEG), by its number.
    Sheet(u32, Vec<u8>),
}

/// Everything else, at the end.
pub(crate) struct Told {
    /// Things in the order in which they begin, then scenes.
    pub(crate) detections: Vec<Detection>,
    pub(crate) scenes: Scenes,
    pub(crate) described: Described,
    pub(crate) stretches: u32,
    pub(crate) sheets: u32,
}

/// Where things are in a stretch of the title.
#[derive(Default, Serialize)]
struct Boxes {
    start_ms: u64,
    pictures: Vec<Shown>,
}

/// Where things are on one picture.
#[derive(Serialize)]
struct Shown {
    time_ms: u64,
    boxes: Vec<Placed>,
}

/// One thing on a picture.
#[derive(Serialize)]
struct Placed {
    /// Position among the detections.
    detection: u32,
    score: f64,
    #[serde(flatten)]
    area: Area,
}

/// A picture with things of which it is not known yet whether they are told of.
struct Waiting {
    time_ms: u64,
    boxes: Vec<(u32, f64, Area)>,
}

/// Whether a thing is told of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Open,
    Dropped,
    /// It is, but not yet whether those before it are.
    Told,
    Number(u32),
}

/// Takes pictures in the order of their times.
pub(crate) struct Telling {
    plan: AnalysisPlan,
    joining: Joining,
    following: Following,
    describing: Describing,
    last_ms: Option<u64>,
    waiting: VecDeque<Waiting>,
    fates: BTreeMap<u32, Fate>,
    ended: Vec<Thing>,
    /// By their numbers; none while it is still seen.
    detections: Vec<Option<Detection>>,
    stretch: Boxes,
    /// Number of the stretch.
    number: u32,
    sheets: Sheets,
    finished: Vec<Finished>,
}

impl Telling {
    pub(crate) fn new(plan: &AnalysisPlan) -> Self {
        Self {
            plan: plan.clone(),
            joining: Joining::default(),
            following: Following::default(),
            describing: Describing::default(),
            last_ms: None,
            waiting: VecDeque::new(),
            fates: BTreeMap::new(),
            ended: Vec::new(),
            detections: Vec::new(),
            stretch: Boxes::default(),
            number: 0,
            sheets: Sheets::default(),
            finished: Vec::new(),
        }
    }

    /// Adds the pictures of a part; says what is finished with them.
    pub(crate) fn add(&mut self, pictures: &[Picture]) -> Result<Vec<Finished>, Error> {
        for picture in pictures {
            // Two in one millisecond cannot be told apart.
            if self
                .last_ms
                .is_some_and(|last_ms| picture.time_ms <= last_ms)
            {
                continue;
            }
            self.last_ms = Some(picture.time_ms);
            self.following.add(picture);
            self.describing.add(picture);
            let added = self.joining.add(picture);
            for thing in &added.things {
                self.fates.entry(*thing).or_insert(Fate::Open);
            }
            let seen = added.things.into_iter().zip(&picture.seen);
            self.waiting.push_back(Waiting {
                time_ms: picture.time_ms,
                boxes: seen.map(|(thing, s)| (thing, s.score, s.area)).collect(),
            });
            self.end(added.ended);
            self.settle()?;
        }
        self.forget();
        Ok(mem::take(&mut self.finished))
    }

    /// All that is left, and what is told of all.
    pub(crate) fn finish(mut self) -> Result<(Told, Vec<Finished>), Error> {
        let current = mem::take(&mut self.joining).finish();
        self.end(current);
        self.settle()?;
        self.end_stretch()?;
        if let Some(sheet) = self.sheets.last()? {
            let number = self.sheets.count() - 1;
            self.finished.push(Finished::Sheet(number, sheet));
        }
        let mut described = self.describing.finish(&self.plan);
        let mut detections: Vec<Detection> = self.detections.into_iter().flatten().collect();
        detections.append(&mut described.labels);
        tell_beside(&mut detections);
        let told = Told {
            detections,
            scenes: self.following.finish(self.plan.duration_ms),
            described,
            stretches: self.number,
            sheets: self.sheets.count(),
        };
        Ok((told, self.finished))
    }

    fn end(&mut self, things: Vec<Thing>) {
        for thing in things {
            match thing.is_told_by(&self.plan) {
                true => self.ended.push(thing),
                false => {
                    self.fates.insert(thing.id, Fate::Dropped);
                }
            }
        }
    }

    /// Numbers things in the order in which they begin, and passes on what is known then.
    fn settle(&mut self) -> Result<(), Error> {
        for thing in self.joining.current().iter().chain(&self.ended) {
            if let Some(fate) = self.fates.get_mut(&thing.id)
                && thing.is_told_by(&self.plan)
                && *fate == Fate::Open
            {
                *fate = Fate::Told;
            }
        }
        for fate in self.fates.values_mut() {
            match fate {
                Fate::Open => break,
                Fate::Told => {
                    *fate = Fate::Number(self.detections.len() as u32);
                    self.detections.push(None);
                }
                Fate::Dropped | Fate::Number(_) => {}
            }
        }
        for thing in mem::take(&mut self.ended) {
            match self.fates.get(&thing.id) {
                Some(Fate::Number(number)) => self.tell(*number, thing)?,
                Some(Fate::Open | Fate::Told | Fate::Dropped) | None => self.ended.push(thing),
            }
        }
        while let Some(picture) = self.waiting.front()
            && picture
                .boxes
                .iter()
                .all(|(thing, ..)| self.is_settled(*thing))
            && let Some(picture) = self.waiting.pop_front()
        {
            self.show(&picture)?;
        }
        Ok(())
    }

    fn is_settled(&self, thing: u32) -> bool {
        let fate = self.fates.get(&thing);
        fate.is_none_or(|fate| matches!(fate, Fate::Number(_) | Fate::Dropped))
    }

    fn tell(&mut self, number: u32, thing: Thing) -> Result<(), Error> {
        let Some((mut detection, still)) = thing.told(&self.plan) else {
            return Ok(());
        };
        if let Some(still) = still
            && let Some(laid) = self.sheets.add(&still)?
        {
            detection.still = Some(laid.number);
            let sheet = self.sheets.count() - 1;
            let full = laid.full.map(|full| Finished::Sheet(sheet, full));
            self.finished.extend(full);
        }
        if let Some(place) = self.detections.get_mut(number as usize) {
            *place = Some(detection);
        }
        Ok(())
    }

    fn show(&mut self, picture: &Waiting) -> Result<(), Error> {
        while picture.time_ms / STRETCH_MS > u64::from(self.number) {
            self.end_stretch()?;
        }
        let boxes = picture.boxes.iter();
        let boxes = boxes.filter_map(|(thing, score, area)| match self.fates.get(thing) {
            Some(Fate::Number(detection)) => Some(Placed {
                detection: *detection,
                score: *score,
                area: *area,
            }),
            Some(Fate::Open | Fate::Told | Fate::Dropped) | None => None,
        });
        let shown = Shown {
            time_ms: picture.time_ms,
            boxes: boxes.collect(),
        };
        self.stretch.pictures.push(shown);
        Ok(())
    }

    fn end_stretch(&mut self) -> Result<(), Error> {
        let body = serde_json::to_vec(&self.stretch)?;
        self.finished.push(Finished::Stretch(self.number, body));
        self.number += 1;
        self.stretch = Boxes {
            start_ms: u64::from(self.number) * STRETCH_MS,
            pictures: Vec::new(),
        };
        Ok(())
    }

    /// Drops the fates that nothing asks for any more.
    fn forget(&mut self) {
        let current = self.joining.current().iter().chain(&self.ended);
        let mut asked: BTreeSet<u32> = current.map(|thing| thing.id).collect();
        let waiting = self.waiting.iter().flat_map(|picture| &picture.boxes);
        asked.extend(waiting.map(|(thing, ..)| *thing));
        self.fates.retain(|thing, _| asked.contains(thing));
    }
}
