//! YOLOX, as its exporter leaves it: not yet decoded.

use reeldrop_models::Detector;

use super::{Found, Output, surest};

const STRIDES: [u32; 3] = [8, 16, 32];

/// Numbers before the labels' scores: centre, size, whether there is something.
const BEFORE_LABELS: usize = 5;

/// e to the power of this is wider than any input.
const MOST_LOGARITHM: f32 = 10.0;

/// Reads the boxes that are sure enough.
pub(super) fn read(detector: &Detector, outputs: &[Output<'_>]) -> Result<Vec<Found>, String> {
    let cells: Vec<(u32, u32, u32)> = STRIDES
        .into_iter()
        .flat_map(|stride| {
            let (columns, rows) = (detector.width / stride, detector.height / stride);
            (0..rows).flat_map(move |row| (0..columns).map(move |column| (column, row, stride)))
        })
        .collect();
    let numbers = BEFORE_LABELS + detector.labels.len();
    let fits = |output: &&Output<'_>| (output.anchors, output.numbers) == (cells.len(), numbers);
    let Some(output) = outputs.first().filter(fits) else {
        return Err(format!(
            "one output of {} x {numbers} is wanted",
            cells.len()
        ));
    };
    let boxes = cells.iter().zip(output.rows());
    Ok(boxes
        .filter_map(|(cell, row)| one(*cell, row, detector.score))
        .collect())
}

fn one((column, row, stride): (u32, u32, u32), numbers: &[f32], least: f32) -> Option<Found> {
    let (position, scores) = numbers.split_at_checked(BEFORE_LABELS)?;
    if position[4] < least {
        return None;
    }
    let (label, score) = surest(scores)?;
    let score = score * position[4];
    let stride = stride as f32;
    let x = (position[0] + column as f32) * stride;
    let y = (position[1] + row as f32) * stride;
    let half = |logarithm: f32| logarithm.min(MOST_LOGARITHM).exp() * stride / 2.0;
    let (width, height) = (half(position[2]), half(position[3]));
    (score >= least).then_some(Found {
        label,
        score,
        left: x - width,
        top: y - height,
        right: x + width,
        bottom: y + height,
    })
}
