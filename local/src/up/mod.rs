//! `reeldrop up`: everything together, from start to orderly end.

mod error;
mod folder;
mod gateway;
mod launches;
mod news;
mod ping;
mod values;

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener as StdListener},
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

pub use error::UpError;

use crate::{
    activator::{Activator, Logs, Spawner},
    broker::{self, Broker, Subscribers},
    manifests::{ManifestFile, Topology, embedded, in_folder},
    output,
    postgres::{Cluster, Server},
    s3::Endpoint,
};
use folder::Folder;
use gateway::Gateway;
use launches::PORTAL;

/// How long deliveries under way may take to end when the runner stops.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the functions of a runner that was killed a moment ago may hold their ports.
const FREE_WITHIN: Duration = Duration::from_secs(3);

/// What `reeldrop up` was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// The portal's port; the S3 endpoint has the one after it.
    pub port: u16,
    /// A folder with `knative/base` and `triggers/base`; else the working folder or the program's own.
    pub manifests: Option<PathBuf>,
    /// An existing database instead of a private one.
    pub database_url: Option<String>,
    /// `REELDROP_PROFILE` for probe: another ladder.
    pub profile: Option<String>,
    /// The folder of models; else `models` in the data folder.
    pub models: Option<PathBuf>,
    /// `REELDROP_WHISPER_MODEL` for transcribe: another model than the best one there.
    pub whisper_model: Option<String>,
    /// `REELDROP_SPEECH_LANGUAGE` for transcribe: what is spoken, where it is not to be found out.
    pub language: Option<String>,
    /// The folder of the functions' programs; else that of this one.
    pub programs: Option<PathBuf>,
    /// Whether logs are shown on the terminal too.
    pub verbose: bool,
}

impl Options {
    /// The page's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder of models, whatever the functions' working folder is.
    fn models_folder(&self) -> PathBuf {
        let folder = self.models.clone();
        let folder = folder.unwrap_or_else(|| self.data.join("models"));
        std::path::absolute(&folder).unwrap_or(folder)
    }

    fn program_folders(&self) -> Vec<PathBuf> {
        if let Some(programs) = &self.programs {
            return vec![programs.clone()];
        }
        let own = std::env::current_exe().unwrap_or_default();
        // Tests lie one folder below the programs.
        own.ancestors()
            .skip(1)
            .take(2)
            .map(Path::to_owned)
            .collect()
    }

    fn manifest_files(&self) -> Result<Vec<ManifestFile>, UpError> {
        if let Some(folder) = &self.manifests {
            return Ok(in_folder(folder)?);
        }
        let here = Path::new(".");
        if here.join("knative/base").is_dir() && here.join("triggers/base").is_dir() {
            return Ok(in_folder(here)?);
        }
        Ok(embedded())
    }
}

/// All that runs.
struct Bundle {
    broker: Arc<Broker>,
    activator: Arc<Activator>,
    postgres: Option<Server>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    /// Held until everything has stopped.
    _folder: Folder,
}

