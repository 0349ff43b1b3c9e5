//! A function as a process: start, drain, end; on Knative and on Lambda.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Command, ExitCode, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use support::{ONE_EVENT, Obedient, PERMANENT, SLOW, binary, retry};
use tokio::sync::mpsc;

/// Set in the process that is the function: this same test program, told to run one test only.
const ROLE: &str = "REELDROP_TEST_ROLE";

/// Not a test of its own: the function that the other tests start.
#[test]
fn function_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    if role == "short of breath" {
        // Work that ends by itself, as after a panic of its own.
        let code = reeldrop_runtime::serve_work("worker", async |_publisher| Ok(async {}));
        std::process::exit(i32::from(code != ExitCode::SUCCESS));
    }
    let code = reeldrop_runtime::serve(async |_publisher| {
        if role == "broken" {
            reeldrop_runtime::env("REELDROP_NOT_THERE")?;
        }
        Ok(Obedient)
    });
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// A running function, killed when the test ends.
struct Process {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Process {
    fn start(role: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "function_process", "--nocapture"])
            .env(ROLE, role)
            .env("PORT", "0")
            .env("REELDROP_LISTEN_ADDRESS", "127.0.0.1")
            .env("REELDROP_LOG_FORMAT", "json")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// The first log entry with this message.
    fn logged(&mut self, message: &str) -> Value {
        for line in self.log.by_ref().lines() {
            let entry: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if entry["message"].as_str().unwrap().contains(message) {
                return entry;
            }
        }
        panic!("the process never said {message:?}");
    }

    fn address(&mut self) -> String {
        format!("http://127.0.0.1:{}", self.logged("ready")["port"])
    }

    fn terminate(&self) {
        let kill = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(kill.success());
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn post_event(address: &str, number: u128) -> Result<reqwest::Response, reqwest::Error> {
    let (parts, body) = binary(number).into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    reqwest::Client::new()
        .post(address)
        .headers(parts.headers)
        .body(body)
        .send()
        .await
}

#[test]
fn a_light_function_is_ready_within_100_ms() {
    let quickest = (0..5).map(|_| {
        let started = Instant::now();
        Process::start("healthy", &[]).logged("ready");
        started.elapsed()
    });
    let quickest = quickest.min().unwrap();
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_one_log_line() {
    let mut process = Process::start("healthy", &[("GOOGLE_CLOUD_PROJECT", "p")]);
    let address = process.address();
    assert_eq!(post_event(&address, ONE_EVENT).await.unwrap().status(), 200);
    let entry = process.logged("event handled");
    assert_eq!(entry["asset.id"], support::ASSET.to_string());
    assert_eq!(entry["event.type"], "io.reeldrop.retry.requested.v1");
    assert_eq!(entry["outcome"], "done");
    assert!(
        entry["duration_ms"].is_u64() && entry["event.id"].is_string(),
        "{entry}"
    );
    let trace = format!("projects/p/traces/{}", support::TRACE_ID);
    assert_eq!(entry["logging.googleapis.com/trace"], trace);
    assert_eq!(post_event(&address, PERMANENT).await.unwrap().status(), 422);
    assert_eq!(process.logged("event not handled")["severity"], "WARNING");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sigterm_the_request_under_way_is_answered_and_new_ones_are_not_taken() {
    let mut process = Process::start("healthy", &[]);
    let address = process.address();
    let slow = tokio::spawn({
        let address = address.clone();
        async move { post_event(&address, SLOW).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.terminate();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        post_event(&address, ONE_EVENT).await.is_err(),
        "no new connection"
    );
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_grace_period_ends_a_drain_that_would_not_end() {
    let mut process = Process::start("healthy", &[("REELDROP_GRACE_SECONDS", "0")]);
    let address = process.address();
    let slow = tokio::spawn(async move { post_event(&address, SLOW).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.terminate();
    process.logged("the grace period is over");
    assert_eq!(process.exit_code(), Some(0));
    assert!(slow.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_taken_without_tls() {
    let mut process = Process::start("healthy", &[]);
    let address = process.address();
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let response = client
        .get(format!("{address}/readyz"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status(), response.version()),
        (StatusCode::OK, axum::http::Version::HTTP_2)
    );
}

#[test]
fn a_build_that_fails_names_the_variable_and_ends_with_status_1() {
    let mut process = Process::start("broken", &[]);
    let entry = process.logged("cannot run");
    assert_eq!(
        entry["message"],
        "obedient cannot run: environment variable REELDROP_NOT_THERE is not set"
    );
    assert_eq!(process.exit_code(), Some(1));
    let mut process = Process::start("healthy", &[("K_SINK", "broker")]);
    assert!(
        process.logged("cannot run")["message"]
            .as_str()
            .unwrap()
            .contains("K_SINK")
    );
    assert_eq!(process.exit_code(), Some(1));
}

#[test]
fn work_that_ends_by_itself_takes_the_process_with_it() {
    let mut process = Process::start("short of breath", &[]);
    process.logged("worker cannot run: the work ended by itself");
    assert_eq!(process.exit_code(), Some(1));
}

/// The Lambda runtime API: hands out the given invocations, then none, and collects the answers.
#[derive(Clone)]
struct LambdaApi {
    invocations: Arc<Mutex<Vec<Value>>>,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

async fn next(State(api): State<LambdaApi>) -> Response {
    let invocation = api.invocations.lock().unwrap().pop();
    let Some(invocation) = invocation else {
        return std::future::pending().await;
    };
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:1:function:obedient",
        ),
    ];
    (headers, invocation.to_string()).into_response()
}

async fn answer(
    State(api): State<LambdaApi>,
    Path((_request, kind)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    api.answers
        .send((kind, serde_json::from_str(&body).unwrap()))
        .unwrap();
    StatusCode::ACCEPTED
}

/// A request to a function URL, as Lambda hands it to the function (payload format 2.0).
fn invocation(number: u128) -> Value {
    let (parts, _) = binary(number).into_parts();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": headers.collect::<serde_json::Map<_, _>>(),
        "requestContext": {
            "accountId": "anonymous", "apiId": "id", "domainName": "id.lambda-url.eu-central-1.on.aws",
            "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": "id", "routeKey": "$default", "stage": "$default",
            "time": "21/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_255_200_000_u64,
        },
        "body": serde_json::to_string(&retry(number)).unwrap(),
        "isBase64Encoded": false,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_function_serves_under_the_lambda_runtime_api() {
    let (answers, mut received) = mpsc::unbounded_channel();
    let invocations = Arc::new(Mutex::new(vec![
        invocation(PERMANENT),
        invocation(ONE_EVENT),
    ]));
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{request}/{kind}",
            post(answer),
        )
        .with_state(LambdaApi {
            invocations,
            answers,
        });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, router).await });
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", api.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "obedient"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ];
    let mut process = Process::start("healthy", &variables);
    process.logged("ready under the Lambda runtime");

    let (kind, done) = received.recv().await.unwrap();
    assert_eq!(
        (kind.as_str(), &done["statusCode"]),
        ("response", &json!(200))
    );
    assert_eq!(done["headers"]["ce-type"], "io.reeldrop.retry.requested.v1");
    let data: Value = serde_json::from_str(done["body"].as_str().unwrap()).unwrap();
    assert_eq!(data, serde_json::to_value(retry(100)).unwrap());
    let (kind, failed) = received.recv().await.unwrap();
    assert_eq!(
        (kind.as_str(), &failed["statusCode"]),
        ("response", &json!(422))
    );
}
