//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    client::{self, AddOptions, ClientError, ContentKey, Outcome, Portal, SingleFile},
    models,
    package::{self, Package},
    up,
};

const EXAMPLES: &str = "Examples:
  reeldrop up                          start everything; data in ./data, page on port 8080
  reeldrop add holiday.mp4             upload, wait until it plays, print where
  reeldrop add --json *.mov            one line of JSON for each file
  reeldrop list                        all titles
  reeldrop models pull                 what captions and detections need
  reeldrop export ID folder            the published DASH and HLS as files
  reeldrop package film.mp4 --out dir  encrypted DASH and HLS of a file, without any service
  reeldrop rekey ID --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749

Exit status: 0 all well, 2 a file was rejected, 3 something failed, 4 the service cannot be reached.";

const ADD_EXAMPLES: &str = "Examples:
  reeldrop add clip.mp4
  reeldrop add --scheme cenc --key 87237d20a19f58a740c05684e699b4aa --kid a16e402b9056e371f36d348aa62bb749 clip.mp4
  reeldrop add --json *.mov | jq -r .watch

With --json each file gives one line:
  {\"file\",\"asset\",\"state\",\"reason\",\"duration_ms\",\"hls\",\"dash\",\"watch\",\"first_playable_ms\",\"ready_ms\"}
first_playable_ms and ready_ms count from the start of the file's upload.

Exit status: 0 all ready, 2 one rejected, 3 one failed, 4 the service cannot be reached.";

const EXPORT_EXAMPLES: &str = "Examples:
  reeldrop export ID folder
  reeldrop export ID --single-file -o film.mp4
  reeldrop export ID --single-file --encrypted --rendition h264-360p --audio audio-1 -o film.mp4";

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
    #[command(after_help = ADD_EXAMPLES)]
    Add(Add),
    /// List titles, the newest first.
    List(Common),
    /// Show a title.
    Show(One),
    /// Run what failed of a title again.
    Retry(One),
    /// Encrypt a title again under another key, without encoding it again.
    Rekey(Rekey),
    /// Delete a title: its files, its upload, its keys.
    Delete(One),
    /// Save the published tree of a title as files, or the title as one MP4.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// Print the key and the key id of a title, in hex.
    Key(One),
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

#[derive(Debug, Subcommand)]
enum Captions {
    /// Take a SubRip or WebVTT file in place of the captions in its language.
    Import(ImportCaptions),
}

#[derive(Debug, Args)]
struct ImportCaptions {
    /// Id of the title.
    id: String,
    /// The file (.srt or .vtt).
    file: PathBuf,
    /// Language of the captions, such as en or pt-BR.
    #[arg(long, value_name = "TAG")]
    language: String,
    /// Name to show in a menu; the language's own name by default.
    #[arg(long)]
    label: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Up {
    /// The folder that everything is kept in.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "data",
        env = "REELDROP_DATA"
    )]
    data: PathBuf,
    /// The page's port; the S3 endpoint has the one after it.
    #[arg(long, default_value_t = 8080, env = "REELDROP_PORT")]
    port: u16,
    /// A folder with knative/base and triggers/base; by default the working folder, or the program's own.
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// An existing PostgreSQL database instead of a private one.
    #[arg(
        long,
        value_name = "URL",
        env = "REELDROP_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    /// The ladder profile to encode with.
    #[arg(long, env = "REELDROP_PROFILE")]
    profile: Option<String>,
    /// The folder of models; by default `models` in the data folder.
    #[arg(long, value_name = "DIR", env = "REELDROP_MODELS")]
    models: Option<PathBuf>,
    /// The speech model: its name (`reeldrop models list`) or its file; by default the best one there.
    #[arg(long, value_name = "MODEL", env = "REELDROP_WHISPER_MODEL")]
    whisper_model: Option<String>,
    /// The language that is spoken, such as `en`; found out by default.
    #[arg(long, value_name = "TAG", env = "REELDROP_SPEECH_LANGUAGE")]
    language: Option<String>,
    /// The folder of the functions' programs; by default that of this program.
    #[arg(long, value_name = "DIR", hide = true)]
    programs: Option<PathBuf>,
    /// Show the logs of all programs on the terminal too.
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Args)]
struct Common {
    /// Address of the portal.
    #[arg(long, env = "REELDROP_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct One {
    /// Id of the title.
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Add {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Content key: 16 bytes in hex or base64url; made where it is left out.
    #[arg(long, requires = "kid", env = "REELDROP_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Key id: 16 bytes in hex or base64url.
    #[arg(long, requires = "key")]
    kid: Option<String>,
    /// How to encrypt; cbcs by default.
    #[arg(long)]
    scheme: Option<Scheme>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Rekey {
    /// Id of the title.
    id: String,
    /// Content key: 16 bytes in hex or base64url.
    #[arg(long, env = "REELDROP_KEY", hide_env_values = true)]
    key: String,
    /// Key id: 16 bytes in hex or base64url.
    #[arg(long)]
    kid: String,
    /// How to encrypt; as the title is now where it is left out.
    #[arg(long)]
    scheme: Option<Scheme>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Export {
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scheme {
    Cbcs,
    Cenc,
    None,
}

impl Scheme {
    fn text(self) -> String {
        match self {
            Self::Cbcs => "cbcs",
            Self::Cenc => "cenc",
            Self::None => "none",
        }
        .to_owned()
    }
}

/// Runs the command.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Up(up) => return start(up).await,
        Command::Models(command) => return models::run(command).await,
        Command::Add(add) => return add_files(add).await,
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
        Command::Key(one) => {
            one.run(async |portal, id, json| client::key(portal, id, json).await)
                .await
        }
        Command::Captions(Captions::Import(import)) => import.run().await,
        Command::Keys(Keys::Rewrap(common)) => match Portal::new(&common.url) {
            Ok(portal) => client::rewrap(&portal, common.json).await,
            Err(error) => Err(error),
        },
        Command::Rekey(Rekey {
            id,
            key,
            kid,
            scheme,
            common,
        }) => {
            let key = ContentKey {
                key: Some(key),
                kid: Some(kid),
                scheme: scheme.map(Scheme::text),
            };
            let one = One { id, common };
            one.run(async |portal, id, json| client::rekey(portal, id, &key, json).await)
                .await
        }
        Command::Export(export) => export.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reeldrop: {error}");
            ExitCode::from(Outcome::of_error(&error).exit_code())
        }
    }
}

impl ImportCaptions {
    async fn run(self) -> Result<(), ClientError> {
        let one = One {
            id: self.id,
            common: self.common,
        };
        let captions = (
            self.file.as_path(),
            self.language.as_str(),
            self.label.as_deref(),
        );
        one.run(async |portal, id, json| client::import_captions(portal, id, captions, json).await)
            .await
    }
}

impl One {
    async fn run(
        self,
        command: impl AsyncFnOnce(&Portal, &str, bool) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let portal = Portal::new(&self.common.url)?;
        command(&portal, &self.id, self.common.json).await
    }
}

impl Export {
    async fn run(self) -> Result<(), ClientError> {
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

async fn add_files(add: Add) -> ExitCode {
    let portal = match Portal::new(&add.common.url) {
        Ok(portal) => portal,
        Err(error) => {
            eprintln!("reeldrop: {error}");
            return ExitCode::from(Outcome::of_error(&error).exit_code());
        }
    };
    let key = ContentKey {
        key: add.key,
        kid: add.kid,
        scheme: add.scheme.map(Scheme::text),
    };
    let options = AddOptions {
        files: add.files,
        key,
        json: add.common.json,
    };
    ExitCode::from(client::add(&portal, &options).await.exit_code())
}

async fn start(up: Up) -> ExitCode {
    let options = up::Options {
        data: up.data,
        port: up.port,
        manifests: up.manifests,
        database_url: up.database_url,
        profile: up.profile,
        models: up.models.filter(|folder| !folder.as_os_str().is_empty()),
        whisper_model: up.whisper_model,
        language: up.language,
        programs: up.programs,
        verbose: up.verbose,
    };
    match up::run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reeldrop: {error}");
            ExitCode::FAILURE
        }
    }
}
