//! A picture as a model's input.

use image::RgbImage;
use reeldrop_events::Area;
use reeldrop_models::{Channels, Detector, Fit};

use crate::{heads::Found, picture::fit, seen::rounded};

/// Where a picture lies in the input, pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Placed {
    /// Where pictures in the proportions of `shown` are put.
    pub(crate) fn of(shown: (u32, u32), detector: &Detector) -> Self {
        let room = (detector.width, detector.height);
        let (width, height) = match detector.fit {
            Fit::Stretch => room,
            Fit::Corner | Fit::Centre => fit(shown, room),
        };
        let (x, y) = match detector.fit {
            Fit::Stretch | Fit::Corner => (0, 0),
            Fit::Centre => ((room.0 - width) / 2, (room.1 - height) / 2),
        };
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// Width and height of the picture.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// What of the picture a box in the input covers; none where that is nothing.
    pub(crate) fn area(&self, found: &Found) -> Option<Area> {
        let part = |at: f32, from: u32, length: u32| {
            let part = (f64::from(at) - f64::from(from)) / f64::from(length);
            rounded(part.clamp(0.0, 1.0))
        };
        let (x, right) = (
            part(found.left, self.x, self.width),
            part(found.right, self.x, self.width),
        );
        let (y, bottom) = (
            part(found.top, self.y, self.height),
            part(found.bottom, self.y, self.height),
        );
        (right > x && bottom > y).then(|| Area {
            x,
            y,
            width: rounded(right - x),
            height: rounded(bottom - y),
        })
    }
}

/// Adds the picture to a batch: `f32[3, height, width]`.
pub(crate) fn add(picture: &RgbImage, placed: &Placed, detector: &Detector, batch: &mut Vec<f32>) {
    let (width, height) = (detector.width as usize, detector.height as usize);
    for channel in 0..3 {
        let (mean, deviation) = (detector.mean[channel], detector.deviation[channel]);
        let from = match detector.channels {
            Channels::Rgb => channel,
            Channels::Bgr => 2 - channel,
        };
        let normal = |sample: u8| (f32::from(sample) - mean) / deviation;
        let start = batch.len();
        batch.resize(start + width * height, normal(detector.fill));
        let plane = &mut batch[start..];
        let lines = plane.chunks_exact_mut(width).skip(placed.y as usize);
        for (line, pixels) in lines.zip(picture.rows()) {
            let samples = line.iter_mut().skip(placed.x as usize);
            for (sample, pixel) in samples.zip(pixels) {
                *sample = normal(pixel.0[from]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use reeldrop_models::Head;

    use super::*;

    fn detector(fit: Fit, channels: Channels) -> Detector {
        Detector {
            width: 4,
            height: 4,
            channels,
            fit,
            fill: 50,
            mean: [0.0, 0.0, 10.0],
            deviation: [1.0, 1.0, 2.0],
            head: Head::Yolox,
            labels: vec!["thing".to_owned()],
            score: 0.5,
            overlap: 0.5,
        }
    }

    #[test]
    fn samples_lie_plane_by_plane_with_the_fill_around_them() {
        let detector = detector(Fit::Centre, Channels::Bgr);
        let placed = Placed::of((400, 200), &detector);
        assert_eq!(placed.size(), (4, 2));
        let picture = RgbImage::from_pixel(4, 2, Rgb([30, 20, 10]));
        let mut batch = Vec::new();
        add(&picture, &placed, &detector, &mut batch);
        let rows: Vec<f32> = batch.iter().step_by(4).copied().collect();
        let blue = [50.0, 10.0, 10.0, 50.0];
        let green = [50.0, 20.0, 20.0, 50.0];
        let red = [20.0, 10.0, 10.0, 20.0];
        assert_eq!(rows, [blue, green, red].concat());
    }

    #[test]
    fn boxes_are_told_in_the_picture_and_end_at_its_edge() {
        let found = Found {
            label: 0,
            score: 1.0,
            left: 1.0,
            top: 0.0,
            right: 3.0,
            bottom: 2.0,
        };
        let area = |fit| Placed::of((400, 200), &detector(fit, Channels::Rgb)).area(&found);
        let whole = |y, height| Area {
            x: 0.25,
            y,
            width: 0.5,
            height,
        };
        assert_eq!(area(Fit::Corner), Some(whole(0.0, 1.0)));
        assert_eq!(area(Fit::Centre), Some(whole(0.0, 0.5)));
        assert_eq!(area(Fit::Stretch), Some(whole(0.0, 0.5)));
        let beside = Found {
            top: 3.0,
            bottom: 4.0,
            ..found
        };
        let placed = Placed::of((400, 200), &detector(Fit::Corner, Channels::Rgb));
        assert_eq!(placed.area(&beside), None);
    }
}
