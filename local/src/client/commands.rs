//! The commands about titles that are there.

use std::{path::Path, time::Duration};

use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    analysis::Analysis,
    export,
    portal::{ClientError, Portal},
    rendition::{OwnersKey, content_key},
    single_file::{self, SingleFile},
    title::{Package, Title},
    upload::ContentKey,
};
use crate::output;

/// How long to wait before looking at a package again.
const LOOK_EVERY: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
struct Page {
    assets: Vec<Value>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Rekeying {
    kid: String,
    scheme: String,
}

#[derive(Deserialize)]
struct Rewrapping {
    looked_at: u64,
    rewrapped: u64,
    unreadable: u64,
    next: Option<Value>,
}

#[derive(Deserialize)]
struct Imported {
    language: String,
    label: String,
    cues: u64,
}

/// Lists all titles, the newest first.
///
/// # Errors
/// [`ClientError`] where the portal does not answer.
pub async fn list(portal: &Portal, as_json: bool) -> Result<(), ClientError> {
    let mut cursor = None::<String>;
    loop {
        let after = cursor
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        let page: Page = portal.get(&format!("/api/assets?limit=200{after}")).await?;
        for value in page.assets {
            if as_json {
                output::json(&value);
            } else if let Ok(title) = serde_json::from_value::<Title>(value) {
                let reason = title
                    .reason
                    .map(|reason| format!("  {reason}"))
                    .unwrap_or_default();
                output::line(&format!(
                    "{}  {:10}  {}{reason}",
                    title.asset,
                    title.state.as_str(),
                    title.file
                ));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// Shows a title.
///
/// # Errors
/// [`ClientError`] where the portal does not answer or does not know it.
pub async fn show(portal: &Portal, id: &str, as_json: bool) -> Result<(), ClientError> {
    let value: Value = portal.get(&format!("/api/assets/{id}")).await?;
    if as_json {
        output::json(&value);
        return Ok(());
    }
    let title = parse(value)?;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let seconds = title
        .duration_ms
        .map(|ms| format!("{:.3} s", ms as f64 / 1_000.0));
    let lines = [
        ("file", title.file.clone()),
        ("title", title.asset.clone()),
        ("state", title.state.as_str().to_owned()),
        ("reason", text(&title.reason)),
        ("duration", text(&seconds)),
        ("seen", text(&title.analysis.as_ref().map(Analysis::words))),
        ("watch", text(&title.watch)),
        ("hls", text(&title.hls)),
        ("dash", text(&title.dash)),
    ];
    for (name, value) in lines {
        output::line(&format!("{name:10} {value}"));
    }
    for step in &title.progress.steps {
        let label = step.label.as_deref().unwrap_or(&step.step);
        output::line(&format!(
            "{:10} {label}: {} of {}",
            "", step.done, step.total
        ));
    }
    Ok(())
}

/// Runs what failed of a title again.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or nothing has failed.
pub async fn retry(portal: &Portal, id: &str, as_json: bool) -> Result<(), ClientError> {
    let _: Value = portal
        .post(&format!("/api/assets/{id}/retry"), &json!({}))
        .await?;
    let title = title(portal, id).await?;
    say(as_json, &title, json!({}), "is tried again");
    Ok(())
}

/// Takes a SubRip or WebVTT file in place of a title's captions in that language.
///
/// # Errors
/// [`ClientError`] where the file cannot be read, or the portal does not answer or refuses it.
pub async fn import_captions(
    portal: &Portal,
    id: &str,
    (file, language, label): (&Path, &str, Option<&str>),
    as_json: bool,
) -> Result<(), ClientError> {
    let text = std::fs::read(file).map_err(|source| ClientError::File {
        path: file.display().to_string(),
        source,
    })?;
    let mut query = vec![("language", language)];
    query.extend(label.map(|label| ("label", label)));
    let path = format!("/api/assets/{id}/captions");
    let imported: Imported = portal.post_text(&path, &query, text).await?;
    let title = title(portal, id).await?;
    let said = format!("takes {} captions in {}", imported.cues, imported.label);
    let language = imported.language;
    say(
        as_json,
        &title,
        json!({"language": language, "cues": imported.cues}),
        &said,
    );
    Ok(())
}

/// Encrypts a title again under another key, and waits until that is done.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, refuses the key, or packaging fails.
pub async fn rekey(
    portal: &Portal,
    id: &str,
    key: &ContentKey,
    as_json: bool,
) -> Result<(), ClientError> {
    let mut request = json!({});
    key.put_into(&mut request);
    let asked: Rekeying = portal
        .post(&format!("/api/assets/{id}/rekey"), &request)
        .await?;
    let (package, title) = loop {
        let title = title(portal, id).await?;
        let is_asked = |package: &&Package| {
            package.kid.as_deref() == Some(&asked.kid)
                && package.scheme.as_deref() == Some(&asked.scheme)
        };
        match title.packages.iter().find(is_asked) {
            Some(package) if package.state == "ready" => break (package.clone(), title),
            Some(package) if package.state == "failed" => {
                let reason = package.reason.clone().unwrap_or_default();
                return Err(ClientError::Failed(format!("{}: {reason}", title.file)));
            }
            Some(_) | None => sleep(LOOK_EVERY).await,
        }
    };
    let more = json!({"kid": asked.kid.replace('-', ""), "scheme": asked.scheme, "hls": package.hls, "dash": package.dash});
    say(as_json, &title, more, "is encrypted with the new key");
    Ok(())
}

/// Deletes a title.
///
/// # Errors
/// [`ClientError`] where the portal does not answer or does not know it.
pub async fn delete(portal: &Portal, id: &str, as_json: bool) -> Result<(), ClientError> {
    let title = title(portal, id).await?;
    portal.delete(&format!("/api/assets/{id}")).await?;
    say(as_json, &title, json!({"state": "deleted"}), "is deleted");
    Ok(())
}

/// Saves the published tree of a title as files.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or a file cannot be written.
pub async fn export_title(
    portal: &Portal,
    id: &str,
    folder: &Path,
    as_json: bool,
) -> Result<(), ClientError> {
    let title = title(portal, id).await?;
    let files = export::export(portal, &title, folder).await?;
    let more = json!({"folder": folder.to_string_lossy(), "files": files});
    say(
        as_json,
        &title,
        more,
        &format!("lies in {} ({files} files)", folder.display()),
    );
    Ok(())
}

/// Saves a finished title as one MP4 file.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, the title is not finished or has no such
/// rendition, or the file cannot be written.
pub async fn export_file(
    portal: &Portal,
    id: &str,
    wanted: &SingleFile,
    as_json: bool,
) -> Result<(), ClientError> {
    let title = title(portal, id).await?;
    let key = match wanted.encrypted {
        true => None,
        false => content_key(portal, &title).await?,
    };
    let bytes = single_file::export(portal, &title, wanted, key).await?;
    // Standard output is the file itself.
    if wanted.output != Path::new("-") {
        let file = wanted.output.display();
        let more = json!({"file": file.to_string(), "bytes": bytes});
        say(
            as_json,
            &title,
            more,
            &format!("lies in {file} ({bytes} bytes)"),
        );
    }
    Ok(())
}

/// Prints the owner's key of a title.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or there is no key.
pub async fn key(portal: &Portal, id: &str, as_json: bool) -> Result<(), ClientError> {
    let title = title(portal, id).await?;
    let OwnersKey { key, kid } = portal.get(&format!("/api/assets/{id}/key")).await?;
    if as_json {
        say(true, &title, json!({"key": key, "kid": kid}), "");
    } else {
        output::line(&format!("key {key}\nkid {kid}"));
    }
    Ok(())
}

/// Prints a title's key as a CPIX document.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or there is no key.
pub async fn cpix(portal: &Portal, id: &str) -> Result<(), ClientError> {
    let document = portal.text(&format!("/api/assets/{id}/key.cpix")).await?;
    output::line(document.trim_end());
    Ok(())
}

/// Wraps all content keys again that an earlier master key has wrapped.
///
/// # Errors
/// [`ClientError`] where the portal does not answer, or keys cannot be unwrapped.
pub async fn rewrap(portal: &Portal, as_json: bool) -> Result<(), ClientError> {
    let bar = ProgressBar::no_length();
    let (mut looked_at, mut rewrapped, mut unreadable) = (0, 0, 0);
    let mut after = Value::Null;
    loop {
        let request = json!({ "after": after });
        let done: Rewrapping = portal.post("/api/keys/rewrap", &request).await?;
        looked_at += done.looked_at;
        rewrapped += done.rewrapped;
        unreadable += done.unreadable;
        bar.set_position(looked_at);
        match done.next {
            Some(next) => after = next,
            None => break,
        }
    }
    bar.finish_and_clear();
    if as_json {
        output::json(&json!({"keys": looked_at, "rewrapped": rewrapped, "unreadable": unreadable}));
    } else {
        output::line(&format!("{rewrapped} of {looked_at} keys wrapped again"));
    }
    if unreadable > 0 {
        return Err(ClientError::Failed(format!(
            "{unreadable} keys open with no key of the master key's file. Put the one that wrapped \
             them below the others in it, start encrypt-package and the portal again, and repeat this"
        )));
    }
    Ok(())
}

/// A title as the portal shows it.
pub(crate) async fn title(portal: &Portal, id: &str) -> Result<Title, ClientError> {
    parse(portal.get(&format!("/api/assets/{id}")).await?)
}

fn parse(value: Value) -> Result<Title, ClientError> {
    let title = serde_json::from_value(value);
    title.map_err(|error| {
        ClientError::Failed(format!(
            "the portal shows a title that cannot be read: {error}"
        ))
    })
}

/// Says what happened to a title: to a program with `more` fields, to a person in words.
pub(super) fn say(as_json: bool, title: &Title, more: Value, words: &str) {
    if !as_json {
        output::line(&format!("{} {words}", title.file));
        return;
    }
    let mut value = json!({
        "asset": title.asset,
        "file": title.file,
        "state": title.state.as_str(),
        "reason": title.reason,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    output::json(&value);
}
