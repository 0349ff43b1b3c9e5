//! Rules 1.13, 7.4 to 7.7, 8.1 and 8.2, and 13.7: segments and how long they are.

use super::{Findings, Title, must, rendition::Rendition, should};

/// IDR every two seconds, as near as whole frames allow at any rate.
const KEY_INTERVAL_S: f64 = 2.1;

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    for (_, video) in &title.variants {
        key_frames(video, findings);
        pattern(video, findings);
    }
    let frame_s = title.variants.iter().map(|(_, video)| video.frame_s());
    let frame_s = frame_s.fold(0.0, f64::max);
    for rendition in title.renditions() {
        durations(rendition, frame_s, findings);
    }
    let mut targets: Vec<f64> = title.renditions().map(|r| r.playlist.target_s).collect();
    targets.sort_by(f64::total_cmp);
    targets.dedup();
    if targets.len() > 1 {
        let what = format!("picture and sound have target durations {targets:?}");
        findings.push(must("8.2", what));
    }
}

fn key_frames(video: &Rendition, findings: &mut Findings) {
    let path = &video.path;
    let times = video.key_times_s();
    let longest = times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    if longest > KEY_INTERVAL_S {
        findings.push(should(
            "1.13",
            format!("{path}: {longest:.3} s without a key frame"),
        ));
    }
    let begins = |segment: &super::rendition::Segment| {
        segment
            .samples
            .first()
            .is_some_and(|sample| sample.is_key())
    };
    let without = video.segments.iter().position(|segment| !begins(segment));
    if let Some(number) = without {
        let what = format!("{path}: segment {number} does not begin with an IDR frame");
        findings.push(must("7.4", what));
    }
}

/// `cbcs` names a pattern; `cenc` has none, and is not what the rule speaks of.
fn pattern(video: &Rendition, findings: &mut Findings) {
    if let Some((encrypted, skipped)) = video.init.pattern
        && (encrypted, skipped) != (1, 9)
    {
        let what = format!("{}: pattern {encrypted}:{skipped}", video.path);
        findings.push(must("13.7", what));
    }
}

fn durations(rendition: &Rendition, frame_s: f64, findings: &mut Findings) {
    let path = &rendition.path;
    let target = rendition.playlist.target_s;
    if target != 6.0 {
        findings.push(should("7.5", format!("{path}: target duration {target}")));
    }
    let (mut sum, mut ticks) = (0.0, 0);
    for (number, entry) in rendition.playlist.entries.iter().enumerate() {
        if entry.duration_s > target + 0.5 {
            let what = format!("{path}: segment {number} lasts {} s", entry.duration_s);
            findings.push(must("7.7", what));
        }
        sum += entry.duration_s;
        let samples = rendition.segments[number].samples.iter();
        ticks += samples
            .map(|sample| u64::from(sample.duration))
            .sum::<u64>();
        let real = rendition.seconds(ticks);
        if (sum - real).abs() > frame_s.max(rendition.frame_s()) {
            let what = format!("{path}: EXTINF up to segment {number} are {sum:.3} s of {real:.3}");
            findings.push(must("8.1", what));
            return;
        }
    }
}
