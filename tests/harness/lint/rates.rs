//! Rules 1.26, 1.27, 1.30 and 9.13: bit rates as they are and as they are declared.

use super::{Findings, Title, must, playlist::Attributes, rendition::Rendition, should};

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    for (attributes, video) in &title.variants {
        let most = |rate: fn(&Rendition) -> f64| {
            let sound = title.sound(attributes).map(rate).fold(0.0, f64::max);
            rate(video) + sound
        };
        let rates = (most(Rendition::average_bps), most(Rendition::peak_bps));
        judge_one(&video.path, attributes, rates, findings);
        let (average, peak) = (video.average_bps(), video.peak_bps());
        if peak > average * 2.0 {
            let what = format!("{}: peak {peak:.0} of average {average:.0}", video.path);
            findings.push(should("1.30", what));
        }
    }
    for (attributes, frames) in &title.i_frames {
        let rates = (frames.average_bps(), frames.peak_bps());
        judge_one(&frames.path, attributes, rates, findings);
    }
}

fn judge_one(
    path: &str,
    attributes: &Attributes,
    (average, peak): (f64, f64),
    findings: &mut Findings,
) {
    let declared = |name: &str| {
        attributes
            .get(name)
            .and_then(|value| value.parse::<f64>().ok())
    };
    if let Some(said) = declared("AVERAGE-BANDWIDTH")
        && (average - said).abs() > said * 0.1
    {
        let what = format!("{path}: AVERAGE-BANDWIDTH {said}, measured {average:.0}");
        findings.push(must("1.26", what));
    }
    let Some(said) = declared("BANDWIDTH") else {
        return findings.push(must("9.13", format!("{path}: no BANDWIDTH")));
    };
    if (peak - said).abs() > said * 0.1 {
        findings.push(must(
            "1.27",
            format!("{path}: BANDWIDTH {said}, measured {peak:.0}"),
        ));
    }
    // EXTINF are rounded, and what is measured over them with it.
    if said * 1.001 < peak {
        let what = format!("{path}: BANDWIDTH {said} is less than the largest sum, {peak:.0}");
        findings.push(must("9.13", what));
    }
}
