//! Services as processes: started by need, stopped when idle, never left behind.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use reeldrop::{
    activator::{Activator, Launch, Logs},
    broker::Subscribers,
};
use tempfile::{TempDir, tempdir};
use tokio::time::sleep;

/// The example that plays a function, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .nth(2)
        .unwrap()
        .join("examples/tiny-function")
}

fn activator(idle: Option<Duration>) -> (Arc<Activator>, TempDir) {
    scaled(idle, None, 1)
}

fn scaled(
    idle: Option<Duration>,
    concurrency: Option<usize>,
    instances: usize,
) -> (Arc<Activator>, TempDir) {
    let folder = tempdir().unwrap();
    let launch = Launch {
        name: "tiny".to_owned(),
        program: program(),
        env: vec![("GREETING".to_owned(), "hello".to_owned())],
        port: None,
        nice: Some(10),
        idle,
        concurrency,
        instances,
    };
    let logs = Logs {
        folder: folder.path().to_owned(),
        show: false,
    };
    let activator = Activator::new(vec![launch], logs, Duration::from_secs(1)).unwrap();
    (Arc::new(activator), folder)
}

/// Calls the function; gives its process id and its greeting.
async fn call(activator: &Activator, wait_ms: u64) -> Result<(u32, String), String> {
    let lease = activator.lease("tiny").await?;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(lease.url())
        .body(wait_ms.to_string())
        .send()
        .await;
    let text = answer
        .map_err(|error| error.to_string())?
        .text()
        .await
        .map_err(|error| error.to_string())?;
    let (pid, greeting) = text.split_once(' ').unwrap();
    Ok((pid.parse().unwrap(), greeting.to_owned()))
}

fn lives(pid: u32) -> bool {
    // A process that has ended and is not waited for yet does not live.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn wait_until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("not in five seconds: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_starts_it_and_idleness_stops_it() {
    let (activator, _folder) = activator(Some(Duration::from_millis(300)));
    let tended = activator.clone();
    tokio::spawn(async move { tended.tend().await });
    assert!(activator.running().await.is_empty());

    let (pid, greeting) = call(&activator, 0).await.unwrap();
    assert_eq!(greeting, "hello");
    assert_eq!(
        rustix::process::getpriority_process(rustix::process::Pid::from_raw(pid as i32)),
        Ok(10)
    );
    // Longer than the idle window, but at work.
    assert_eq!(call(&activator, 800).await.unwrap().0, pid);
    wait_until("the idle process ends", async || !lives(pid)).await;

    let (again, _) = call(&activator, 0).await.unwrap();
    assert_ne!(again, pid);
    activator.stop().await;
    assert!(!lives(again));
    assert!(
        activator.lease("tiny").await.is_err(),
        "nothing starts while the runner stops"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_requests_start_one_process() {
    let (activator, _folder) = activator(None);
    let calls = (0..20).map(|_| call(&activator, 50));
    let answers = futures::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<u32> = answers
        .into_iter()
        .map(|answer| answer.unwrap().0)
        .collect();
    assert_eq!(pids.len(), 1);
    activator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_starts_when_all_are_full_up_to_the_limit() {
    let (activator, _folder) = scaled(Some(Duration::from_millis(300)), Some(1), 2);
    let tended = activator.clone();
    tokio::spawn(async move { tended.tend().await });
    let first = call(&activator, 0).await.unwrap().0;
    assert_eq!(call(&activator, 0).await.unwrap().0, first, "it has room");

    let answers = futures::future::join_all((0..4).map(|_| call(&activator, 200))).await;
    let pids: std::collections::BTreeSet<u32> = answers
        .into_iter()
        .map(|answer| answer.unwrap().0)
        .collect();
    assert_eq!(pids.len(), 2);
    assert!(pids.contains(&first));
    wait_until("both end when idle", async || {
        activator.running().await.is_empty() && !pids.iter().any(|pid| lives(*pid))
    })
    .await;
    activator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_replaced() {
    let (activator, _folder) = activator(None);
    let tended = activator.clone();
    tokio::spawn(async move { tended.tend().await });
    wait_until("it runs without being asked", async || {
        !activator.running().await.is_empty()
    })
    .await;
    let pid = activator.running().await["tiny"][0];
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid as i32).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    wait_until("another one runs", async || {
        activator
            .running()
            .await
            .get("tiny")
            .is_some_and(|now| *now != [pid])
    })
    .await;
    assert!(call(&activator, 0).await.is_ok());
    activator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_says_why() {
    let folder = tempdir().unwrap();
    let launch = |name: &str, program: &Path| Launch {
        name: name.to_owned(),
        program: program.to_owned(),
        env: Vec::new(),
        port: None,
        nice: None,
        idle: None,
        concurrency: None,
        instances: 1,
    };
    let launches = vec![
        launch("ends", Path::new("/bin/true")),
        launch("missing", Path::new("/no/such")),
    ];
    let logs = Logs {
        folder: folder.path().to_owned(),
        show: false,
    };
    let activator = Activator::new(launches, logs, Duration::from_secs(1)).unwrap();
    let reason = activator.lease("ends").await.err().unwrap();
    assert!(
        reason.starts_with("ends ended before it was ready; see "),
        "{reason}"
    );
    assert!(activator.lease("missing").await.is_err());
    assert!(activator.lease("unknown").await.is_err());
}
