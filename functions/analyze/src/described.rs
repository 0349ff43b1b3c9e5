//! What a title's scenes show, joined: when, in words, and as embeddings to be compared with others.

use std::collections::BTreeMap;

use reeldrop_events::{AnalysisPlan, Area, Detection, DetectionKind, LookingModel, SceneEmbedding};

use crate::{
    look::Look,
    portraits::LONGEST_MS,
    scenes::is_cut,
    seen::{Picture, Shows},
};

/// A scene, or a piece of a long one.
struct Piece {
    start_ms: u64,
    /// The picture that stands for it, and how sharp that is.
    best: Option<Best>,
}

struct Best {
    time_ms: u64,
    sharpness: f64,
    shows: Shows,
}

/// Takes pictures in the order of their times.
#[derive(Default)]
pub(crate) struct Describing {
    last: Option<Look>,
    pieces: Vec<Piece>,
}

/// What is told of scenes.
pub(crate) struct Described {
    /// In the order in which they begin.
    pub(crate) labels: Vec<Detection>,
    /// The space and the model of the embeddings; none where there are no embeddings.
    pub(crate) of: Option<(String, LookingModel)>,
    /// In the order of their times.
    pub(crate) scenes: Vec<SceneEmbedding>,
}

impl Describing {
    /// A scene that lies in two parts was described in each: it is told once.
    pub(crate) fn add(&mut self, picture: &Picture) {
        let (time_ms, sharpness) = (picture.time_ms, picture.look.sharpness);
        let last = self.last.replace(picture.look.clone());
        // What is before the first picture looks like it.
        let start_ms = if last.is_none() { 0 } else { time_ms };
        let is_cut = last.is_none_or(|last| is_cut(&last, &picture.look));
        let is_long = |piece: &Piece| {
            let described = piece.best.is_some() && picture.shows.is_some();
            described && time_ms.saturating_sub(piece.start_ms) >= LONGEST_MS
        };
        if is_cut || self.pieces.last().is_some_and(is_long) {
            self.pieces.push(Piece {
                start_ms,
                best: None,
            });
        }
        let is_better = |best: &Best| sharpness > best.sharpness;
        if let (Some(shows), Some(piece)) = (&picture.shows, self.pieces.last_mut())
            && piece.best.as_ref().is_none_or(is_better)
        {
            piece.best = Some(Best {
                time_ms,
                sharpness,
                shows: shows.clone(),
            });
        }
    }

    pub(crate) fn finish(self, plan: &AnalysisPlan) -> Described {
        let starts: Vec<u64> = self.pieces.iter().map(|piece| piece.start_ms).collect();
        let ends = starts.iter().skip(1).copied();
        let ends: Vec<u64> = ends.chain([plan.duration_ms]).collect();
        let mut told = Described {
            labels: Vec::new(),
            of: None,
            scenes: Vec::new(),
        };
        let mut going_on = BTreeMap::new();
        for (piece, end_ms) in self.pieces.into_iter().zip(ends) {
            // A file may be longer than it says.
            let end_ms = end_ms.max(piece.start_ms + 1);
            if let Some(best) = piece.best
                && let Some(model) = plan.models.get(best.shows.model)
            {
                let of = (best.shows.space.clone(), model.clone());
                told.of.get_or_insert(of);
                told.label(&best, (piece.start_ms, end_ms), model, &mut going_on);
                told.scenes.push(SceneEmbedding {
                    start_ms: piece.start_ms,
                    end_ms,
                    best_ms: best.time_ms,
                    embedding: best.shows.embedding,
                });
            }
        }
        told
    }
}

