//! What comes out: for programs, and for a person.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    agree::{Agreement, Found, Told, compare},
    answer::{Image, Seen},
    labels::Labels,
    price::{Usd, estimate},
    seen::{FACE, Moment},
};
use crate::{
    client::{ClientError, Title},
    output,
};

/// Everything that was compared so far.
pub(super) struct Report {
    asset: String,
    file: String,
    faces: bool,
    words: Labels,
    frames: Vec<Frame>,
    failed: Vec<Failed>,
    labels: BTreeMap<String, Agreement>,
    /// How often Vision sees what our models have no word for.
    only_theirs: BTreeMap<String, u32>,
    latencies: Vec<Duration>,
    retries: u32,
}

#[derive(Serialize)]
struct Frame {
    time_ms: u64,
    ours: usize,
    theirs: usize,
    both: u32,
}

/// A frame that Vision has not looked at.
#[derive(Serialize)]
struct Failed {
    time_ms: u64,
    reason: String,
}

#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    #[serde(flatten)]
    told: Told,
}

impl Report {
    pub(super) fn new(title: &Title, faces: bool) -> Result<Self, ClientError> {
        let words = Labels::built_in().map_err(|error| ClientError::Failed(error.to_string()))?;
        Ok(Self {
            asset: title.asset.clone(),
            file: title.file.clone(),
            faces,
            words,
            frames: Vec::new(),
            failed: Vec::new(),
            labels: BTreeMap::new(),
            only_theirs: BTreeMap::new(),
            latencies: Vec::new(),
            retries: 0,
        })
    }

    /// Whether faces are compared.
    pub(super) fn with_faces(&self) -> bool {
        self.faces
    }

    /// Whether anything was looked at.
    pub(super) fn has_answers(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Adds a request that was answered.
    pub(super) fn request(&mut self, latency: Duration, retries: u32) {
        self.latencies.push(latency);
        self.retries += retries;
    }

    /// Adds what Vision says of a frame.
    pub(super) fn add(&mut self, moment: &Moment, image: Image) {
        let time_ms = moment.time_ms;
        let seen = match image {
            Ok(seen) => seen,
            Err(reason) => return self.failed.push(Failed { time_ms, reason }),
        };
        let theirs = self.in_our_words(seen);
        let compared = compare(&moment.seen, &theirs);
        self.frames.push(Frame {
            time_ms,
            ours: moment.seen.len(),
            theirs: theirs.len(),
            both: compared.values().map(|agreement| agreement.both).sum(),
        });
        for (label, agreement) in compared {
            self.labels.entry(label).or_default().add(&agreement);
        }
    }

    fn in_our_words(&mut self, seen: Seen) -> Vec<Found> {
        let mut theirs = Vec::new();
        for (name, area) in seen.things {
            match self.words.twin(&name) {
                Some(label) => theirs.push(Found {
                    label: label.to_owned(),
                    area,
                }),
                None => *self.only_theirs.entry(name).or_default() += 1,
            }
        }
        let faces = seen.faces.into_iter();
        theirs.extend(faces.map(|area| Found {
            label: FACE.to_owned(),
            area,
        }));
        theirs
    }

    /// What was spent at most: a frame that could not be looked at may cost, too.
    pub(super) fn cost(&self) -> Usd {
        estimate(self.frames.len() + self.failed.len(), self.faces)
    }

    fn total(&self) -> Told {
        let mut total = Agreement::default();
        self.labels
            .values()
            .for_each(|agreement| total.add(agreement));
        total.told()
    }

    /// The median and the longest latency, milliseconds.
    fn latency_ms(&self) -> Option<(u64, u64)> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let ms = |latency: &Duration| u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        let middle = sorted.len().saturating_sub(1) / 2;
        Some((ms(sorted.get(middle)?), ms(sorted.last()?)))
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let labels = self.labels.iter().map(|(label, agreement)| Label {
            label,
            told: agreement.told(),
        });
        let latency_ms = self.latency_ms();
        json!({
            "asset": self.asset,
            "file": self.file,
            "frames": self.frames,
            "failed": self.failed,
            "labels": labels.collect::<Vec<_>>(),
            "total": self.total(),
            "only_theirs": self.only_theirs,
            "requests": {
                "count": self.latencies.len(),
                "retries": self.retries,
                "p50_ms": latency_ms.map(|(p50, _)| p50),
                "max_ms": latency_ms.map(|(_, max)| max),
            },
            "cost_usd": self.cost().dollars(),
        })
    }

