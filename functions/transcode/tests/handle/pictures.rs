//! The right picture comes out of odd sources.

use reeldrop_events::{Color, Orientation, Ratio, Transfer, VideoTrack};

use crate::{
    decoded::{Picture, pictures},
    endpoint::Endpoint,
    made::{Made, Planar, X264, X265},
    planned::{SDR, media, track, whole},
};

// BT.709 limited range.
const RED: [u16; 3] = [63, 102, 240];
const GREEN: [u16; 3] = [173, 42, 26];
const BLUE: [u16; 3] = [32, 240, 118];
const WHITE: [u16; 3] = [235, 128, 128];

/// Red and green above blue and white.
fn quarters(width: usize, height: usize) -> Planar {
    Planar::paint(width, height, |x, y| {
        match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        }
    })
}

/// Encodes `path` whole and gives its pictures.
async fn encoded(
    path: &std::path::Path,
    video: VideoTrack,
    width: u32,
    height: u32,
) -> Vec<Picture> {
    let endpoint = Endpoint::start().await;
    let planned = whole(endpoint.upload(path).await, video, width, height);
    endpoint.chunk(&planned).await.unwrap();
    let name = &planned.ladder[0].name;
    let pictures = pictures(endpoint.joined(planned.asset, name, [0]).await);
    assert_eq!(
        (pictures[0].width, pictures[0].height),
        (width as usize, height as usize)
    );
    pictures
}

fn assert_color(picture: &Picture, (across, down): (usize, usize), wanted: [u16; 3], what: &str) {
    let got = picture.at(across, down);
    let near = got
        .iter()
        .zip(wanted)
        .all(|(got, wanted)| u16::from(*got).abs_diff(wanted) <= 6);
    assert!(
        near,
        "{what}: {got:?} is not {wanted:?} at {across} % across, {down} % down"
    );
}

fn assert_quarters(picture: &Picture, wanted: [[u16; 3]; 4], what: &str) {
    for (place, wanted) in [(20, 20), (80, 20), (20, 80), (80, 80)]
        .into_iter()
        .zip(wanted)
    {
        assert_color(picture, place, wanted, what);
    }
}

#[tokio::test]
async fn turned_and_mirrored_pictures_stand_upright() {
    let made = Made::new();
    let path = made.video("a.mkv", &vec![quarters(160, 96); 3], "i420", X264);
    // Upper left, upper right, lower left, lower right.
    let cases = [
        (Orientation::Identity, [RED, GREEN, BLUE, WHITE]),
        (Orientation::Rotate90, [BLUE, RED, WHITE, GREEN]),
        (Orientation::Rotate180, [WHITE, BLUE, GREEN, RED]),
        (Orientation::Rotate270, [GREEN, WHITE, RED, BLUE]),
        (Orientation::FlipHorizontal, [GREEN, RED, WHITE, BLUE]),
        (Orientation::FlipVertical, [BLUE, WHITE, RED, GREEN]),
        (Orientation::FlipRotate90, [WHITE, GREEN, BLUE, RED]),
        (Orientation::FlipRotate270, [RED, BLUE, GREEN, WHITE]),
    ];
    for (orientation, wanted) in cases {
        let (width, height) = if orientation.swaps_sides() {
            (48, 80)
        } else {
            (80, 48)
        };
        let video = VideoTrack {
            orientation,
            ..track(160, 96, 25)
        };
        let pictures = encoded(&path, video, width, height).await;
        assert_eq!(pictures.len(), 3);
        assert_quarters(&pictures[1], wanted, &format!("{orientation:?}"));
    }
}

#[tokio::test]
async fn anamorphic_and_odd_sizes_fill_square_pixels() {
    let made = Made::new();
    for (width, height) in [(144, 116), (147, 113)] {
        // Odd sizes are coded with a border that is cropped away.
        let encoder = format!(
            "videoscale ! video/x-raw,width={width},height={height},pixel-aspect-ratio=16/15 ! x264enc \
             pass=qual quantizer=4 speed-preset=ultrafast ! video/x-h264,profile=high-4:4:4 ! h264parse"
        );
        let encoder = match width % 2 {
            0 => encoder.replace("profile=high-4:4:4", "profile=constrained-baseline"),
            _ => format!("videoconvert ! video/x-raw,format=Y444 ! {encoder}"),
        };
        let path = made.video("a.mkv", &vec![quarters(144, 116); 2], "i420", &encoder);
        let video = VideoTrack {
            sample_aspect_ratio: Ratio { num: 16, den: 15 },
            ..track(width, height, 25)
        };
        let pictures = encoded(&path, video, 152, 116).await;
        assert_quarters(
            &pictures[0],
            [RED, GREEN, BLUE, WHITE],
            &format!("{width} pixels wide"),
        );
    }
}

