//! Pictures and areas in them, as stored and as shown.

use image::{RgbImage, imageops};
use reeldrop_events::{Area, Orientation};

use crate::seen::rounded;

/// Width and height in the proportions of `shown` that fill `room` in one direction.
pub(crate) fn fit(shown: (u32, u32), room: (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(shown.0.max(1)), u64::from(shown.1.max(1)));
    let (most_width, most_height) = (u64::from(room.0), u64::from(room.1));
    let side = |length: u64, by: u64, of: u64, most: u64| {
        ((length * by + of / 2) / of).clamp(1, most.max(1)) as u32
    };
    match width * most_height >= height * most_width {
        true => (room.0.max(1), side(height, most_width, width, most_height)),
        false => (side(width, most_height, height, most_width), room.1.max(1)),
    }
}

/// Turns a stored picture as it is shown.
pub(crate) fn upright(picture: RgbImage, orientation: Orientation) -> RgbImage {
    match orientation {
        Orientation::Identity => picture,
        Orientation::Rotate90 => imageops::rotate90(&picture),
        Orientation::Rotate180 => imageops::rotate180(&picture),
        Orientation::Rotate270 => imageops::rotate270(&picture),
        Orientation::FlipHorizontal => imageops::flip_horizontal(&picture),
        Orientation::FlipVertical => imageops::flip_vertical(&picture),
        Orientation::FlipRotate90 => imageops::rotate90(&imageops::flip_horizontal(&picture)),
        Orientation::FlipRotate270 => imageops::rotate270(&imageops::flip_horizontal(&picture)),
    }
}

/// Left edge, upper edge, width and height of an area in pixels of a picture: one or more each.
pub(crate) fn pixels(area: &Area, (width, height): (u32, u32)) -> (u32, u32, u32, u32) {
    let along = |from: f64, length: f64, most: u32| {
        let at = |part: f64| (part.clamp(0.0, 1.0) * f64::from(most)).round() as u32;
        let from_px = at(from).min(most.saturating_sub(1));
        (from_px, at(from + length).saturating_sub(from_px).max(1))
    };
    let ((x, w), (y, h)) = (
        along(area.x, area.width, width),
        along(area.y, area.height, height),
    );
    (x, y, w, h)
}

/// Where an area of a stored picture is once that stands upright.
pub(crate) fn turned(area: &Area, orientation: Orientation) -> Area {
    let point = |x: f64, y: f64| match orientation {
        Orientation::Identity => (x, y),
        Orientation::Rotate90 => (1.0 - y, x),
        Orientation::Rotate180 => (1.0 - x, 1.0 - y),
        Orientation::Rotate270 => (y, 1.0 - x),
        Orientation::FlipHorizontal => (1.0 - x, y),
        Orientation::FlipVertical => (x, 1.0 - y),
        Orientation::FlipRotate90 => (1.0 - y, 1.0 - x),
        Orientation::FlipRotate270 => (y, x),
    };
    let (ax, ay) = point(area.x, area.y);
    let (bx, by) = point(area.x + area.width, area.y + area.height);
    Area {
        x: rounded(ax.min(bx)),
        y: rounded(ay.min(by)),
        width: rounded((ax - bx).abs()),
        height: rounded((ay - by).abs()),
    }
}

/// Where an area of an upright picture is in the stored one.
pub(crate) fn turned_back(area: &Area, orientation: Orientation) -> Area {
    let back = match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        Orientation::Identity
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical
        | Orientation::FlipRotate90
        | Orientation::FlipRotate270 => orientation,
    };
    turned(area, back)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_picture_fills_its_room_in_one_direction() {
        assert_eq!(fit((1280, 720), (416, 416)), (416, 234));
        assert_eq!(fit((720, 1280), (416, 416)), (234, 416));
        assert_eq!(fit((1280, 720), (320, 240)), (320, 180));
        assert_eq!(fit((100, 100), (320, 240)), (240, 240));
        assert_eq!(fit((1, 100_000), (320, 240)), (1, 240));
        assert_eq!(fit((0, 0), (320, 240)), (240, 240));
    }

    #[test]
    fn an_area_is_one_pixel_or_more_inside_the_picture() {
        let area = |x, width| Area {
            x,
            y: 0.25,
            width,
            height: 0.5,
        };
        assert_eq!(pixels(&area(0.5, 0.25), (200, 100)), (100, 25, 50, 50));
        assert_eq!(pixels(&area(1.0, 0.0), (200, 100)), (199, 25, 1, 50));
        assert_eq!(pixels(&area(0.9, 0.5), (200, 100)), (180, 25, 20, 50));
        assert_eq!(pixels(&area(-1.0, f64::NAN), (1, 1)), (0, 0, 1, 1));
    }

    #[test]
    fn areas_turn_as_pictures_do() {
        let all = [
            Orientation::Identity,
            Orientation::Rotate90,
            Orientation::Rotate180,
            Orientation::Rotate270,
            Orientation::FlipHorizontal,
            Orientation::FlipVertical,
            Orientation::FlipRotate90,
            Orientation::FlipRotate270,
        ];
        let mut stored = RgbImage::new(4, 2);
        let marked = Rgb([255, 0, 0]);
        stored.put_pixel(1, 0, marked);
        let area = Area {
            x: 0.25,
            y: 0.0,
            width: 0.25,
            height: 0.5,
        };
        for orientation in all {
            let picture = upright(stored.clone(), orientation);
            let found = picture.enumerate_pixels().find(|(_, _, p)| **p == marked);
            let (x, y, _) = found.unwrap();
            let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
            let expected = Area {
                x: f64::from(x) / width,
                y: f64::from(y) / height,
                width: 1.0 / width,
                height: 1.0 / height,
            };
            assert_eq!(turned(&area, orientation), expected, "{orientation:?}");
        }
    }

    #[test]
    fn turning_is_clockwise_and_after_mirroring() {
        let mut stored = RgbImage::new(3, 2);
        let marked = Rgb([255, 0, 0]);
        stored.put_pixel(0, 0, marked);
        let corner = |orientation| {
            let picture = upright(stored.clone(), orientation);
            let found = picture.enumerate_pixels().find(|(_, _, p)| **p == marked);
            found.map(|(x, y, _)| (x, y)).unwrap()
        };
        assert_eq!(corner(Orientation::Rotate90), (1, 0));
        assert_eq!(corner(Orientation::Rotate180), (2, 1));
        assert_eq!(corner(Orientation::Rotate270), (0, 2));
        assert_eq!(corner(Orientation::FlipHorizontal), (2, 0));
        assert_eq!(corner(Orientation::FlipVertical), (0, 1));
        assert_eq!(corner(Orientation::FlipRotate90), (1, 2));
        assert_eq!(corner(Orientation::FlipRotate270), (0, 0));
    }
}
