//! Events come twice, in any order, and at the same time.

use std::time::Instant;

use catalog_write::CatalogWrite;
use cloudevents::Event;

use crate::{broker::Broker, stage::Stage, story::Story};

const STORY: Story = Story { chunks: 3 };

/// The same shuffles in every run (Fisher-Yates over a linear congruential generator).
fn shuffle(events: &mut [Event], mut seed: u64) {
    for last in (1..events.len()).rev() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        events.swap(last, (seed >> 33) as usize % (last + 1));
    }
}

fn told_twice(troubles: &[Event]) -> Vec<Event> {
    [STORY.whole(), STORY.whole(), troubles.to_vec()].concat()
}

#[tokio::test]
async fn every_order_and_repetition_leaves_the_same_rows() {
    // Failures that were overcome change nothing of where the title ends.
    let troubles = [
        STORY.failed("transcode", "1"),
        STORY.failed("thumbnail", ""),
    ];
    let stage = Stage::new().await;
    stage.handle_all(told_twice(&troubles)).await;
    let expected = stage.dump().await;
    assert_eq!(stage.state(STORY).await.0, "ready");
    for seed in 0..40 {
        let mut events = told_twice(&troubles);
        shuffle(&mut events, seed);
        let stage = Stage::new().await;
        stage.handle_all(events).await;
        pretty_eq(&stage.dump().await, &expected, seed);
        let last = stage.broker.take_of("asset.advanced").pop().unwrap();
        assert_eq!(
            (&last["segments"], &last["complete"]),
            (&6.into(), &true.into()),
            "order {seed}"
        );
    }
}

#[tokio::test]
async fn events_handled_at_once_by_two_processes_lose_no_join() {
    let expected = Stage::new().await;
    expected.handle_all(STORY.whole()).await;
    let expected = expected.dump().await;
    for seed in 0..6 {
        let stage = Stage::new().await;
        let (_, publisher) = Broker::start().await;
        let catalog = reeldrop_catalog::Catalog::connect(&stage.database.url).unwrap();
        let other = Stage {
            function: CatalogWrite::new(catalog, publisher),
            broker: stage.broker.clone(),
            database: stage.database.clone(),
        };
        let mut events = told_twice(&[]);
        shuffle(&mut events, seed);
        let both = events.iter().enumerate().map(|(nth, event)| {
            let stage = if nth % 2 == 0 { &stage } else { &other };
            stage.try_handle(event)
        });
        for done in futures::future::join_all(both).await {
            done.unwrap();
        }
        pretty_eq(&stage.dump().await, &expected, seed);
    }
}

#[tokio::test]
async fn an_event_takes_a_few_milliseconds() {
    let story = Story { chunks: 100 };
    let stage = Stage::new().await;
    let events = story.whole();
    let mut times = Vec::with_capacity(events.len());
    for event in events {
        let started = Instant::now();
        stage.handle(event).await;
        times.push(started.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    eprintln!(
        "median {median:?}, 99 of 100 within {:?}",
        times[times.len() * 99 / 100]
    );
    assert!(median.as_millis() < 50, "an event takes {median:?}");
}

fn pretty_eq(found: &str, expected: &str, seed: u64) {
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "order {seed}");
    }
    assert_eq!(
        found.lines().count(),
        expected.lines().count(),
        "order {seed}"
    );
}
