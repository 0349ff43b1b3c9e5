//! Where the content keys come from: the command line, a key server's CPIX document, or a draw.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clap::Args;
use reeldrop_cmaf::{
    CmafError,
    cpix::{self, Document},
};
use reeldrop_events::Scheme;
use reeldrop_packager::{Key, Keys, Packaged, document_of, keys_of};

/// What is asked for about keys.
#[derive(Debug, Args)]
pub(super) struct KeyOptions {
    /// Content key: 16 bytes in hex or base64url, after a label where there are several.
    // Read by hand: clap's own messages repeat what was given.
    #[arg(
        long = "key",
        value_name = "[LABEL=]KEY",
        env = "REELDROP_KEY",
        hide_env_values = true
    )]
    keys: Vec<String>,
    /// Key id: 16 bytes in hex or base64url, after the same label as its key.
    #[arg(long = "kid", value_name = "[LABEL=]KID")]
    kids: Vec<Labelled>,
    /// The answer of a key server, a CPIX document: keys, key ids and key systems, in place of --key and
    /// --kid.
    #[arg(long, value_name = "FILE")]
    cpix: Option<PathBuf>,
    /// Write the keys that were used into a new file, a CPIX document for you alone; without --key and
    /// --cpix a key is made, too.
    #[arg(long, value_name = "FILE")]
    pub(super) write_cpix: Option<PathBuf>,
}

/// Keys, and what came with them.
pub(super) struct Secrets {
    pub(super) keys: Keys,
    pub(super) scheme: Scheme,
    content_id: Option<String>,
}

impl KeyOptions {
    /// The keys; `asked` is the scheme, where one was named.
    pub(super) fn read(&self, asked: Option<Scheme>) -> Result<Secrets, String> {
        let secrets = match &self.cpix {
            Some(path) => self.of_document(path, asked)?,
            None => self.of_arguments(asked)?,
        };
        if self.write_cpix.is_some() && secrets.scheme == Scheme::None {
            return Err("--scheme none has no keys: leave out --write-cpix".to_owned());
        }
        Ok(secrets)
    }

    fn of_arguments(&self, asked: Option<Scheme>) -> Result<Secrets, String> {
        let mut keys = labelled(&self.keys, &self.kids)?;
        let scheme = asked.unwrap_or_default();
        if scheme != Scheme::None && keys.is_empty() {
            if self.write_cpix.is_none() {
                return Err(
                    "give --key and --kid or --cpix to encrypt, --write-cpix to have a key made, or \
                     --scheme none"
                        .to_owned(),
                );
            }
            keys.add(None, Key::generate());
        }
        Ok(Secrets {
            keys,
            scheme,
            content_id: None,
        })
    }

    fn of_document(&self, path: &Path, asked: Option<Scheme>) -> Result<Secrets, String> {
        if !self.keys.is_empty() || !self.kids.is_empty() {
            return Err(
                "the keys are in the CPIX document: give --cpix, or --key (REELDROP_KEY) and --kid"
                    .to_owned(),
            );
        }
        if asked == Some(Scheme::None) {
            return Err("--scheme none has no keys: leave out --cpix".to_owned());
        }
        let about = |what: &dyn std::fmt::Display| format!("--cpix {}: {what}", path.display());
        let document = document(path).map_err(|error| about(&error))?;
        let (keys, wanted) = keys_of(&document).map_err(|error| about(&error))?;
        if let (Some(asked), Some(wanted)) = (asked, wanted)
            && asked != wanted
        {
            let (asked, wanted) = (asked.as_str(), wanted.as_str());
            return Err(about(&format!(
                "its keys are for {wanted}: leave out --scheme {asked}, or have it made for {asked}"
            )));
        }
        Ok(Secrets {
            keys,
            scheme: asked.or(wanted).unwrap_or_default(),
            content_id: document.content_id,
        })
    }
}

impl Secrets {
    /// A CPIX document of the keys that `tracks` were encrypted with.
    pub(super) fn document(&self, tracks: &[Packaged], iv: Option<[u8; 16]>) -> String {
        cpix::write(&Document {
            content_id: self.content_id.clone(),
            ..document_of(&self.keys, tracks, self.scheme, iv)
        })
    }
}

