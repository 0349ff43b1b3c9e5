//! `reeldrop compare`: what Reeldrop sees beside what the Cloud Vision API sees, on some frames of a title.
//!
//! The one command that sends a title's pictures to somebody else: it does nothing without a key, tells
//! what it will send and cost, and asks.

mod agree;
mod answer;
mod labels;
mod picture;
mod price;
mod report;
mod request;
mod seen;
mod vision;

use std::io::{self, BufRead, IsTerminal};

use clap::{Args, value_parser};
use tokio::task::spawn_blocking;

use self::{
    picture::{Picture, Pictures},
    price::Usd,
    report::Report,
    seen::Moment,
    vision::Vision,
};
use crate::{
    cli::Common,
    client::{self, ClientError, Portal, Title},
    output,
};

pub(crate) const EXAMPLES: &str = "Examples:
  REELDROP_VISION_KEY=$(cat key) reeldrop compare ID
  REELDROP_VISION_TOKEN=$(gcloud auth print-access-token) reeldrop compare ID --faces --yes
  reeldrop compare ID --frames 200 --budget 1 --yes --json | jq '.labels[]'

Frames leave this machine: they go to Google's Cloud Vision API, as JPEGs of at most 640 pixels.
Nothing is sent without REELDROP_VISION_KEY (an API key) or REELDROP_VISION_TOKEN (an OAuth access
token), without a yes, or over the budget.

Exit status: 0 all well, 3 something failed or was not agreed to, 4 the service cannot be reached.";

/// What `compare` is asked for.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Id of the title.
    id: String,
    /// How many frames, spread over the title.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u32).range(1..=1_000))]
    frames: u32,
    /// Compare faces, too.
    #[arg(long)]
    faces: bool,
    /// The most that it may cost, US dollars.
    #[arg(long, value_name = "USD", default_value = "0.50")]
    budget: Usd,
    /// Send the frames without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub(crate) async fn run(asked: &Compare) -> Result<(), ClientError> {
    let vision = Vision::from_env()?;
    let portal = Portal::new(&asked.common.url)?;
    let title = client::title(&portal, &asked.id).await?;
    let moments = seen::moments(&portal, &title, asked.frames, asked.faces).await?;
    let price = price::estimate(moments.len(), asked.faces);
    eprintln!(
        "{} frames of {} go to {}: at most {price}",
        moments.len(),
        output::plain(&title.file),
        vision.host()
    );
    if price > asked.budget {
        return Err(ClientError::Failed(format!(
            "that is more than the budget of {}; nothing was sent. Ask for fewer --frames, or name a larger --budget",
            asked.budget
        )));
    }
    if !asked.yes {
        agreed().await?;
    }
    let pictures = pictures(&portal, &title, &moments).await?;
    let mut report = Report::new(&title, asked.faces)?;
    let looked = look(&vision, &moments, &pictures, &mut report).await;
    // What was paid for is told whatever became of the rest.
    if looked.is_ok() || report.has_answers() {
        match asked.common.json {
            true => output::json(&report.json()),
            false => report.lines().iter().for_each(|line| output::line(line)),
        }
    }
    match looked {
        Err(error) if report.cost() == Usd::NOTHING => Err(error),
        Err(error) => Err(ClientError::Failed(format!(
            "{error} (before that, at most {} was spent; a request that was not answered may be charged, too)",
            report.cost()
        ))),
        Ok(()) if !report.has_answers() => Err(ClientError::Failed(
            "none of the frames was looked at; why is said above".to_owned(),
        )),
        Ok(()) => Ok(()),
    }
}

/// Has Vision look at all pictures, request by request.
async fn look(
    vision: &Vision,
    moments: &[Moment],
    pictures: &[Picture],
    report: &mut Report,
) -> Result<(), ClientError> {
    let mut left = moments;
    for batch in request::batches(pictures) {
        let (now, later) = left.split_at(batch.len());
        left = later;
        let answered = vision.annotate(batch, report.with_faces()).await?;
        report.request(answered.latency, answered.retries);
        for (moment, image) in now.iter().zip(answered.images) {
            report.add(moment, image);
        }
    }
    Ok(())
}

async fn pictures(
    portal: &Portal,
    title: &Title,
    moments: &[Moment],
) -> Result<Vec<Picture>, ClientError> {
    let mut source = Pictures::open(portal, title).await?;
    let mut pictures = Vec::with_capacity(moments.len());
    for moment in moments {
        pictures.push(source.at(moment.time_ms).await?);
    }
    Ok(pictures)
}

/// Asks whoever is at the terminal; who is not must have said yes before.
async fn agreed() -> Result<(), ClientError> {
    if !io::stdin().is_terminal() {
        return Err(ClientError::Failed(
            "frames of the title leave this machine; say --yes to send them. Nothing was sent"
                .to_owned(),
        ));
    }
    eprint!("Frames of the title leave this machine. Send them? [y/N] ");
    let answer = spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(ClientError::Failed("nothing was sent".to_owned())),
    }
}
