//! The whole life of a function's process.

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, ensure};
use axum::{Router, middleware, serve::ListenerExt};
use tokio::{net::TcpListener, runtime::Runtime, select, task::JoinHandle};

use crate::{
    Function, Publisher, config::Settings, drain, handler, health, metrics, spans, telemetry,
};

/// Requests only wait; what computes has threads of its own.
const WORKER_THREADS: usize = 2;

/// Runs a function until it is told to stop: HTTP on `PORT`, or AWS Lambda where its runtime API is there.
///
/// The socket opens once `build` is done, so that the first event finds everything ready. Where
/// `build` fails, the process ends with status 1 and a line that says why.
pub fn serve<F, B, Fut>(build: B) -> ExitCode
where
    B: FnOnce(Publisher) -> Fut,
    Fut: Future<Output = anyhow::Result<F>>,
    F: Function,
{
    live(F::NAME, async |publisher: Publisher| {
        let function = build(publisher.clone()).await?;
        Ok(Life::of(handler::router(function, publisher)))
    })
}

/// Runs a plain HTTP service with a function's health, metrics, logs and orderly end.
pub fn serve_http<B, Fut>(name: &'static str, build: B) -> ExitCode
where
    B: FnOnce(Publisher) -> Fut,
    Fut: Future<Output = anyhow::Result<Router>>,
{
    live(name, async |publisher| {
        let service = build(publisher)
            .await?
            .layer(middleware::from_fn(metrics::measure));
        Ok(Life::of(service.merge(health::router())))
    })
}

/// Runs work that fetches its events itself, with a function's health, metrics, logs and orderly end.
///
/// What `build` returns goes on until [`draining`](crate::draining) resolves, and ends when what it has
/// in hand is done: the process waits for it within the grace period. Work that ends before takes the
/// process with it, so that it is started again.
pub fn serve_work<B, Fut, W>(name: &'static str, build: B) -> ExitCode
where
    B: FnOnce(Publisher) -> Fut,
    Fut: Future<Output = anyhow::Result<W>>,
    W: Future<Output = ()> + Send + 'static,
{
    live(name, async |publisher| {
        let work = build(publisher).await?;
        Ok(Life {
            router: health::router(),
            work: tokio::spawn(work),
        })
    })
}

/// What goes on in a process until it is told to stop.
struct Life {
    router: Router,
    /// Work of its own, beside requests.
    work: JoinHandle<()>,
}

impl Life {
    /// Requests alone.
    fn of(router: Router) -> Self {
        Self {
            router,
            work: tokio::spawn(drain::draining()),
        }
    }
}

fn live(
    name: &'static str,
    build: impl AsyncFnOnce(Publisher) -> anyhow::Result<Life>,
) -> ExitCode {
    let started = Instant::now();
    telemetry::install();
    match run(name, build, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = name, "{name} cannot run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    name: &'static str,
    build: impl AsyncFnOnce(Publisher) -> anyhow::Result<Life>,
    started: Instant,
) -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    let publisher = Publisher::from_env(name)?;
    metrics::install();
    let runtime = runtime()?;
    spans::install(name, runtime.handle())?;
    let end = runtime.block_on(async {
        let life = build(publisher).await?;
        if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
            return crate::lambda::run(name, life.router).await;
        }
        listen(name, life, &settings, started).await
    });
    spans::finish();
    // Work on blocking threads that outlived the grace period must not hold up the end.
    runtime.shutdown_background();
    end
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start threads")
}

async fn listen(
    name: &'static str,
    life: Life,
    settings: &Settings,
    started: Instant,
) -> anyhow::Result<()> {
    drain::watch_signals()?;
    tokio::spawn(metrics::upkeep());
    let address = (settings.listen_address.as_str(), settings.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {}:{}", address.0, address.1))?;
    let port = listener.local_addr()?.port();
    let startup_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(function = name, port, startup_ms, "ready");
    // Small responses to small requests: waiting for more to send only adds delay.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, life.router).with_graceful_shutdown(drain::draining());
    let served = async { server.await.context("cannot serve") };
    let worked = async {
        life.work.await.context("the work broke off")?;
        ensure!(drain::begun(), "the work ended by itself");
        Ok(())
    };
    let overdue = async {
        drain::draining().await;
        tokio::time::sleep(settings.grace).await;
    };
    select! {
        end = async { tokio::try_join!(served, worked) } => {
            end?;
            tracing::info!(function = name, "stopped");
        }
        () = overdue => tracing::warn!(function = name, "stopped with requests under way: the grace period is over"),
    }
    Ok(())
}