/// Reads a document, and no more of a file than one may have.
fn document(path: &Path) -> Result<Document, String> {
    let mut text = String::new();
    let most = cpix::MAX_BYTES as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_string(&mut text));
    read.map_err(|error| format!("it cannot be read: {error}"))?;
    cpix::read(&text).map_err(|error| {
        if error != CmafError::Unsupported(cpix::ENCRYPTED) {
            return error.to_string();
        }
        format!(
            "{error}: have the key server leave out DeliveryData, so that the keys are in plain text, \
             and keep the document as you keep keys"
        )
    })
}

/// A value after an optional label.
#[derive(Clone, Debug)]
struct Labelled {
    label: Option<String>,
    value: [u8; 16],
}

impl FromStr for Labelled {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Base64 may end with the same sign.
        let (label, value) = match text.split_once('=') {
            Some((label, value)) if !value.is_empty() && value != "=" => {
                (Some(label.to_owned()), value)
            }
            _ => (None, text),
        };
        let value = parse_key(value).ok_or(
            "neither 32 hexadecimal digits nor 16 bytes in base64url, as keys and key ids are",
        )?;
        Ok(Self { label, value })
    }
}

/// 16 bytes of hexadecimal digits, with or without a UUID's hyphens, or of base64url.
pub(super) fn parse_key(text: &str) -> Option<[u8; 16]> {
    let digits = text.replace('-', "");
    let bytes = match hex::decode(&digits) {
        Ok(bytes) if bytes.len() == 16 => bytes,
        _ => {
            let text = text
                .trim_end_matches('=')
                .replace('+', "-")
                .replace('/', "_");
            BASE64_URL_SAFE_NO_PAD.decode(text).ok()?
        }
    };
    bytes.try_into().ok()
}

/// The keys; a message never says what was given.
fn given(keys: &[String]) -> Result<Vec<Labelled>, String> {
    let keys = (1..).zip(keys);
    keys.map(|(number, key)| {
        key.parse()
            .map_err(|error| format!("--key number {number} is {error}"))
    })
    .collect()
}

/// The keys, each with the key id of the same label.
fn labelled(keys: &[String], kids: &[Labelled]) -> Result<Keys, String> {
    let named = |label: &Option<String>| match label {
        Some(label) => format!("{label}="),
        None => String::new(),
    };
    let given: Vec<Labelled> = given(keys)?;
    let mut keys = Keys::default();
    for (number, key) in given.iter().enumerate() {
        if given
            .iter()
            .take(number)
            .any(|other| other.label == key.label)
        {
            let label = named(&key.label);
            return Err(format!(
                "--key {label}... is given twice: give each key a label of its own (LABEL=KEY)"
            ));
        }
        let kid = kids
            .iter()
            .find(|kid| kid.label == key.label)
            .ok_or_else(|| {
                let label = named(&key.label);
                format!("--key {label}... has no key id: give --kid {label}KID with it")
            })?;
        keys.add(key.label.clone(), Key::new(key.value, kid.value));
    }
    let keyless = kids
        .iter()
        .find(|kid| given.iter().all(|key| key.label != kid.label));
    match keyless {
        Some(kid) => {
            let label = named(&kid.label);
            Err(format!(
                "--kid {label}... has no key: give --key {label}KEY with it"
            ))
        }
        None => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "87237d20a19f58a740c05684e699b4aa";

    #[test]
    fn keys_have_labels_or_none() {
        let plain: Labelled = KEY.parse().unwrap();
        assert_eq!((plain.label, plain.value[0]), (None, 0x87));
        let labelled: Labelled = format!("hd={KEY}").parse().unwrap();
        assert_eq!(labelled.label.as_deref(), Some("hd"));
        let base64: Labelled = "hyN9IKGfWKdAwFaE5pm0qg==".parse().unwrap();
        assert_eq!((base64.label, base64.value[0]), (None, 0x87));
        assert!("hd=12".parse::<Labelled>().is_err());
        let cut = KEY[..31].to_owned();
        let error = given(&[KEY.to_owned(), cut.clone()]).unwrap_err();
        assert!(error.starts_with("--key number 2 is neither") && !error.contains(&cut[..8]));
    }
}
