//! The commands that talk to a portal.

mod add;
mod commands;
mod events;
mod export;
mod portal;
mod progress;
mod single_file;
mod title;
mod upload;

pub use add::{AddOptions, Outcome, add};
pub use commands::{
    delete, export_file, export_title, import_captions, key, list, rekey, retry, rewrap, show,
};
pub use events::{EventStream, ServerEvent};
pub use portal::{ClientError, Portal};
pub use single_file::SingleFile;
pub use title::{Package, Progress, Step, Title, TitleState};
pub use upload::ContentKey;
