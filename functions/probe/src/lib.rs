#![doc = include_str!("../README.md")]

mod checks;
mod color;
mod config;
mod discover;
mod error;
mod frames;
mod loudness;
mod name;
mod opened;
mod packets;
mod plan;
mod rejection;
mod request;
mod sound;
mod source;
mod streams;
mod timing;
mod trial;
mod video;

use std::{sync::Arc, time::Duration};

use reeldrop_events::{
    AnalysisMode, AssetId, Events, MediaProbed, MediaRejected, Payload, Plan, Scheme, Source,
    UploadFinalized,
};
use reeldrop_media::Profile;
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Location, Store};

pub use config::ConfigError;
pub use discover::{Discovered, discover};
pub use error::Error;
pub use plan::{parts, plan};
pub use rejection::Rejection;

/// Longest time spent on one file before it is tried again, below the trigger's timeout: how much is
/// read and decoded of a file is counted, so that a rejection comes within five seconds.
const PATIENCE: Duration = Duration::from_secs(45);

/// The function: what it needs is its fields.
#[derive(Clone)]
pub struct Probe {
    store: Store,
    profile: Arc<Profile>,
}

impl Probe {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the variable that does not fit.
    pub async fn from_env() -> Result<Self, ConfigError> {
        let profile = config::profile()?;
        reeldrop_media::init().map_err(ConfigError::Media)?;
        Ok(Self::new(Store::from_env().await?, profile))
    }

    /// Makes the function from its parts.
    #[must_use]
    pub fn new(store: Store, profile: Profile) -> Self {
        Self {
            store,
            profile: Arc::new(profile),
        }
    }

    async fn look_at(&self, source: &Source) -> Result<Seen, Error> {
        let at = Location::from(source);
        let info = self.store.head(&at).await?.ok_or(Rejection::Gone)?;
        if info.size_bytes != source.size_bytes {
            return Err(Rejection::Gone.into());
        }
        let scheme = request::scheme(&info.metadata)?;
        let analysis_mode = request::analysis_mode(&info.metadata)?;
        let reader = self.store.reader(at, source.size_bytes);
        let reader = source::Object::new(reader.of_version(&source.version));
        let profile = Arc::clone(&self.profile);
        let found = blocking(move || discover(Arc::new(reader), &profile, PATIENCE)).await;
        Ok(Seen {
            name: name::of(&info.metadata),
            found: found.map_err(Error::Panicked)??,
            scheme,
            analysis_mode,
        })
    }
}

/// What there is to say of an upload.
struct Seen {
    name: Option<String>,
    found: Discovered,
    scheme: Scheme,
    analysis_mode: Option<AnalysisMode>,
}

impl Function for Probe {
    const NAME: &'static str = "probe";
    type Input = UploadFinalized;

    async fn handle(&self, upload: UploadFinalized) -> Result<Events, Failure> {
        let asset = upload.asset();
        match self.look_at(&upload.source).await {
            Ok(Seen {
                name,
                found: Discovered { media, keys_ns },
                scheme,
                analysis_mode,
            }) => {
                let plan = Plan {
                    analysis_mode,
                    ..plan(&media, &keys_ns, &self.profile, scheme)
                };
                Ok(probed(MediaProbed {
                    asset,
                    source: upload.source,
                    name,
                    media,
                    plan,
                }))
            }
            Err(Error::Rejected(rejection)) => Ok(rejected(asset, upload.source, &rejection)),
            Err(error) => Err(error.into()),
        }
    }
}

fn probed(probed: MediaProbed) -> Events {
    let parts = parts(&probed);
    parts
        .into_iter()
        .fold(Events::of(&probed), |events, part| match part {
            plan::Part::Audio(planned) => events.and(planned.as_ref()),
            plan::Part::Chunk(planned) => events.and(planned.as_ref()),
        })
}

fn rejected(asset: AssetId, source: Source, rejection: &Rejection) -> Events {
    Events::of(&MediaRejected {
        asset,
        source,
        reason: rejection.to_string(),
    })
}
