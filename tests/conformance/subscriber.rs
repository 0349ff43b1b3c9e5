//! The subscriber of all Triggers: it answers as the case of an event says, and notes what came.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::post,
};
use reeldrop::broker::Event;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::sleep};

use crate::cases::Answer;

/// Longer than the Triggers' shorter timeout.
const SILENCE: Duration = Duration::from_millis(1_500);

/// One event that came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) event: Event,
    pub(crate) at: Instant,
}

#[derive(Clone, Default)]
struct Notes {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<HashMap<String, &'static [Answer]>>>,
    /// How long an event of this id is handled.
    takes: Arc<Mutex<HashMap<String, Duration>>>,
}

/// A subscriber that can be stopped and started again on the same address.
pub(crate) struct Subscriber {
    pub(crate) address: SocketAddr,
    notes: Notes,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Subscriber {
    /// Listens on `address`.
    pub(crate) async fn start(address: SocketAddr) -> Self {
        let mut subscriber = Self {
            address,
            notes: Notes::default(),
            running: None,
        };
        subscriber.restart().await;
        subscriber
    }

    /// Listens again.
    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/{path}", post(handle))
            .with_state(self.notes.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                // A dropped sender is a stop as well.
                drop(stopped.await);
            };
            let server = axum::serve(listener, router).with_graceful_shutdown(stopped);
            server.await.unwrap();
        });
        self.running = Some((stop, serving));
    }

    /// As a function does on SIGTERM: takes nothing new, answers what is under way, ends.
    pub(crate) async fn terminate(&mut self) {
        let (stop, serving) = self.running.take().unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap();
    }

    /// Says how the event of this id is answered.
    pub(crate) fn answer(&self, id: &str, answers: &'static [Answer]) {
        self.notes
            .answers
            .lock()
            .unwrap()
            .insert(id.to_owned(), answers);
    }

    /// Says how long the event of this id is handled.
    pub(crate) fn takes(&self, id: &str, time: Duration) {
        self.notes.takes.lock().unwrap().insert(id.to_owned(), time);
    }

    /// What came of this event to this Trigger, or as a dead letter.
    pub(crate) fn seen(&self, path: &str, id: &str) -> Vec<Seen> {
        let seen = self.notes.seen.lock().unwrap();
        let wanted = |seen: &&Seen| seen.path == path && seen.event.attribute("id") == Some(id);
        seen.iter().filter(wanted).cloned().collect()
    }

    /// The Triggers that got this event.
    pub(crate) fn paths(&self, id: &str) -> Vec<String> {
        let seen = self.notes.seen.lock().unwrap();
        let wanted = |seen: &&Seen| seen.event.attribute("id") == Some(id);
        seen.iter()
            .filter(wanted)
            .map(|seen| seen.path.clone())
            .collect()
    }
}

async fn handle(
    State(notes): State<Notes>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Some(event)) = Event::from_http(&headers, &body) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let id = event.attribute("id").unwrap_or_default().to_owned();
    let attempt = {
        let mut seen = notes.seen.lock().unwrap();
        let same = |seen: &&Seen| seen.path == path && seen.event.attribute("id") == Some(&id);
        let attempt = seen.iter().filter(same).count();
        seen.push(Seen {
            path: path.clone(),
            event,
            at: Instant::now(),
        });
        attempt
    };
    let takes = notes.takes.lock().unwrap().get(&id).copied();
    sleep(takes.unwrap_or_default()).await;
    let answers = notes.answers.lock().unwrap().get(&id).copied();
    let of_trigger = !matches!(path.as_str(), "dead-letter" | "replied");
    match answers.filter(|_| of_trigger) {
        Some(answers) => answer(answers[attempt.min(answers.len() - 1)], &id).await,
        None => status(StatusCode::NO_CONTENT),
    }
}

fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

async fn answer(answer: Answer, id: &str) -> Response {
    let code = |code: u16| StatusCode::from_u16(code).unwrap();
    match answer {
        Answer::Status(of) => status(code(of)),
        Answer::Text(of, text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = code(of);
            response
        }
        Answer::Event(of, ty) => {
            let event = Event::new(ty, "/conformance", &format!("{id}-reply"));
            let mut response = Response::new(Body::from("{}"));
            response
                .headers_mut()
                .extend(event.with_data("application/json", "{}").headers());
            *response.status_mut() = code(of);
            response
        }
        Answer::Silence => {
            sleep(SILENCE).await;
            status(StatusCode::NO_CONTENT)
        }
    }
}
