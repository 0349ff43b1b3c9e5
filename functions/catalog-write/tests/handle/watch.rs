//! How the work stands, as Prometheus reads it.

use catalog_write::Watch;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    stage::Stage,
    story::{Story, dead},
};

/// Eight segments of six seconds.
const STORY: Story = Story { chunks: 4 };

struct Watched {
    stage: Stage,
    gauges: Watch,
    handle: PrometheusHandle,
    _guard: metrics::LocalRecorderGuard<'static>,
}

impl Watched {
    async fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let recorder: &'static _ = Box::leak(Box::new(recorder));
        Self {
            stage: Stage::new().await,
            gauges: Watch::default(),
            handle,
            _guard: metrics::set_default_local_recorder(recorder),
        }
    }

    /// The value of a gauge with its labels, as it stands in `/metrics`.
    async fn read(&mut self, gauge: &str) -> Option<f64> {
        self.gauges
            .update(&self.stage.database.catalog)
            .await
            .unwrap();
        let text = self.handle.render();
        let line = text.lines().find_map(|line| line.strip_prefix(gauge));
        line.map(|value| value.trim().parse().unwrap())
    }
}

#[tokio::test]
async fn an_empty_catalog_has_nothing_to_do() {
    let mut watched = Watched::new().await;
    for gauge in [
        r#"reeldrop_titles{state="failed"}"#,
        r#"reeldrop_parts_waiting{step="transcode"}"#,
        r#"reeldrop_parts_oldest_waiting_seconds{step="encrypt-package"}"#,
        r#"reeldrop_dead_letters{step="probe"}"#,
        "reeldrop_outbox_oldest_seconds",
        "reeldrop_video_minutes_per_minute",
    ] {
        assert_eq!(watched.read(gauge).await, Some(0.0), "{gauge}");
    }
}

#[tokio::test]
async fn parts_wait_for_the_function_that_has_to_do_them() {
    let mut watched = Watched::new().await;
    let events = [
        STORY.probed(),
        STORY.chunk_transcoded(0),
        STORY.chunk_packaged(1, 1),
    ];
    watched.stage.handle_all(events).await;
    let transcode = watched
        .read(r#"reeldrop_parts_waiting{step="transcode"}"#)
        .await;
    // Four chunks and two audio tracks of two parts, less the two chunks that are further.
    assert_eq!(transcode, Some(6.0));
    let encrypt = watched
        .read(r#"reeldrop_parts_waiting{step="encrypt-package"}"#)
        .await;
    assert_eq!(encrypt, Some(1.0));

    let client = watched.stage.database.client().await;
    let later = "update parts set transcoded_at = transcoded_at - interval '90 seconds'";
    client.execute(later, &[]).await.unwrap();
    let oldest = r#"reeldrop_parts_oldest_waiting_seconds{step="encrypt-package"}"#;
    let oldest = watched.read(oldest).await.unwrap();
    assert!((90.0..120.0).contains(&oldest), "{oldest}");
}

#[tokio::test]
async fn minutes_of_video_are_counted_once_whatever_the_ladder() {
    let mut watched = Watched::new().await;
    watched.stage.handle_all(STORY.whole()).await;
    let minutes = watched
        .read("reeldrop_video_minutes_per_minute")
        .await
        .unwrap();
    // 48 seconds in five minutes.
    assert!((minutes - 48.0 / 60.0 / 5.0).abs() < 1e-9, "{minutes}");

    let client = watched.stage.database.client().await;
    let earlier = "update parts set packaged_at = packaged_at - interval '10 minutes'";
    client.execute(earlier, &[]).await.unwrap();
    assert_eq!(
        watched.read("reeldrop_video_minutes_per_minute").await,
        Some(0.0)
    );
}

#[tokio::test]
async fn times_are_told_by_the_length_of_the_title_and_for_an_hour() {
    let mut watched = Watched::new().await;
    watched.stage.handle_all(STORY.whole()).await;
    let client = watched.stage.database.client().await;
    let set = "update assets set created_at = playable_at - interval '3 seconds',
                                 ready_at = playable_at + interval '5 seconds'";
    client.execute(set, &[]).await.unwrap();
    let playable = r#"reeldrop_time_to_playable_seconds{length="0-1m",quantile="0.95"}"#;
    assert_eq!(watched.read(playable).await, Some(3.0));
    let ready = r#"reeldrop_time_to_ready_seconds{length="0-1m",quantile="0.5"}"#;
    assert_eq!(watched.read(ready).await, Some(8.0));

    let earlier = "update assets set playable_at = playable_at - interval '2 hours'";
    client.execute(earlier, &[]).await.unwrap();
    assert!(
        watched.read(playable).await.unwrap().is_nan(),
        "an old title tells nothing"
    );
}

#[tokio::test]
async fn dead_letters_are_counted_by_the_function_that_could_not_take_them() {
    let mut watched = Watched::new().await;
    watched.stage.handle(STORY.probed()).await;
    let letter = dead(STORY.chunk_planned(1), "transcode", "the encoder is broken");
    watched.stage.handle(letter).await;
    let letters = r#"reeldrop_dead_letters{step="transcode"}"#;
    assert_eq!(watched.read(letters).await, Some(1.0));
    let failed = r#"reeldrop_titles{state="failed"}"#;
    assert_eq!(watched.read(failed).await, Some(1.0));

    watched.stage.handle(STORY.retry()).await;
    assert_eq!(watched.read(letters).await, Some(0.0), "none is left");
}
