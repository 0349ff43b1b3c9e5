//! `reeldrop export`.

use std::path::PathBuf;

use clap::Args;

use super::one::Common;
use crate::client::{self, ClientError, Portal, SingleFile};

pub(super) const EXAMPLES: &str = "Examples:
  reeldrop export ID folder
  reeldrop export ID --single-file -o film.mp4
  reeldrop export ID --single-file --encrypted --rendition h264-360p --audio audio-1 -o film.mp4";

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Id of the title.
    id: String,
    /// The folder for the files.
    #[arg(
        value_name = "DIR",
        required_unless_present = "single_file",
        conflicts_with = "single_file"
    )]
    folder: Option<PathBuf>,
    /// One MP4 of a picture and a sound instead, decrypted.
    #[arg(long, requires = "output")]
    single_file: bool,
    /// Leave the MP4 encrypted.
    #[arg(long, requires = "single_file")]
    encrypted: bool,
    /// The MP4; - for standard output.
    #[arg(long, short, value_name = "FILE", requires = "single_file")]
    output: Option<PathBuf>,
    /// The picture of the MP4, by its folder's name; the best by default.
    #[arg(long, value_name = "NAME", requires = "single_file")]
    rendition: Option<String>,
    /// The sound of the MP4, by its folder's name; the default one by default.
    #[arg(long, value_name = "NAME", requires = "single_file")]
    audio: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let portal = Portal::new(&self.common.url)?;
        let (id, json) = (self.id.as_str(), self.common.json);
        match (self.folder, self.output) {
            (Some(folder), _) => client::export_title(&portal, id, &folder, json).await,
            (None, output) => {
                let wanted = SingleFile {
                    output: output.unwrap_or_else(|| PathBuf::from("-")),
                    encrypted: self.encrypted,
                    rendition: self.rendition,
                    audio: self.audio,
                };
                client::export_file(&portal, id, &wanted, json).await
            }
        }
    }
}
