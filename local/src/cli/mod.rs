//! The command line.

mod add;
mod analyze;
mod captions;
mod export;
mod key;
mod one;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use self::one::Common;
use self::{
    add::Add,
    analyze::Analyze,
    captions::Captions,
    export::Export,
    key::{Key, Rekey},
    one::One,
    up::Up,
};
use crate::{
    client::{self, Outcome, Portal},
    compare::{self, Compare},
    models,
    package::{self, Package},
};

const EXAMPLES: &str = "Examples:
  reeldrop up                          start everything; data in ./data, page on port 8080
  reeldrop add holiday.mp4             upload, wait until it plays, print where
  reeldrop add --json *.mov            one line of JSON for each file
  reeldrop list                        all titles
  reeldrop models pull                 what captions and detections need
  reeldrop analyze ID --realtime       look at what is seen again, as fast as it plays
  reeldrop export ID folder            the published DASH and HLS as files
  reeldrop compare ID                  what is seen beside what Cloud Vision sees; off without a key
  reeldrop package film.mp4 --out dir  encrypted DASH and HLS of a file, without any service
  reeldrop rekey ID --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749

Exit status: 0 all well, 2 a file was rejected, 3 something failed, 4 the service cannot be reached.";

/// Drop a video, get an encrypted title that plays.
#[derive(Debug, Parser)]
#[command(name = "reeldrop", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on this machine, until Ctrl-C.
    Up(Up),
    /// Upload files and wait until they are ready.
    #[command(after_help = add::EXAMPLES)]
    Add(Add),
    /// List titles, the newest first.
    List(Common),
    /// Show a title.
    Show(One),
    /// Run what failed of a title again.
    Retry(One),
    /// Look at a title again: with other models, thoroughly, or as fast as it plays.
    #[command(after_help = analyze::EXAMPLES)]
    Analyze(Analyze),
    /// Encrypt a title again under another key, without encoding it again.
    Rekey(Rekey),
    /// Delete a title: its files, its upload, its keys.
    Delete(One),
    /// Save the published tree of a title as files, or the title as one MP4.
    #[command(after_help = export::EXAMPLES)]
    Export(Export),
    /// Compare what is seen in a title with what Google's Cloud Vision API sees; costs money.
    #[command(after_help = compare::EXAMPLES)]
    Compare(Compare),
    /// Print the key and the key id of a title, in hex.
    Key(Key),
    /// All content keys, for who runs the service.
    #[command(subcommand)]
    Keys(Keys),
    /// Captions that a person brings.
    #[command(subcommand)]
    Captions(Captions),
    /// Models for speech: list, fetch, check.
    #[command(subcommand)]
    Models(models::Command),
    /// Make encrypted DASH and HLS of MP4 files, without any service.
    #[command(after_help = package::EXAMPLES)]
    Package(Box<Package>),
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Wrap keys again that an earlier master key has wrapped.
    ///
    /// The first line of the master key's file wraps, the lines below it only unwrap. See
    /// docs/operations/keys.md.
    Rewrap(Common),
}

/// Runs the command.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Up(up) => return up.run().await,
        Command::Models(command) => return models::run(command).await,
        Command::Add(add) => return add.run().await,
        Command::Package(asked) => return package::run(&asked),
        Command::List(common) => match Portal::new(&common.url) {
            Ok(portal) => client::list(&portal, common.json).await,
            Err(error) => Err(error),
        },
        Command::Show(one) => {
            one.run(async |portal, id, json| client::show(portal, id, json).await)
                .await
        }
        Command::Retry(one) => {
            one.run(async |portal, id, json| client::retry(portal, id, json).await)
                .await
        }
        Command::Delete(one) => {
            one.run(async |portal, id, json| client::delete(portal, id, json).await)
                .await
        }
        Command::Key(key) => key.run().await,
        Command::Captions(captions) => captions.run().await,
        Command::Keys(Keys::Rewrap(common)) => match Portal::new(&common.url) {
            Ok(portal) => client::rewrap(&portal, common.json).await,
            Err(error) => Err(error),
        },
        Command::Analyze(analyze) => analyze.run().await,
        Command::Rekey(rekey) => rekey.run().await,
        Command::Export(export) => export.run().await,
        Command::Compare(asked) => compare::run(&asked).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reeldrop: {error}");
            ExitCode::from(Outcome::of_error(&error).exit_code())
        }
    }
}
