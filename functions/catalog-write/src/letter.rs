//! Dead letters: events that a function could not take, as often as the broker tried.

use base64::{Engine, engine::general_purpose::STANDARD};
use cloudevents::{AttributesReader, Data, Event};
use deadpool_postgres::Transaction;
use reeldrop_events::{
    AnalysisPlanned, AssetAdvanced, AssetId, AudioPlanned, AudioRepackagePlanned, AudioTranscoded,
    CaptionsImported, CaptionsPlanned, ChunkPlanned, ChunkRepackagePlanned, ChunkTranscoded,
    ClosedCaptionsPlanned, DecodeError, DetectionsPlanned, Incoming, ManifestsPlanned, Payload,
    PicturesPlanned, ReanalysisPlanned, SpeechPlanned, SubtitlesPlanned,
};
use reeldrop_runtime::Failure;

use crate::{
    CatalogWrite, Error, analysis,
    failure::{self, About, is_essential},
    settle::settle,
    speech,
    title::Title,
};

/// What is kept of a function's answer, characters.
const MAX_REASON: usize = 500;

const KEEP: &str = "
    insert into dead_letters (source, id, step, asset, type, event, package, kind, rendition, index,
                              essential, code, reason, destination)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    on conflict (source, id, step) do update
    set code = excluded.code, reason = excluded.reason, failed_at = now()";

/// An event that a function could not take.
#[derive(Clone, Debug)]
pub struct Letter {
    source: String,
    id: String,
    ty: String,
    asset: Option<AssetId>,
    about: About,
    step: String,
    code: Option<i32>,
    reason: String,
    destination: String,
    event: serde_json::Value,
}

impl Letter {
    /// Reads a dead letter; the event in it may be anything.
    pub(crate) fn of(event: &Event) -> Result<Self, DecodeError> {
        let attribute = |name| event.extension(name).map(ToString::to_string);
        let destination = attribute("knativeerrordest").unwrap_or_default();
        let step = step(&destination).unwrap_or_else(|| consumer(event.ty()).to_owned());
        let code = attribute("knativeerrorcode").and_then(|code| code.parse().ok());
        let answer = attribute("knativeerrordata").map(|data| readable(&data));
        Ok(Self {
            source: event.source().to_owned(),
            id: event.id().to_owned(),
            ty: event.ty().to_owned(),
            asset: event.subject().and_then(|subject| subject.parse().ok()),
            about: about(event),
            reason: sentence(&step, code, answer.as_deref().unwrap_or_default()),
            step,
            code,
            destination,
            event: serde_json::to_value(with_json(event.clone()))?,
        })
    }

    /// Whether it asked for a poster alone, which a title can do without.
    fn is_first_poster(&self) -> bool {
        self.ty == PicturesPlanned::TYPE
            && self.event.pointer("/data/complete") == Some(&serde_json::Value::Bool(false))
    }

    /// Whether it asked to listen: other captions change nothing about what was heard.
    fn is_about_speech(&self) -> bool {
        let others = [
            CaptionsImported::TYPE,
            SubtitlesPlanned::TYPE,
            ClosedCaptionsPlanned::TYPE,
        ];
        !others.contains(&self.ty.as_str())
    }

    /// The request to look that it belongs to, where it is about that.
    fn revision(&self) -> u32 {
        let at = |pointer| self.event.pointer(pointer)?.as_u64();
        let revision = at("/data/analysis/revision").or_else(|| at("/data/revision"));
        revision
            .and_then(|revision| u32::try_from(revision).ok())
            .unwrap_or(0)
    }

    async fn put(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        transaction
            .execute(
                KEEP,
                &[
                    &self.source,
                    &self.id,
                    &self.step,
                    &self.asset.map(|asset| asset.0),
                    &self.ty,
                    &self.event,
                    &self.about.package,
                    &self.about.kind,
                    &self.about.rendition,
                    &self.about.index,
                    &is_essential(&self.step),
                    &self.code,
                    &self.reason,
                    &self.destination,
                ],
            )
            .await?;
        Ok(())
    }
}

impl CatalogWrite {
    /// Keeps a dead letter where a person can see it.
    pub(crate) async fn keep(&self, letter: &Letter) -> Result<(), Failure> {
        Ok(self.record_letter(letter).await?)
    }

    async fn record_letter(&self, letter: &Letter) -> Result<(), Error> {
        let mut connection = self.catalog.connection().await?;
        let transaction = connection.transaction().await?;
        let Some(asset) = letter.asset else {
            letter.put(&transaction).await?;
            return Ok(transaction.commit().await?);
        };
        // Each round of deliveries that ends here is news, the same event's second one too.
        let seen = format!("dead-letter/{}/{}", letter.step, letter.source);
        let (title, _) = Title::lock_for(&transaction, asset, &seen, &letter.id).await?;
        if title.deleted {
            return Ok(());
        }
        letter.put(&transaction).await?;
        if letter.step == "thumbnail" && !letter.is_first_poster() {
            failure::no_pictures(&transaction, asset, &letter.reason).await?;
        }
        if letter.step == "transcribe" && letter.is_about_speech() {
            speech::failed(&transaction, &title, &letter.reason).await?;
        }
        if letter.step == "analyze" {
            let revision = letter.revision();
            analysis::failed(&transaction, &title, &letter.reason, revision).await?;
        }
        settle(&transaction, asset).await?;
        Ok(transaction.commit().await?)
    }
}

