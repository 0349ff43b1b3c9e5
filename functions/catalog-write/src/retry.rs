//! What failed of a title is run again.

use std::collections::{BTreeSet, HashSet};

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AssetAdvanced, AudioPlanned, CaptionsImported, ChunkPlanned, Events, MediaProbed,
    MediaRejected, Outgoing, PackageNo, Payload, RetryRequested, Source, StepFailed,
    UploadFinalized,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, advance, looking,
    manifests::{self, New},
    pictures,
    repackage::{self, Published},
    settle::settle,
    title::Title,
};

const LETTERS: &str = "
    select id, type, step, event -> 'data' as data from dead_letters
    where asset = $1 order by failed_at, id";

const FAILED_PARTS: &str = "
    select package, kind, rendition, index, planned from parts
    where asset = $1 and state = 'failed' order by package, first_segment, kind, rendition";

/// Whether nobody has listened to the title, or looked at it, and somebody can.
const UNDONE: &str = "
    select exists (select from transcripts t join assets a on a.id = t.asset
        where t.asset = $1 and t.state in ('skipped', 'failed')
          and a.media is not null and a.plan is not null) as unheard,
        exists (select from analyses t join assets a on a.id = t.asset
        where t.asset = $1 and t.state in ('skipped', 'failed')
          and a.media is not null and a.plan is not null) as unseen";

const FAILURES: &str = "select step, part, kind, package from failures where asset = $1";

const TITLE: &str = "
    select bucket, object, version, size_bytes, rejection is not null as rejected,
           name, media, plan
    from assets where id = $1";

/// A failed part is where it was before. What was encoded stays encoded until the work bucket
/// forgets it; transcode then does it again.
const FORGIVE: [&str; 9] = [
    "delete from failures where asset = $1",
    "delete from dead_letters where asset = $1",
    "delete from thumbnails where asset = $1 and state = 'failed' and poster is null",
    "update thumbnails set state = 'early', reason = null where asset = $1 and state = 'failed'",
    "update parts
     set state = case when transcoded_at is null then 'planned' else 'transcoded' end
     where asset = $1 and state = 'failed'",
    "update assets set rejection = null where id = $1",
    // What was heard is said again, and joined again; nothing of it may be taken for a repetition.
    "delete from seen_events where asset = $1 and source = '/reeldrop/transcribe'
     and exists (select from transcripts where asset = $1 and state in ('skipped', 'failed'))",
    "delete from speech_parts where asset = $1
     and exists (select from transcripts where asset = $1 and state in ('skipped', 'failed'))",
    "delete from transcripts where asset = $1 and state in ('skipped', 'failed')",
];

/// The run is announced once more where its manifests are what failed. Of other packages it may be on its
/// way, and captions that come before it is published are to ask for manifests of their own.
const ANNOUNCE: &str = "
    update packages
    set advanced_segments = published_segments, advanced_complete = published_complete
    where asset = $1 and package = any($2)";

/// `retry.requested`.
pub(crate) async fn again(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &RetryRequested,
) -> Result<Events, Error> {
    let undone = transaction.query_one(UNDONE, &[&title.asset.0]).await?;
    let mut wanted = Wanted {
        unheard: undone.try_get("unheard")?,
        unseen: undone.try_get("unseen")?,
        ..Wanted::default()
    };
    wanted.letters(transaction, title).await?;
    wanted.parts(transaction, title).await?;
    let failures = wanted.failures(transaction, title).await?;
    wanted.start(transaction, title).await?;
    if wanted.is_empty() && failures.is_empty() {
        return Ok(Events::none());
    }
    for statement in FORGIVE {
        transaction.execute(statement, &[&said.asset.0]).await?;
    }
    let unwritten: Vec<i32> = wanted.manifests.iter().map(|no| *no as i32).collect();
    transaction
        .execute(ANNOUNCE, &[&said.asset.0, &unwritten])
        .await?;
    forget_seen(transaction, title, failures).await?;
    wanted.advances(transaction, title).await?;
    wanted.pictures(transaction, title).await?;
    settle(transaction, title.asset).await?;
    Ok(wanted.events())
}

