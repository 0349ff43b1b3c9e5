//! What has failed for good says why, and becomes ready once the cause is gone and a person asks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use reeldrop_tests::{Bundle, Listed, clip};
use tempfile::TempDir;

const NAME: &str = "patient.mp4";
const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn a_failed_title_becomes_ready_when_its_cause_is_gone_and_it_is_tried_again() {
    let Some(clip) = clip("retrying", "h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let manifests = impatient_manifests();
    let mut bundle = Bundle::start_with(Some(manifests.path().to_owned())).unwrap();

    // A work bucket that takes nothing, as when its disk is gone.
    let work = bundle.data().join("buckets/reeldrop-work");
    let aside = bundle.data().join("aside");
    fs::rename(&work, &aside).unwrap();
    fs::write(&work, "not a folder").unwrap();
    bundle.drop_file(&clip, NAME).unwrap();
    let failed = bundle.wait_for(NAME, LIMIT).unwrap();
    assert_eq!(failed.state, "failed", "{failed:?}\n{}", bundle.log());
    let reason = failed.reason.unwrap();
    assert!(
        reason.starts_with("The step transcode failed: "),
        "{reason}"
    );

    fs::remove_file(&work).unwrap();
    fs::rename(&aside, &work).unwrap();
    let retried = bundle.run(&["retry", &failed.asset]).unwrap();
    assert!(retried.status.success(), "{retried:?}");
    let ready = wait_until_ready(&bundle);
    assert_eq!(ready.asset, failed.asset, "another title was made");
    assert_eq!(ready.reason, None, "the reason stays");
    assert_eq!(bundle.list().unwrap().len(), 1);
    assert!(bundle.stop().unwrap(), "{}", bundle.log());
}

/// The topology, but for events that are given up after the second try.
fn impatient_manifests() -> TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let copy = tempfile::tempdir().unwrap();
    for folder in ["knative/base", "triggers/base"] {
        fs::create_dir_all(copy.path().join(folder)).unwrap();
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            let to = copy.path().join(folder).join(file.file_name());
            fs::write(to, text.replace("retry: 8", "retry: 1")).unwrap();
        }
    }
    copy
}

fn wait_until_ready(bundle: &Bundle) -> Listed {
    let end = Instant::now() + LIMIT;
    let mut last = None;
    while Instant::now() < end {
        last = bundle.list().unwrap().pop();
        if let Some(title) = last.take_if(|title| title.state == "ready") {
            return title;
        }
        thread::sleep(Duration::from_millis(200));
    }
    panic!("not ready in {LIMIT:?}: {last:?}\n{}", bundle.log());
}
