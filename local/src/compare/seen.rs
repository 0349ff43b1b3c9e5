//! What Reeldrop itself sees, at moments spread over a title.

use std::collections::HashMap;

use reeldrop_events::Area;
use serde::Deserialize;
use url::Url;

use super::agree::Found;
use crate::client::{ClientError, Portal, Title, fetch};

/// What faces are called, by the registry's model and here.
pub(super) const FACE: &str = "face";

/// Detections on a page: the most that the portal gives at once.
const PAGE: u32 = 1_000;

/// A frame that Reeldrop has looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    /// When it is shown, milliseconds of the title.
    pub(super) time_ms: u64,
    /// What is seen on it.
    pub(super) seen: Vec<Found>,
}

#[derive(Deserialize)]
struct Page {
    analysis: Option<Analysis>,
    detections: Vec<Detection>,
    next: Option<u32>,
}

#[derive(Deserialize)]
struct Analysis {
    state: String,
    reason: Option<String>,
    boxes: Option<String>,
    stretch_ms: Option<u64>,
    stretches: Option<u64>,
}

#[derive(Deserialize)]
struct Detection {
    number: u32,
    label: String,
}

/// The boxes of a stretch of the title.
#[derive(Deserialize)]
struct Stretch {
    pictures: Vec<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    time_ms: u64,
    boxes: Vec<Placed>,
}

#[derive(Deserialize)]
struct Placed {
    detection: u32,
    #[serde(flatten)]
    area: Area,
}

/// Where the boxes of a title lie.
struct Boxes {
    /// Address of a stretch, where `{n}` is its number.
    address: String,
    stretch_ms: u64,
    stretches: u64,
    labels: HashMap<u32, String>,
}

/// Up to `count` frames that Reeldrop has looked at, spread over the title, with what it saw on them; faces
/// are left out without `faces`.
pub(super) async fn moments(
    portal: &Portal,
    title: &Title,
    count: u32,
    faces: bool,
) -> Result<Vec<Moment>, ClientError> {
    let boxes = Boxes::of(portal, title).await?;
    let duration_ms = title.duration_ms.unwrap_or(0);
    let mut found: Vec<Moment> = Vec::new();
    let mut current: Option<(u64, Stretch)> = None;
    for wanted_ms in spread(duration_ms, count) {
        let number = (wanted_ms / boxes.stretch_ms).min(boxes.stretches.saturating_sub(1));
        let stretch = match current.take() {
            Some((at, stretch)) if at == number => stretch,
            Some(_) | None => boxes.stretch(portal, number).await?,
        };
        // Between two pictures that were looked at, Reeldrop says nothing that could be compared.
        let pictures = stretch.pictures.iter();
        let nearest = pictures.min_by_key(|shown| shown.time_ms.abs_diff(wanted_ms));
        if let Some(shown) = nearest
            && found.last().is_none_or(|last| last.time_ms < shown.time_ms)
        {
            found.push(boxes.moment(shown, faces));
        }
        current = Some((number, stretch));
    }
    match found.is_empty() {
        true => Err(ClientError::Failed(format!(
            "nothing of {} was looked at",
            title.file
        ))),
        false => Ok(found),
    }
}

/// The middles of `count` equal parts, milliseconds.
fn spread(duration_ms: u64, count: u32) -> impl Iterator<Item = u64> {
    let count = u64::from(count.max(1));
    (0..count).map(move |n| duration_ms.saturating_mul(2 * n + 1) / (2 * count))
}

impl Boxes {
    async fn of(portal: &Portal, title: &Title) -> Result<Self, ClientError> {
        let path = format!("/api/assets/{}/detections?limit={PAGE}", title.asset);
        let mut page: Page = portal.get(&path).await?;
        let unseen = |why: &str| ClientError::Failed(format!("{}: {why}", title.file));
        let analysis = page.analysis.take();
        let analysis = analysis.ok_or_else(|| unseen("it is not looked at yet"))?;
        let (Some(address), "completed") = (analysis.boxes, analysis.state.as_str()) else {
            let reason = analysis
                .reason
                .unwrap_or_else(|| "wait until that is completed".to_owned());
            return Err(unseen(&format!(
                "looking at it is {}: {reason}",
                analysis.state
            )));
        };
        let mut labels = HashMap::new();
        loop {
            labels.extend(page.detections.into_iter().map(|d| (d.number, d.label)));
            let Some(next) = page.next else { break };
            page = portal.get(&format!("{path}&from={next}")).await?;
        }
        Ok(Self {
            address,
            stretch_ms: analysis.stretch_ms.unwrap_or(u64::MAX).max(1),
            stretches: analysis.stretches.unwrap_or(1),
            labels,
        })
    }

    async fn stretch(&self, portal: &Portal, number: u64) -> Result<Stretch, ClientError> {
        let address = self.address.replace("{n}", &number.to_string());
        let unreadable = |why: String| ClientError::Failed(format!("{address}: {why}"));
        let url = Url::parse(&address).map_err(|error| unreadable(error.to_string()))?;
        let body = fetch(portal, &url).await?;
        serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))
    }

    fn moment(&self, shown: &Shown, faces: bool) -> Moment {
        let labelled = shown.boxes.iter().filter_map(|placed| {
            let label = self.labels.get(&placed.detection)?.clone();
            let area = placed.area;
            Some(Found { label, area })
        });
        Moment {
            time_ms: shown.time_ms,
            seen: labelled
                .filter(|found| faces || found.label != FACE)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_the_middles_of_equal_parts() {
        assert_eq!(
            spread(8_000, 4).collect::<Vec<_>>(),
            [1_000, 3_000, 5_000, 7_000]
        );
        assert_eq!(spread(5_000, 1).collect::<Vec<_>>(), [2_500]);
        assert_eq!(spread(0, 2).collect::<Vec<_>>(), [0, 0]);
    }

    #[test]
    fn faces_are_left_out_where_nobody_asks_for_them() {
        let placed = |detection| Placed {
            detection,
            area: Area::default(),
        };
        let shown = Shown {
            time_ms: 500,
            boxes: vec![placed(0), placed(1), placed(7)],
        };
        let labels = [(0, "person".to_owned()), (1, FACE.to_owned())];
        let boxes = Boxes {
            address: String::new(),
            stretch_ms: 60_000,
            stretches: 1,
            labels: labels.into(),
        };
        let labels = |faces| -> Vec<String> {
            let seen = boxes.moment(&shown, faces).seen.into_iter();
            seen.map(|found| found.label).collect()
        };
        assert_eq!(labels(false), ["person"]);
        assert_eq!(labels(true), ["person", FACE]);
    }
}
