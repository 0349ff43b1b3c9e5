//! The commands that talk to a portal.

mod add;
mod analysis;
mod commands;
mod events;
mod export;
mod portal;
mod progress;
mod rendition;
mod single_file;
mod title;
mod upload;

pub use add::{AddOptions, Outcome, add};
pub use analysis::{Analysis, Looking, analyze};
pub(crate) use commands::title;
pub use commands::{
    cpix, delete, export_file, export_title, import_captions, key, list, rekey, retry, rewrap, show,
};
pub use events::{EventStream, ServerEvent};
pub(crate) use portal::cause;
pub use portal::{ClientError, Portal};
pub(crate) use rendition::{Rendition, content_key, fetch, join, multivariant, unfinished};
pub use single_file::SingleFile;
pub use title::{Package, Progress, Step, Title, TitleState};
pub use upload::ContentKey;