/// Runs the bundle until it is told to stop.
///
/// # Errors
/// [`UpError`] where it cannot start, saying what to do.
pub async fn run(options: Options) -> Result<(), UpError> {
    let folder = Folder::open(&options.data)?;
    log_to(&folder, options.verbose)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut starting = pin!(Bundle::start(&options, folder));
    let started = tokio::select! {
        bundle = &mut starting => Some(bundle?),
        _ = interrupted.recv() => None,
        _ = terminated.recv() => None,
    };
    if started.is_some() {
        output::line(&format!("Reeldrop is ready: {}/", options.url()));
        output::line(&format!(
            "Drop files there, or into {}/",
            options.data.join("uploads").display()
        ));
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
    output::line("Stopping (once more to stop at once)");
    let stopping = async {
        // What has begun to start is stopped in order, too: the database may be up already.
        let bundle = match started {
            Some(bundle) => bundle,
            None => starting.await?,
        };
        bundle.stop().await;
        Ok(())
    };
    tokio::select! {
        stopped = stopping => stopped,
        // Processes end with their parent; what was under way is done again.
        _ = interrupted.recv() => Ok(()),
    }
}

impl Bundle {
    async fn start(options: &Options, folder: Folder) -> Result<Self, UpError> {
        let topology = Arc::new(Topology::of(&options.manifest_files()?)?);
        let s3_port = options
            .port
            .checked_add(1)
            .ok_or(UpError::LastPort(options.port))?;
        drop(listen(options.port, "the page").await?);
        let s3_listener = listen(s3_port, "the S3 endpoint").await?;
        let ingress = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = ingress.local_addr()?;
        let sink = format!("http://{address}/default/{}", topology.broker);
        let gateway = Gateway::bind().await?;
        let logs = Logs {
            folder: folder.join("logs"),
            show: options.verbose,
        };
        let (postgres, database_url) = database(options, &folder, &logs).await?;

        let buckets = values::buckets(&folder)?;
        let values = values::values(options, &folder, &buckets, &database_url, gateway.url())?;
        let launches = launches::launches(options, &topology, &values, &sink)?;
        let grace = Duration::from_secs(launches::GRACE_SECONDS + 1);
        let activator = Arc::new(Activator::new(launches, logs, grace)?);
        let subscribers: Arc<dyn Subscribers> = activator.clone();
        let broker = Broker::open(
            &folder.join("state/queue.redb"),
            topology.clone(),
            subscribers.clone(),
        )?;
        let broker = Arc::new(broker);
        let endpoint = Endpoint::open(buckets, subscribers.clone(), broker.clone())?;

        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stopped = || stop.clone().cancelled_owned();
        tasks.spawn(logged(broker::serve(broker.clone(), ingress, stopped())));
        tasks.spawn(logged(endpoint.serve(s3_listener, stopped())));
        let client = reqwest::Client::builder().no_proxy().build()?;
        tasks.spawn(logged(gateway.serve(&subscribers, &client, stopped())));
        for ping in &topology.pings {
            let run = ping::run(
                ping.clone(),
                broker.clone(),
                subscribers.clone(),
                client.clone(),
            );
            tasks.spawn(run);
        }
        activator.start(PORTAL).await?;
        let tended = activator.clone();
        tasks.spawn(async move { tended.tend().await });
        tasks.spawn(news::show(options.url()));
        Ok(Self {
            broker,
            activator,
            postgres,
            tasks,
            stop,
            _folder: folder,
        })
    }

    async fn stop(mut self) {
        // Functions finish what they are at, and can still say so.
        self.broker.stop(DRAIN).await;
        self.activator.stop().await;
        self.stop.cancel();
        self.tasks.shutdown().await;
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

/// The private database, or the one that was named.
async fn database(
    options: &Options,
    folder: &Folder,
    logs: &Logs,
) -> Result<(Option<Server>, String), UpError> {
    if let Some(url) = &options.database_url {
        return Ok((None, url.clone()));
    }
    let place = folder.path.clone();
    let (_, id) = folder.secret("cluster-id", 8)?;
    let opened = tokio::task::spawn_blocking(move || Cluster::open(&place, &id)).await;
    let cluster = opened.map_err(std::io::Error::other)??;
    let url = cluster.url();
    let server = Server::start(cluster, Spawner::start()?, logs.clone()).await?;
    Ok((Some(server), url))
}

async fn listen(port: u16, purpose: &'static str) -> Result<TcpListener, UpError> {
    let bind = || {
        // What std binds can be bound again at once after a kill (SO_REUSEADDR).
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    let end = Instant::now() + FREE_WITHIN;
    loop {
        match bind() {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < end => {
                sleep(Duration::from_millis(20)).await;
            }
            Err(source) => {
                return Err(UpError::Port {
                    port,
                    purpose,
                    source,
                });
            }
        }
    }
}

async fn logged(serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(%error, "an address is no longer served");
    }
}

/// Logs of the runner itself: a file of their own, beside those of the functions.
fn log_to(folder: &Folder, verbose: bool) -> std::io::Result<()> {
    use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("logs/reeldrop.log"))?;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,reeldrop=info"));
    let to_file = fmt::layer()
        .with_ansi(false)
        .with_writer(std::sync::Mutex::new(file));
    let to_terminal = verbose.then(|| fmt::layer().with_writer(std::io::stderr));
    let registry = tracing_subscriber::registry()
        .with(filter)
        .with(to_file)
        .with(to_terminal);
    // In tests several bundles share one process, and the first one's log.
    drop(registry.try_init());
    Ok(())
}
