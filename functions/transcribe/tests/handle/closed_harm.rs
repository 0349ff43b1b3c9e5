//! Captions in pictures that mean harm.

use reeldrop_media::testing::{captioned, cc_data};

use super::closed::{Clips, made, tracks};

/// What the picture that is shown as the n-th carries.
type UserData = fn(usize) -> Vec<u8>;

/// Bytes that nobody means anything by, always the same.
fn garbage(seed: usize, length: usize) -> Vec<u8> {
    let mut state = (seed as u32).wrapping_mul(2_654_435_761) + 1;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.take(length).collect()
}

#[tokio::test]
async fn what_means_harm_ends_in_captions_or_none_and_never_in_a_failure() {
    let clips = Clips::new();
    let ball = clips.path("ball.mp4");
    let harmful: [(&str, UserData); 4] = [
        ("as many triplets as fit", |n| cc_data(&garbage(n, 93))),
        ("a count that lies", |n| {
            let mut lying = cc_data(&garbage(n, 9));
            lying[5] = 0x5f;
            lying
        }),
        ("a packet that never ends", |n| {
            let pairs = garbage(n, 62);
            let triplets = pairs.chunks(2).enumerate();
            let first = if n == 0 { 0xff } else { 0xfe };
            let triplets = triplets
                .flat_map(|(at, pair)| [if at == 0 { first } else { 0xfe }, pair[0], pair[1]]);
            cc_data(&triplets.collect::<Vec<u8>>())
        }),
        ("no user data at all", |n| garbage(n, 600)),
    ];
    for (what, carried) in harmful {
        let clip = clips.path("harmful.mp4");
        captioned(&ball, &clip, carried);
        let answers = made(&clip, "video/x-h264", None).await;
        // Nothing is proven of what nobody has read. GStreamer's parsers drop what is no user data themselves.
        let is_dropped = ["a count that lies", "no user data at all"].contains(&what);
        assert_eq!(answers.is_empty(), is_dropped, "{what}");
        for (label, _, cues) in tracks(&answers) {
            let whole: usize = cues.iter().map(|cue| cue.text.len()).sum();
            assert!(whole < 1 << 20, "{what}: {label}");
        }
    }
}
