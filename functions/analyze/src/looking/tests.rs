//! A clip on a machine that is slower than this one.

use std::path::PathBuf;

use reeldrop_events::Ratio;
use reeldrop_media::LocalFile;

use super::*;

const DURATION_MS: u64 = 4_970;

/// The whole clip, ten pictures a second, as it is planned with what is installed.
fn planned(config: &Config, mode: AnalysisMode) -> Option<AnalysisPlanned> {
    let event: serde_json::Value = serde_json::from_str(include_str!(
        "../../../../common/events/tests/golden/io.reeldrop.analysis.planned.v1.json"
    ))
    .unwrap();
    let mut planned: AnalysisPlanned = serde_json::from_value(event["data"].clone()).unwrap();
    let models = match config.models(None) {
        Ok(models) => models,
        Err(blind) => {
            eprintln!("{blind}");
            return None;
        }
    };
    (planned.chunk.start, planned.chunk.end) = (0, None);
    planned.analysis.duration_ms = DURATION_MS;
    planned.analysis.rate = Ratio { num: 10, den: 1 };
    planned.analysis.models = models.iter().map(Installed::named).collect();
    planned.analysis.mode = mode;
    Some(planned)
}

/// The looked at clip, and how long that took.
fn look(mode: AnalysisMode, slowed: Duration) -> Option<(Looked, Duration)> {
    look_after(mode, slowed, slowed + Duration::from_millis(200))
}

/// The same where the last look took so long.
fn look_after(
    mode: AnalysisMode,
    slowed: Duration,
    before: Duration,
) -> Option<(Looked, Duration)> {
    let folder = std::env::var_os("REELDROP_TEST_MEDIA");
    let (Some(folder), Some(_)) = (folder, std::env::var_os("REELDROP_MODELS")) else {
        eprintln!("skipped: REELDROP_TEST_MEDIA or REELDROP_MODELS names no folder");
        return None;
    };
    reeldrop_media::init().unwrap();
    let config = Config::from_env().unwrap();
    let planned = planned(&config, mode)?;
    let clip = PathBuf::from(folder).join("h264_aac_720p_people_5s.mp4");
    let reader: Arc<dyn ReadAt> = Arc::new(LocalFile::open(&clip).unwrap());
    let mut looker = Looker::open(&config, &planned.analysis).unwrap();
    looker.slowed = slowed;
    looker.recent.add(before);
    let until = Until {
        slice: Duration::MAX,
        ..Until::default()
    };
    let begun = Instant::now();
    let looked = looker.part(&planned, &reader, Looked::default(), &until);
    Some((looked.unwrap(), begun.elapsed()))
}

#[test]
fn a_machine_that_is_too_slow_leaves_pictures_out_and_is_done_in_time() {
    let slowed = Duration::from_millis(400);
    let Some((looked, took)) = look(AnalysisMode::Realtime, slowed) else {
        return;
    };
    let pictures = looked.pictures.len();
    assert!(
        looked.whole && looked.dropped > 20,
        "{} left out",
        looked.dropped
    );
    assert!((3..=20).contains(&pictures), "{pictures} looked at");
    let times: Vec<u64> = looked
        .pictures
        .iter()
        .map(|picture| picture.time_ms)
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        *times.last().unwrap() > DURATION_MS / 2,
        "nothing of its end: {times:?}"
    );
    // Opening the file and one look are none of it, and this machine may be busy: all looks would take 20 s.
    let most = Duration::from_millis(DURATION_MS) + MOST_BEHIND + Duration::from_secs(8);
    assert!(took < most, "took {took:?}");
}

#[test]
fn a_machine_that_was_too_slow_once_looks_at_short_parts_again() {
    let before = Duration::from_secs(9);
    let Some((looked, _)) = look_after(AnalysisMode::Realtime, Duration::ZERO, before) else {
        return;
    };
    assert!(looked.pictures.len() > 3, "{}", looked.pictures.len());
}

#[test]
fn thoroughly_it_looks_at_every_picture_however_long_that_takes() {
    let Some((looked, took)) = look(AnalysisMode::Batch, Duration::from_secs(1)) else {
        return;
    };
    let pictures = looked.pictures.len();
    assert!(
        looked.whole && looked.dropped == 0 && pictures >= 49,
        "{pictures}"
    );
    assert!(took > Duration::from_secs(7), "seven batches: {took:?}");
}

#[test]
fn who_is_told_to_stop_stops_between_two_looks() {
    let Some((whole, _)) = look(AnalysisMode::Batch, Duration::ZERO) else {
        return;
    };
    let config = Config::from_env().unwrap();
    let planned = planned(&config, AnalysisMode::Batch).unwrap();
    let folder = PathBuf::from(std::env::var_os("REELDROP_TEST_MEDIA").unwrap());
    let clip = LocalFile::open(&folder.join("h264_aac_720p_people_5s.mp4")).unwrap();
    let reader: Arc<dyn ReadAt> = Arc::new(clip);
    let mut looker = Looker::open(&config, &planned.analysis).unwrap();
    let until = Until {
        slice: Duration::MAX,
        stop: Arc::new(AtomicBool::new(true)),
    };
    let looked = looker.part(&planned, &reader, Looked::default(), &until);
    let looked = looked.unwrap();
    assert!(!looked.whole);
    // Which of them have stills is told by those after them, too.
    let times = |pictures: &[Picture]| pictures.iter().map(|p| p.time_ms).collect::<Vec<_>>();
    assert_eq!(times(&looked.pictures), times(&whole.pictures[..BATCH]));
}
