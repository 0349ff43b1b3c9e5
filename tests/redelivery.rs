//! Every event a second time changes nothing: the same objects, the same catalog.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, process::Command, thread, time::Duration};

use reeldrop_tests::{Bundle, clip, tree};
use serde_json::{Value, json};

const NAME: &str = "twice.mp4";

#[test]
fn an_upload_that_is_announced_again_gives_the_same_title() {
    let Some(clip) = clip("redelivery", "h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let mut bundle = Bundle::start().unwrap();
    let upload = create_upload(&bundle, &clip);

    put(&upload, &clip);
    let title = bundle.wait_for(NAME, Duration::from_secs(60)).unwrap();
    assert_eq!(title.state, "ready", "{:?}\n{}", title.reason, bundle.log());
    settle();
    let media = bundle.data().join("buckets/reeldrop-media");
    let (objects, shown) = (tree(&media).unwrap(), show(&bundle, &title.asset));

    // The same bytes under the same name: the notification comes again, probe says all its events
    // again, and so does every step after it.
    put(&upload, &clip);
    settle();
    assert_eq!(
        bundle.list().unwrap().len(),
        1,
        "one upload became two titles"
    );
    assert_eq!(
        show(&bundle, &title.asset),
        shown,
        "the catalog has changed"
    );
    let again = tree(&media).unwrap();
    assert_eq!(
        again.keys().collect::<Vec<_>>(),
        objects.keys().collect::<Vec<_>>(),
        "other objects"
    );
    for (path, content) in &objects {
        assert!(again[path] == *content, "{} has changed", path.display());
    }
    assert!(bundle.stop().unwrap());
}

fn create_upload(bundle: &Bundle, clip: &Path) -> Value {
    let request = json!({"name": NAME, "size_bytes": clip.metadata().unwrap().len(), "content_type": "video/mp4"});
    let output = Command::new("curl")
        .args([
            "-fsS",
            "-H",
            "content-type: application/json",
            "-d",
            &request.to_string(),
        ])
        .arg(format!("{}/api/uploads", bundle.url()))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn put(upload: &Value, clip: &Path) {
    let mut command = Command::new("curl");
    command.args(["-fsS", "-X", "PUT", "-T"]).arg(clip);
    for (name, value) in upload["headers"].as_object().unwrap() {
        command.args(["-H", &format!("{name}: {}", value.as_str().unwrap())]);
    }
    let output = command
        .arg(upload["url"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn show(bundle: &Bundle, asset: &str) -> Value {
    serde_json::from_slice(&bundle.run(&["show", "--json", asset]).unwrap().stdout).unwrap()
}

/// Long enough for every event that is under way to have been handled.
fn settle() {
    thread::sleep(Duration::from_secs(8));
}