/// Failing in the same way again has the same event id: it must not be taken for a repetition.
async fn forget_seen(
    transaction: &Transaction<'_>,
    title: &Title,
    mut ids: Vec<String>,
) -> Result<(), Error> {
    ids.push(rejected_id(title).to_string());
    transaction
        .execute(
            "delete from seen_events
             where asset = $1 and (id = any($2) or source like 'dead-letter/%')",
            &[&title.asset.0, &ids],
        )
        .await?;
    Ok(())
}

/// The events to say again, each once.
#[derive(Default)]
struct Wanted {
    events: Vec<Outgoing>,
    ids: HashSet<Uuid>,
    /// The source must be probed again: nothing less is known to help.
    from_the_start: bool,
    /// It is to be listened to from its first part on.
    unheard: bool,
    /// It is to be looked at from its first part on.
    unseen: bool,
    /// Its pictures, or a first poster, failed.
    pictures: bool,
    /// Packages whose manifests failed.
    manifests: BTreeSet<u32>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.manifests.is_empty() && !self.pictures
    }

    fn events(self) -> Events {
        Events::from(self.events)
    }

    fn say(&mut self, event: Outgoing) {
        if self.ids.insert(event.id) {
            self.events.push(event);
        }
    }

    /// Dead letters, as they were.
    async fn letters(&mut self, transaction: &Transaction<'_>, title: &Title) -> Result<(), Error> {
        for row in transaction.query(LETTERS, &[&title.asset.0]).await? {
            let id: &str = row.try_get("id")?;
            let Ok(id) = id.parse() else { continue };
            let ty: String = row.try_get("type")?;
            if ty == AssetAdvanced::TYPE {
                self.manifests.extend(package_of(row.try_get("data")?));
                continue;
            }
            let step: &str = row.try_get("step")?;
            if step == "thumbnail" {
                self.pictures = true;
                continue;
            }
            // All parts are planned again, perhaps for another model.
            let heard_again = self.unheard && step == "transcribe" && ty != CaptionsImported::TYPE;
            if heard_again || (self.unseen && step == "analyze") {
                continue;
            }
            // What came without data cannot be said again.
            let Some(data) = row.try_get("data")? else {
                continue;
            };
            self.say(Outgoing {
                id,
                ty,
                subject: title.asset,
                data,
            });
        }
        Ok(())
    }

    /// What planned the failed parts.
    async fn parts(&mut self, transaction: &Transaction<'_>, title: &Title) -> Result<(), Error> {
        let rows = transaction.query(FAILED_PARTS, &[&title.asset.0]).await?;
        for row in rows {
            let package: i32 = row.try_get("package")?;
            let (kind, rendition): (&str, &str) = (row.try_get("kind")?, row.try_get("rendition")?);
            if package > 1 {
                let package = PackageNo(package.unsigned_abs());
                let scheme = repackage::scheme_of(transaction, title, package).await?;
                let published = Published::read(transaction, title).await?;
                let index = row.try_get::<_, i32>("index")?.unsigned_abs();
                let part = (kind, rendition, index);
                let events = repackage::again(&published, title, (package, scheme), part);
                events
                    .into_vec()
                    .into_iter()
                    .for_each(|event| self.say(event));
                continue;
            }
            match row.try_get::<_, Option<Value>>("planned")? {
                Some(planned) if kind == "chunk" => {
                    self.say(Outgoing::of(&serde_json::from_value::<ChunkPlanned>(
                        planned,
                    )?));
                }
                Some(planned) => {
                    self.say(Outgoing::of(&serde_json::from_value::<AudioPlanned>(
                        planned,
                    )?));
                }
                None => self.from_the_start = true,
            }
        }
        Ok(())
    }

    /// Failures that are not about parts; says the ids of the events that told of all of them.
    async fn failures(
        &mut self,
        transaction: &Transaction<'_>,
        title: &Title,
    ) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        for row in transaction.query(FAILURES, &[&title.asset.0]).await? {
            let (step, part): (String, String) = (row.try_get("step")?, row.try_get("part")?);
            let whole = row.try_get::<_, Option<&str>>("kind")?.is_none();
            let package: Option<i32> = row.try_get("package")?;
            match step.as_str() {
                "thumbnail" => self.pictures = true,
                // A title that was not heard or seen is listened to, or looked at, again: see `start`.
                "transcribe" | "analyze" => {}
                "encrypt-package" if whole => {
                    self.manifests.insert(package.unwrap_or(1).unsigned_abs());
                }
                _ if whole => self.from_the_start = true,
                _ => {}
            }
            let failed = StepFailed {
                asset: title.asset,
                step,
                part,
                reason: String::new(),
            };
            ids.push(failed.id().to_string());
        }
        Ok(ids)
    }

    /// The events that begin it all, where nothing less helps.
    async fn start(&mut self, transaction: &Transaction<'_>, title: &Title) -> Result<(), Error> {
        let row = transaction.query_one(TITLE, &[&title.asset.0]).await?;
        let Some(bucket) = row.try_get("bucket")? else {
            return Ok(());
        };
        let source = Source {
            bucket,
            object: row.try_get("object")?,
            version: row.try_get("version")?,
            size_bytes: row.try_get::<_, i64>("size_bytes")?.unsigned_abs(),
        };
        if self.from_the_start || row.try_get("rejected")? {
            self.say(Outgoing::of(&UploadFinalized { source }));
            return Ok(());
        }
        let (media, plan): (Option<Value>, Option<Value>) =
            (row.try_get("media")?, row.try_get("plan")?);
        if self.unseen
            && let Some(planned) = looking::again(transaction, title).await?
        {
            self.say(Outgoing::of(&planned));
        }
        if let (true, Some(media), Some(plan)) = (self.unheard, media, plan) {
            self.say(Outgoing::of(&MediaProbed {
                asset: title.asset,
                source,
                name: row.try_get("name")?,
                media: serde_json::from_value(media)?,
                plan: serde_json::from_value(plan)?,
            }));
        }
        Ok(())
    }

    /// The pictures of a title that is encoded; of any other they are still to be asked for.
    async fn pictures(
        &mut self,
        transaction: &Transaction<'_>,
        title: &Title,
    ) -> Result<(), Error> {
        if !self.pictures {
            return Ok(());
        }
        let planned = pictures::of_title(transaction, title).await?;
        if let Some(planned) = planned.filter(|planned| planned.complete) {
            self.say(Outgoing::of(&planned));
        }
        Ok(())
    }

    /// The runs of packages whose manifests failed, as they are now.
    async fn advances(
        &mut self,
        transaction: &Transaction<'_>,
        title: &Title,
    ) -> Result<(), Error> {
        for package in std::mem::take(&mut self.manifests) {
            let mut events = advance::join(transaction, title, PackageNo(package)).await?;
            if events.as_slice().is_empty() {
                // They are final, and were to be written again.
                events = manifests::again(transaction, title, New::Nothing).await?;
            }
            events
                .into_vec()
                .into_iter()
                .for_each(|event| self.say(event));
        }
        Ok(())
    }
}

fn package_of(data: Option<Value>) -> Option<u32> {
    let advanced: AssetAdvanced = serde_json::from_value(data?).ok()?;
    Some(advanced.package.0)
}

fn rejected_id(title: &Title) -> Uuid {
    let rejected = MediaRejected {
        asset: title.asset,
        source: Source {
            bucket: String::new(),
            object: String::new(),
            version: String::new(),
            size_bytes: 0,
        },
        reason: String::new(),
    };
    rejected.id()
}
