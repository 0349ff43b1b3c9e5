//! How each Service of the manifests runs on this machine.

use std::{num::NonZero, path::PathBuf};

use super::{Options, UpError};
use crate::{
    activator::{Launch, Values, environment},
    manifests::{Service, Topology},
};

/// The Service that people talk to: it has the port that was asked for.
pub(super) const PORTAL: &str = "portal";
/// How long a function may finish its work when told to stop, seconds: what is cut off is done again.
pub(super) const GRACE_SECONDS: u64 = 5;

/// Says how to run all Services; `sink` is the broker's address.
pub(super) fn launches(
    options: &Options,
    topology: &Topology,
    values: &Values,
    sink: &str,
) -> Result<Vec<Launch>, UpError> {
    let folders = options.program_folders();
    let (cores, memory_bytes) = (cores(), memory_bytes());
    let launch = |service: &Service| {
        let sink = topology.speaks_to_broker(service).then_some(sink);
        let mut env = environment(service, values, sink)?;
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        env.push(own("REELDROP_LISTEN_ADDRESS", "127.0.0.1"));
        env.push(own("REELDROP_GRACE_SECONDS", &GRACE_SECONDS.to_string()));
        if options.verbose {
            env.push(own("REELDROP_LOG_FORMAT", "text"));
        }
        let port = (service.name() == PORTAL).then_some(options.port);
        Ok(Launch {
            name: service.name().to_owned(),
            program: find(service.name(), &folders)?,
            env,
            port,
            nice: service.nice(),
            idle: (!service.always_on()).then(|| service.idle()),
            concurrency: service.concurrency(),
            // Two cannot have one port.
            instances: port.map_or(service.instances(cores, memory_bytes), |_| 1),
        })
    };
    topology.services.values().map(launch).collect()
}

/// Cores of this machine that the runner may use.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Memory of this machine.
fn memory_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram * u64::from(info.mem_unit)
}

fn find(name: &str, folders: &[PathBuf]) -> Result<PathBuf, UpError> {
    let mut paths = folders.iter().map(|folder| folder.join(name));
    paths.find(|path| path.is_file()).ok_or_else(|| {
        let folders: Vec<_> = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        UpError::NotBuilt {
            name: name.to_owned(),
            folders: folders.join(" or "),
        }
    })
}