    /// For a person.
    pub(super) fn lines(&self) -> Vec<String> {
        let row = |label: &str, told: &Told| {
            let share = told
                .agreement
                .map_or("-".to_owned(), |a| format!("{:.0} %", a * 100.0));
            let iou = told
                .mean_iou
                .map_or("-".to_owned(), |iou| format!("{iou:.2}"));
            let (both, ours, theirs) = (told.both, told.ours_only, told.theirs_only);
            format!("{label:20} {both:>6} {ours:>6} {theirs:>6} {share:>7} {iou:>6}")
        };
        let head = ("label", "both", "ours", "theirs", "agree", "IoU");
        let mut lines = vec![format!(
            "{:20} {:>6} {:>6} {:>6} {:>7} {:>6}",
            head.0, head.1, head.2, head.3, head.4, head.5
        )];
        let labels = self.labels.iter();
        lines.extend(labels.map(|(label, agreement)| row(label, &agreement.told())));
        lines.push(row("all", &self.total()));
        if !self.only_theirs.is_empty() {
            let names = self
                .only_theirs
                .iter()
                .map(|(name, n)| format!("{} ({n})", output::plain(name)));
            let names = names.collect::<Vec<_>>().join(", ");
            lines.push(format!("only theirs, without a word of ours: {names}"));
        }
        for failed in &self.failed {
            lines.push(format!(
                "{} ms was not looked at: {}",
                failed.time_ms,
                output::plain(&failed.reason)
            ));
        }
        lines.push(self.last_line());
        lines
    }

    fn last_line(&self) -> String {
        let latency = self.latency_ms().map_or_else(String::new, |(p50, max)| {
            format!(", each in {p50} ms (median), {max} ms at most")
        });
        format!(
            "{} frames; requests: {}, sent again: {}{latency}; {}, or less while units are free",
            self.frames.len(),
            self.latencies.len(),
            self.retries,
            self.cost()
        )
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_events::Area;

    use super::*;

    fn title() -> Title {
        serde_json::from_value(json!({"asset": "a", "file": "a.mp4", "state": "ready"})).unwrap()
    }

    fn area(x: f64) -> Area {
        Area {
            x,
            y: 0.0,
            width: 0.2,
            height: 0.2,
        }
    }

    fn report() -> Report {
        let mut report = Report::new(&title(), true).unwrap();
        let found = |label: &str, x| Found {
            label: label.to_owned(),
            area: area(x),
        };
        let moment = |time_ms| Moment {
            time_ms,
            seen: vec![found("person", 0.0), found("dog", 0.5), found(FACE, 0.1)],
        };
        let things = [("Woman", 0.0), ("Cat", 0.5), ("Clothing", 0.0)];
        let seen = Seen {
            things: things.map(|(name, x)| (name.to_owned(), area(x))).into(),
            faces: vec![area(0.1)],
        };
        report.add(&moment(0), Ok(seen));
        report.add(&moment(500), Err("Bad image data.".to_owned()));
        for ms in [300, 100, 200, 400] {
            report.request(Duration::from_millis(ms), u32::from(ms == 100));
        }
        report
    }

    #[test]
    fn labels_agree_in_our_words_and_the_rest_is_theirs() {
        let json = report().json();
        let of = |label: &str| {
            let mut labels = json["labels"].as_array().unwrap().iter();
            let found = labels.find(|found| found["label"] == label).unwrap();
            ["both", "ours_only", "theirs_only"].map(|field| found[field].as_u64().unwrap())
        };
        assert_eq!(of("person"), [1, 0, 0]);
        assert_eq!(of(FACE), [1, 0, 0]);
        assert_eq!(of("dog"), [0, 1, 0]);
        assert_eq!(of("cat"), [0, 0, 1]);
        assert_eq!(json["only_theirs"], json!({"Clothing": 1}));
        assert_eq!(json["total"]["agreement"], 0.5);
        assert_eq!(
            json["failed"],
            json!([{"time_ms": 500, "reason": "Bad image data."}])
        );
    }

    #[test]
    fn every_frame_that_was_sent_costs() {
        assert_eq!(report().cost(), "0.0075".parse().unwrap());
    }

    #[test]
    fn latency_is_that_of_requests() {
        let report = report();
        assert_eq!(report.latency_ms(), Some((200, 400)));
        assert_eq!(report.json()["requests"]["retries"], 1);
        let told = report.lines().join("\n");
        assert!(told.contains("200 ms (median), 400 ms at most"), "{told}");
        assert!(told.contains("Clothing (1)"), "{told}");
    }
}