impl Described {
    /// A label goes on where the piece before has it, too; `going_on`: where each stands.
    fn label(
        &mut self,
        best: &Best,
        (start_ms, end_ms): (u64, u64),
        model: &LookingModel,
        going_on: &mut BTreeMap<String, usize>,
    ) {
        for fitting in &best.shows.labels {
            let last = going_on.get(&fitting.label);
            let last = last.and_then(|at| self.labels.get_mut(*at));
            if let Some(last) = last.filter(|last| last.end_ms == start_ms) {
                last.end_ms = end_ms;
                if fitting.score > last.score {
                    (last.score, last.best_ms) = (fitting.score, best.time_ms);
                }
                continue;
            }
            going_on.insert(fitting.label.clone(), self.labels.len());
            self.labels.push(Detection {
                kind: DetectionKind::Scene,
                label: fitting.label.clone(),
                score: fitting.score,
                area: Area::WHOLE,
                best_ms: best.time_ms,
                still: None,
                start_ms,
                end_ms,
                model: model.clone(),
                beside: Vec::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};
    use reeldrop_events::Embedding;

    use super::*;
    use crate::{encode::Weighed, join::tests::plan, look::Look};

    /// A picture of one colour, which the model knows as `label` where there is one.
    fn picture(time_ms: u64, colour: [u8; 3], label: Option<(&str, f64)>) -> Picture {
        Picture {
            time_ms,
            seen: Vec::new(),
            look: Look::of(&RgbImage::from_pixel(16, 9, Rgb(colour))),
            shows: label.map(|(label, score)| Shows {
                model: 0,
                space: "space".to_owned(),
                embedding: Embedding::of(&[1.0]).unwrap(),
                labels: vec![Weighed {
                    label: label.to_owned(),
                    score,
                }],
            }),
        }
    }

    const RED: [u8; 3] = [200, 30, 30];
    const BLUE: [u8; 3] = [30, 30, 200];

    fn described(pictures: &[Picture]) -> Described {
        let mut describing = Describing::default();
        for picture in pictures {
            describing.add(picture);
        }
        describing.finish(&plan())
    }

    fn times(told: &Described) -> Vec<(u64, u64, u64)> {
        let scenes = told.scenes.iter();
        scenes
            .map(|scene| (scene.start_ms, scene.end_ms, scene.best_ms))
            .collect()
    }

    #[test]
    fn scenes_are_told_from_cut_to_cut_and_a_label_as_long_as_it_fits() {
        let told = described(&[
            picture(40, RED, None),
            picture(500, RED, Some(("beach", 0.6))),
            picture(1_000, BLUE, Some(("sea", 0.9))),
            // Another part has described the same scene.
            picture(1_500, BLUE, Some(("sea", 0.5))),
            picture(2_000, RED, None),
        ]);
        // What nothing stands for is not told of.
        assert_eq!(times(&told), [(0, 1_000, 500), (1_000, 2_000, 1_000)]);
        let labels = told.labels.iter();
        let labels: Vec<_> = labels
            .map(|d| (d.label.as_str(), d.start_ms, d.end_ms, d.score, d.best_ms))
            .collect();
        let expected = [
            ("beach", 0, 1_000, 0.6, 500),
            ("sea", 1_000, 2_000, 0.9, 1_000),
        ];
        assert_eq!(labels, expected);
        assert!(told.labels.iter().all(|d| d.kind == DetectionKind::Scene));
        assert_eq!(told.of.unwrap().0, "space");
    }

    #[test]
    fn a_long_scene_is_told_in_pieces_that_are_one_label() {
        let shows = |ms: u64| ms.is_multiple_of(30_000).then_some(("office", 0.7));
        let pictures = (0..60)
            .map(|n| n * 1_000)
            .map(|ms| picture(ms, RED, shows(ms)));
        let told = described(&pictures.collect::<Vec<_>>());
        assert_eq!(times(&told), [(0, 30_000, 0), (30_000, 60_000, 30_000)]);
        assert_eq!(told.labels.len(), 1);
        assert_eq!(told.labels[0].end_ms, 60_000);
    }

    #[test]
    fn nothing_is_told_of_a_title_that_nobody_described() {
        for pictures in [vec![], vec![picture(0, RED, None)]] {
            let told = described(&pictures);
            assert!(told.scenes.is_empty() && told.labels.is_empty() && told.of.is_none());
        }
    }
}