/// The event with its data as JSON, where it is that: over HTTP it comes as bytes, which would be
/// kept as base64, and no retry could say them again.
fn with_json(mut event: Event) -> Event {
    let json = match event.data() {
        Some(Data::Binary(bytes)) => serde_json::from_slice(bytes).ok(),
        Some(Data::String(text)) => serde_json::from_str(text).ok(),
        Some(Data::Json(_)) | None => None,
    };
    if let Some(json) = json {
        event.set_data_unchecked(Data::Json(json));
    }
    event
}

/// The function's name is the first label of its address' host.
fn step(destination: &str) -> Option<String> {
    let (_, address) = destination.split_once("://")?;
    let host = address.split(['/', ':']).next()?;
    let label = host.split('.').next()?;
    let named = label.chars().any(char::is_alphabetic) && label != "localhost";
    named.then(|| label.to_owned())
}

/// Where the address says nothing, the function whose work the event is.
fn consumer(ty: &str) -> &'static str {
    let is = |candidates: &[&str]| candidates.contains(&ty);
    if is(&[ChunkPlanned::TYPE, AudioPlanned::TYPE]) {
        return "transcode";
    }
    let packaging = [
        ChunkTranscoded::TYPE,
        AudioTranscoded::TYPE,
        ChunkRepackagePlanned::TYPE,
        AudioRepackagePlanned::TYPE,
        AssetAdvanced::TYPE,
        ManifestsPlanned::TYPE,
    ];
    if is(&packaging) {
        return "encrypt-package";
    }
    let listening = [
        SpeechPlanned::TYPE,
        CaptionsPlanned::TYPE,
        CaptionsImported::TYPE,
        SubtitlesPlanned::TYPE,
        ClosedCaptionsPlanned::TYPE,
    ];
    if is(&listening) {
        return "transcribe";
    }
    let looking = [
        AnalysisPlanned::TYPE,
        DetectionsPlanned::TYPE,
        ReanalysisPlanned::TYPE,
    ];
    if is(&looking) {
        return "analyze";
    }
    if ty == PicturesPlanned::TYPE {
        return "thumbnail";
    }
    if ty == reeldrop_events::UploadFinalized::TYPE {
        return "probe";
    }
    "catalog-write"
}

/// Which part the event is work for.
fn about(event: &Event) -> About {
    fn read<P: Payload>(event: &Event, part: fn(&P) -> String) -> Option<About> {
        let payload = P::decode(event).ok()?;
        Some(About::part(&part(&payload)))
    }
    let known = match event.ty() {
        ChunkPlanned::TYPE => read(event, ChunkPlanned::part),
        AudioPlanned::TYPE => read(event, AudioPlanned::part),
        ChunkTranscoded::TYPE => read(event, ChunkTranscoded::part),
        AudioTranscoded::TYPE => read(event, AudioTranscoded::part),
        ChunkRepackagePlanned::TYPE => read(event, ChunkRepackagePlanned::part),
        AudioRepackagePlanned::TYPE => read(event, AudioRepackagePlanned::part),
        AssetAdvanced::TYPE => read(event, AssetAdvanced::part),
        ManifestsPlanned::TYPE => read(event, ManifestsPlanned::part),
        _ => None,
    };
    known.unwrap_or_default()
}

/// The function's answer, which Knative carries as base64, cut where it is long.
fn readable(data: &str) -> String {
    let whole = &data[..data.len() - data.len() % 4];
    let bytes = STANDARD.decode(data).or_else(|_| STANDARD.decode(whole));
    let text = bytes.map_or_else(
        |_| data.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    );
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_REASON).collect()
}

fn sentence(step: &str, code: Option<i32>, answer: &str) -> String {
    match (answer, code) {
        ("", Some(504) | None) => format!("The step {step} did not answer in time."),
        ("", Some(code)) => format!("The step {step} failed with status {code}."),
        (answer, _) => format!("The step {step} failed: {answer}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_name_in_the_address() {
        assert_eq!(
            step("http://transcode.default.svc.cluster.local"),
            Some("transcode".to_owned())
        );
        assert_eq!(
            step("http://encrypt-package:8080/"),
            Some("encrypt-package".to_owned())
        );
        assert_eq!(step("http://127.0.0.1:4000/"), None);
        assert_eq!(step(""), None);
    }

    #[test]
    fn an_answer_is_readable_even_where_it_was_cut() {
        let data = STANDARD.encode("no such\n track");
        assert_eq!(readable(&data), "no such track");
        assert_eq!(readable(&data[..data.len() - 2]), "no such tra");
        assert_eq!(readable("plain words!"), "plain words!");
    }

    #[test]
    fn the_reason_is_a_sentence_that_names_the_step() {
        assert_eq!(
            sentence("probe", Some(504), ""),
            "The step probe did not answer in time."
        );
        assert_eq!(
            sentence("probe", Some(500), ""),
            "The step probe failed with status 500."
        );
        assert_eq!(
            sentence("probe", Some(422), "why"),
            "The step probe failed: why"
        );
    }
}
