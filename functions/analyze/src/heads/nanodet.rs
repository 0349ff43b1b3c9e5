//! NanoDet: scores, and for each edge how likely each distance is.

use reeldrop_models::Detector;

use super::{Found, Output, surest};

/// Edges of a box.
const EDGES: usize = 4;

/// Reads the boxes that are sure enough, grid by grid.
pub(super) fn read(detector: &Detector, outputs: &[Output<'_>]) -> Result<Vec<Found>, String> {
    let labels = detector.labels.len();
    let mut found = Vec::new();
    let mut grids = 0;
    for scores in outputs.iter().filter(|output| output.numbers == labels) {
        let stride = stride(detector, scores.anchors);
        let of_grid = |output: &&Output<'_>| {
            output.anchors == scores.anchors
                && output.numbers != labels
                && output.numbers.is_multiple_of(EDGES)
        };
        let (Some(stride), Some(distances)) = (stride, outputs.iter().find(of_grid)) else {
            return Err(format!("{} scores belong to no grid", scores.anchors));
        };
        grids += 1;
        let columns = (detector.width / stride) as usize;
        let rows = scores.rows().zip(distances.rows());
        for (at, (scores, distances)) in rows.enumerate() {
            let centre = |cell: usize| cell as f32 * stride as f32 + 0.5 * (stride - 1) as f32;
            let centre = (centre(at % columns), centre(at / columns));
            found.extend(
                surest(scores)
                    .filter(|(_, score)| *score >= detector.score)
                    .map(|(label, score)| one(label, score, centre, stride, distances)),
            );
        }
    }
    match grids {
        0 => Err(format!("no output has {labels} scores")),
        _ => Ok(found),
    }
}

/// Pixels of the input from one cell of a grid to the next.
fn stride(detector: &Detector, cells: usize) -> Option<u32> {
    (0..8).map(|power| 1 << power).find(|stride| {
        let side = |length: u32| u64::from(length.div_ceil(*stride));
        side(detector.width) * side(detector.height) == cells as u64
    })
}

fn one(label: usize, score: f32, centre: (f32, f32), stride: u32, distances: &[f32]) -> Found {
    let mut edges = [0.0; EDGES];
    let bins = distances.len() / EDGES;
    for (edge, likely) in edges.iter_mut().zip(distances.chunks_exact(bins.max(1))) {
        *edge = expected(likely) * stride as f32;
    }
    Found {
        label,
        score,
        left: centre.0 - edges[0],
        top: centre.1 - edges[1],
        right: centre.0 + edges[2],
        bottom: centre.1 + edges[3],
    }
}

/// The mean of the bins' numbers, by the softmax of what is said of them.
fn expected(likely: &[f32]) -> f32 {
    let most = likely.iter().copied().fold(f32::MIN, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (bin, value) in likely.iter().enumerate() {
        let weight = (value - most).exp();
        sum += weight;
        weighted += weight * bin as f32;
    }
    weighted / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_the_mean_of_its_bins() {
        assert_eq!(expected(&[-100.0, -100.0, 50.0, -100.0]), 2.0);
        assert_eq!(expected(&[1.0, 1.0, 1.0]), 1.0);
    }
}
