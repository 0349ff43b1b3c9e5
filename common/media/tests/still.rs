//! One picture of a file: the right one, in its colours, at the size that is asked for.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use bytes::Bytes;
use gst::prelude::*;
use gstreamer as gst;
use reeldrop_media::still;

/// A second of pictures that are red and white in turn, 30 of them, decoded in another order.
fn clip() -> Bytes {
    reeldrop_media::init().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let pipeline = format!(
        "videotestsrc pattern=blink foreground-color=0xffff0000 background-color=0xffffffff
           num-buffers=30
         ! video/x-raw,width=320,height=180,framerate=30/1
         ! videoconvert ! video/x-raw,format=I420
         ! x264enc key-int-max=30 bframes=2 ! h264parse ! mp4mux ! filesink location={}",
        file.path().display()
    );
    let pipeline = gst::parse::launch(&pipeline).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &ends);
    assert_eq!(end.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
    std::fs::read(file.path()).unwrap().into()
}

/// What is in the middle of the picture at `time_ms`.
fn colour(clip: &Bytes, time_ms: u64) -> [u8; 3] {
    let jpeg = still(clip.clone(), time_ms, 160).unwrap();
    let picture = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg);
    let picture = picture.unwrap().to_rgb8();
    assert_eq!(picture.dimensions(), (160, 90));
    picture.get_pixel(80, 45).0
}

fn is_near(found: [u8; 3], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 8)
}

#[test]
fn the_picture_that_is_shown_then_is_given_in_its_colours() {
    let clip = clip();
    let colours = [[255, 0, 0], [255, 255, 255]];
    let first = colour(&clip, 0);
    let begin = usize::from(!is_near(first, colours[0]));
    for number in 0..30 {
        // Picture 1 begins at 33.3 ms: whoever cuts off says 33, and 32 is still picture 0.
        let (from_ms, last_ms) = (number * 1_000 / 30, (number + 1) * 1_000 / 30 - 1);
        let expected = colours[(begin + usize::try_from(number).unwrap()) % 2];
        for time_ms in [from_ms, last_ms] {
            let found = colour(&clip, time_ms);
            assert!(
                is_near(found, expected),
                "{time_ms} ms: {found:?}, not {expected:?}"
            );
        }
    }
    // What lies behind the end shows the last picture.
    assert!(is_near(colour(&clip, 60_000), colours[(begin + 29) % 2]));
}

#[test]
fn what_is_no_video_is_said_to_be_none() {
    let error = still(Bytes::from_static(b"no media at all"), 0, 640).unwrap_err();
    assert_eq!(error.to_string(), "not a media file that is known");
}
