//! Payloads about what is said.

use reeldrop_events::{
    CaptionKind, CaptionOrigin, CaptionsImported, CaptionsPlanned, ClosedCaptionsPlan,
    ClosedCaptionsPlanned, CuesCompleted, ManifestsPlanned, PackageNo, Ratio, SpeechPlan,
    SpeechPlanned, SpeechTranscribed, SubtitlesPlanned, TimedText, TranscriptCompleted,
    TranscriptSkipped,
};

use super::{Sample, asset, source};

fn plan() -> SpeechPlan {
    SpeechPlan {
        track: 1,
        origin_ns: 40_000_000,
        duration_ns: 20_020_000_000,
        start_ns: 23_000_000,
        end_ns: 20_023_000_000,
        part_ns: 180_000_000_000,
        parts: 1,
        frame_rate: Ratio {
            num: 30_000,
            den: 1_001,
        },
        language: Some("de".to_owned()),
        translate: false,
        model: "ggml-tiny".to_owned(),
    }
}

pub(super) fn speech() -> Vec<Sample> {
    let asset = asset();
    vec![
        Sample::of(&SpeechPlanned {
            asset,
            source: source(),
            speech: plan(),
            part: 0,
        }),
        Sample::of(&SpeechTranscribed {
            asset,
            source: source(),
            speech: plan(),
            part: 0,
            language: "de".to_owned(),
            words: 42,
        }),
        Sample::of(&CaptionsPlanned {
            asset,
            speech: plan(),
            language: "de".to_owned(),
        }),
    ]
}

pub(super) fn captions() -> Vec<Sample> {
    let (asset, name) = (asset(), "de-1f0c77a2".to_owned());
    vec![
        Sample::of(&CuesCompleted {
            asset,
            name: name.clone(),
            language: "de".to_owned(),
            page: 0,
            first: 0,
            cues: vec![TimedText {
                start_ms: 1_200,
                end_ms: 2_900,
                text: "Guten Morgen,\nliebe Größe!".to_owned(),
            }],
            following: Some("Und tschüss.".to_owned()),
        }),
        Sample::of(&TranscriptCompleted {
            asset,
            language: "de".to_owned(),
            label: "Deutsch".to_owned(),
            origin: CaptionOrigin::Speech,
            kind: CaptionKind::Sdh,
            cues: 2,
            pages: 1,
            segment_ticks: 5_400_000,
            duration_ticks: 1_801_800,
            segments: 1,
            vtt: format!("{asset}/text/{name}.vtt"),
            srt: format!("{asset}/text/{name}.srt"),
            words: Some(format!("{asset}/text/{name}.json")),
            name,
        }),
        Sample::of(&TranscriptSkipped {
            asset,
            reason: "skipped: no model; run `reeldrop models pull`".to_owned(),
        }),
        Sample::of(&CaptionsImported {
            asset,
            name: "en-01939f".to_owned(),
            language: "en".to_owned(),
            label: "English".to_owned(),
            duration_ms: 20_020,
        }),
        Sample::of(&ManifestsPlanned {
            asset,
            package: PackageNo(2),
            captions: "de-1f0c77a2".to_owned(),
            storyboard: false,
        }),
    ]
}

/// Captions that the source has.
pub(super) fn in_source() -> Vec<Sample> {
    let asset = asset();
    vec![
        Sample::of(&SubtitlesPlanned {
            asset,
            source: source(),
            track: 3,
            language: "de".to_owned(),
            label: "Deutsch (forced)".to_owned(),
            kind: CaptionKind::Forced,
            origin_ns: 23_000_000,
            duration_ns: 20_020_000_000,
        }),
        Sample::of(&ClosedCaptionsPlanned {
            asset,
            source: source(),
            closed: ClosedCaptionsPlan {
                track: 0,
                origin_ns: 23_000_000,
                duration_ns: 620_020_000_000,
                part_ns: 300_000_000_000,
                parts: 2,
                language: Some("en".to_owned()),
            },
            part: 1,
        }),
    ]
}
