//! The commands that talk to a portal.

mod add;
mod commands;
mod events;
mod export;
mod portal;
mod progress;
mod title;
mod upload;

pub use add::{AddOptions, Outcome, add};
pub use commands::{delete, export_title, import_captions, key, list, rekey, retry, show};
pub use events::{EventStream, ServerEvent};
pub use portal::{ClientError, Portal};
pub use title::{Package, Progress, Step, Title, TitleState};
pub use upload::ContentKey;