#[tokio::test]
async fn full_range_becomes_limited() {
    let made = Made::new();
    let grey = Planar::paint(96, 96, |x, _| [if x < 48 { 0 } else { 200 }, 128, 128]);
    let encoder = format!("capssetter caps=video/x-raw,colorimetry=1:3:5:1 ! {X264}");
    let path = made.video("a.mkv", &vec![grey; 2], "i420", &encoder);
    let video = VideoTrack {
        color: Color {
            full_range: true,
            ..SDR
        },
        ..track(96, 96, 25)
    };
    let pictures = encoded(&path, video, 96, 96).await;
    assert_color(&pictures[0], (20, 50), [16, 128, 128], "black");
    assert_color(
        &pictures[0],
        (80, 50),
        [16 + 200 * 219 / 255, 128, 128],
        "grey",
    );
}

#[tokio::test]
async fn ten_bits_become_eight() {
    let made = Made::new();
    let grey = Planar::paint(96, 96, |x, _| [if x < 48 { 64 } else { 600 }, 512, 700]);
    let path = made.video("a.mkv", &vec![grey; 2], "i420-10le", X265);
    let video = VideoTrack {
        bit_depth: 10,
        ..track(96, 96, 25)
    };
    let pictures = encoded(&path, video, 48, 48).await;
    assert_color(&pictures[0], (20, 50), [16, 128, 175], "black");
    assert_color(&pictures[0], (80, 50), [150, 128, 175], "grey");
}

#[tokio::test]
async fn hdr_is_mapped_to_sdr() {
    let made = Made::new();
    // ITU-R BT.2408: reference white is 58 % PQ and 75 % HLG.
    for (dynamic_range, white) in [(Transfer::Pq, 64 + 508), (Transfer::Hlg, 64 + 657)] {
        let grey = Planar::paint(96, 96, |x, _| [if x < 48 { 64 } else { white }, 512, 512]);
        let path = made.video("a.mkv", &vec![grey; 2], "i420-10le", X265);
        let color = Color {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            full_range: false,
            dynamic_range,
        };
        let video = VideoTrack {
            bit_depth: 10,
            color,
            ..track(96, 96, 25)
        };
        let pictures = encoded(&path, video, 48, 48).await;
        assert_color(&pictures[0], (20, 50), [18, 128, 128], "black");
        // 90 % of the way to SDR's white.
        assert_color(
            &pictures[0],
            (80, 50),
            [214, 128, 128],
            &format!("{dynamic_range:?} white"),
        );
    }
}

#[tokio::test]
async fn real_hdr_clips_come_out_bright_and_complete() {
    for (clip, dynamic_range, size, frames) in [
        ("hdr_hlg_hevc_1080p.mp4", Transfer::Hlg, (320, 180), 9),
        ("hdr10_pq_av1_portrait.mp4", Transfer::Pq, (180, 320), 127),
    ] {
        let Some(path) = media(clip) else { return };
        let color = Color {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            full_range: false,
            dynamic_range,
        };
        let video = VideoTrack {
            color,
            ..track(1920, 1080, 30)
        };
        let pictures = encoded(&path, video, size.0, size.1).await;
        assert_eq!(pictures.len(), frames, "{clip}");
        let brightest = (0..pictures[0].height)
            .flat_map(|y| pictures[0].row(y))
            .max();
        assert!(
            brightest.is_some_and(|luma| *luma > 120),
            "{clip}: {brightest:?}"
        );
    }
}

#[tokio::test]
async fn fields_of_different_times_leave_no_comb() {
    let made = Made::new();
    // A bar that moves 8 pixels from field to field.
    let frame = |n: usize| {
        Planar::paint(128, 64, |x, y| {
            let left = 16 + n * 16 + (y % 2) * 8;
            [
                if (left..left + 24).contains(&x) {
                    220
                } else {
                    40
                },
                128,
                128,
            ]
        })
    };
    let frames: Vec<Planar> = (0..4).map(frame).collect();
    let path = made.video("a.mkv", &frames, "i420", X264);
    let video = VideoTrack {
        interlaced: true,
        ..track(128, 64, 25)
    };
    let pictures = encoded(&path, video, 128, 64).await;
    assert_eq!(pictures.len(), 4);
    for picture in &pictures {
        for y in 10..50 {
            let [above, line] = [y, y + 1].map(|y| picture.row(y));
            let worst = above.iter().zip(line).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst.is_some_and(|worst| worst < 60), "row {y}: {worst:?}");
        }
    }
}
