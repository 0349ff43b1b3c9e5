#![doc = include_str!("../README.md")]

mod alike;
mod asset;
mod captions;
mod changes;
mod database_url;
mod detections;
mod error;
mod key_store;
mod list;
mod master_key;
mod pool;
mod progress;
mod publication;
mod rows;
mod search;
mod show;
mod state;
#[cfg(feature = "testing")]
pub mod testing;

pub use alike::{Alike, Likeness};
pub use asset::{Asset, AssetDetail, DeadLetter, Package, Pictures, PublishedRendition};
pub use captions::{Caption, Transcript, TranscriptState};
pub use changes::{CHANNEL, Change};
pub use database_url::database_url;
pub use detections::{Analysis, AnalysisState, ListDetections, NumberedDetection, Sighting};
pub use error::CatalogError;
pub use key_store::{ContentKey, KeyStore, Rewrapped};
pub use list::{AssetPage, ListAssets};
pub use master_key::MasterKey;
pub use pool::{Catalog, Connection};
pub use progress::{Progress, StepProgress};
pub use publication::{Publication, PublicationRendition, PublishLock, RenditionKind};
pub use search::{Found, Moment, Named};
pub use state::{AssetState, PackageState, UnknownState};
