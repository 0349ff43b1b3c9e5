//! UltraFace: scores of nothing and of a face, and corners that are decoded already.

use reeldrop_models::Detector;

use super::{Found, Output, surest};

/// Edges of a box.
const EDGES: usize = 4;

/// Reads the boxes that are sure enough.
pub(super) fn read(detector: &Detector, outputs: &[Output<'_>]) -> Result<Vec<Found>, String> {
    let with = |numbers: usize| outputs.iter().find(move |output| output.numbers == numbers);
    let numbers = detector.labels.len() + 1;
    let (Some(scores), Some(corners)) = (with(numbers), with(EDGES)) else {
        return Err(format!(
            "outputs of {numbers} and of {EDGES} numbers are wanted"
        ));
    };
    if scores.anchors != corners.anchors {
        return Err("scores and corners are not as many".to_owned());
    }
    let (width, height) = (detector.width as f32, detector.height as f32);
    let rows = scores.rows().zip(corners.rows());
    Ok(rows
        .filter_map(|(scores, corners)| {
            // The first score is that of nothing.
            let (label, score) = surest(scores.get(1..)?)?;
            (score >= detector.score).then(|| Found {
                label,
                score,
                left: corners[0] * width,
                top: corners[1] * height,
                right: corners[2] * width,
                bottom: corners[3] * height,
            })
        })
        .collect())
}
