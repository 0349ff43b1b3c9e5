//! Reading a CPIX document.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};
use reeldrop_events::Scheme;
use uuid::Uuid;

use super::{Document, Key};
use crate::CmafError;
use crate::presentation::KeySystem;
use crate::protect::ContentKey;

/// The longest document, bytes: a title has a few keys of a few key systems.
const MAX_BYTES: usize = 1 << 20;

/// Reads a document. What it says of encoding filters, key periods and usage rules is passed over.
///
/// # Errors
/// [`CmafError`] where it is no XML, is longer than 1 MiB, names a key without its id or a value that
/// cannot be read, or where its keys are themselves encrypted.
pub fn read(text: &str) -> Result<Document, CmafError> {
    if text.len() > MAX_BYTES {
        return Err(CmafError::TooLarge("CPIX document"));
    }
    let mut reader = Reader::from_str(text);
    let mut state = State::default();
    loop {
        match reader
            .read_event()
            .map_err(|_| CmafError::Invalid("XML of the CPIX document"))?
        {
            Event::Start(start) => state.begin(&start)?,
            Event::Empty(start) => {
                state.begin(&start)?;
                state.end(start.local_name().as_ref())?;
            }
            Event::Text(part) => state.text.push_str(&part.xml10_content()),
            Event::CData(part) => state.text.push_str(&part.xml10_content()),
            Event::GeneralRef(name) => {
                let name = name.into_inner();
                let meant = resolve_predefined_entity(&name);
                state
                    .text
                    .push_str(meant.ok_or(CmafError::Invalid("entity of the CPIX document"))?);
            }
            Event::End(end) => state.end(end.local_name().as_ref())?,
            Event::Eof => return state.finish(),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err(CmafError::Unsupported("document type in CPIX")),
        }
    }
}

/// How far the document is read.
#[derive(Default)]
struct State {
    is_cpix: bool,
    document: Document,
    key: Option<Key>,
    system: Option<(Uuid, KeySystem)>,
    /// Text of the innermost element.
    text: String,
}

impl State {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), CmafError> {
        self.text.clear();
        match start.local_name().as_ref() {
            "CPIX" => {
                self.is_cpix = true;
                self.document.content_id = attribute(start, "contentId")?;
            }
            "ContentKey" => self.key = Some(key(start)?),
            "DRMSystem" => {
                let id = uuid(
                    attribute(start, "systemId")?,
                    "systemId of a CPIX key system",
                )?;
                let kid = uuid(attribute(start, "kid")?, "kid of a CPIX key system")?;
                let system = KeySystem {
                    id,
                    ..KeySystem::default()
                };
                self.system = Some((kid, system));
            }
            "EncryptedValue" => {
                return Err(CmafError::Unsupported(
                    "encrypted content key in a CPIX document",
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), CmafError> {
        let text = std::mem::take(&mut self.text);
        match (name, &mut self.key, &mut self.system) {
            ("ContentKey", key, _) => self.document.keys.extend(key.take()),
            ("DRMSystem", _, system) => self.document.systems.extend(system.take()),
            ("PlainValue", Some(key), _) => {
                key.key = Some(ContentKey(sixteen(
                    &text,
                    "content key of a CPIX document",
                )?));
            }
            ("PSSH", _, Some((_, system))) => system.pssh = decoded(&text)?,
            ("ContentProtectionData", _, Some((_, system))) => {
                system.license_uri = license(&inner(&text)?);
            }
            // The same key for both playlists: the first line counts. A data: address is the PSSH again.
            ("HLSSignalingData", _, Some((_, system))) => {
                let line = inner(&text)?;
                let uri = line
                    .split_once("URI=\"")
                    .and_then(|(_, rest)| rest.split_once('"'));
                if let Some((uri, _)) =
                    uri.filter(|(uri, _)| system.key_uri.is_none() && !uri.starts_with("data:"))
                {
                    system.key_uri = Some(uri.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, CmafError> {
        if self.is_cpix {
            Ok(self.document)
        } else {
            Err(CmafError::Missing("CPIX element"))
        }
    }
}

fn key(start: &BytesStart<'_>) -> Result<Key, CmafError> {
    let iv = attribute(start, "explicitIV")?;
    let iv = iv
        .map(|iv| sixteen(&iv, "explicitIV of a CPIX content key"))
        .transpose()?;
    let scheme = match attribute(start, "commonEncryptionScheme")?.as_deref() {
        None => None,
        Some("cbcs") => Some(Scheme::Cbcs),
        Some("cenc") => Some(Scheme::Cenc),
        Some(_) => {
            return Err(CmafError::Unsupported(
                "encryption scheme of a CPIX document",
            ));
        }
    };
    Ok(Key {
        kid: uuid(attribute(start, "kid")?, "kid of a CPIX content key")?,
        key: None,
        iv,
        scheme,
    })
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, CmafError> {
    let found = start.try_get_attribute(name);
    let found = found.map_err(|_| CmafError::Invalid("attribute of the CPIX document"))?;
    Ok(found.map(|attribute| attribute.value.into_owned()))
}

fn uuid(text: Option<String>, what: &'static str) -> Result<Uuid, CmafError> {
    let text = text.ok_or(CmafError::Missing(what))?;
    Uuid::try_parse(&text).map_err(|_| CmafError::Invalid(what))
}

fn decoded(text: &str) -> Result<Vec<u8>, CmafError> {
    let text: String = text.split_whitespace().collect();
    STANDARD
        .decode(text)
        .map_err(|_| CmafError::Invalid("base64 of the CPIX document"))
}

fn sixteen(text: &str, what: &'static str) -> Result<[u8; 16], CmafError> {
    decoded(text)?
        .try_into()
        .map_err(|_| CmafError::Invalid(what))
}

/// Text within the document's text.
fn inner(text: &str) -> Result<String, CmafError> {
    let bytes = decoded(text)?;
    String::from_utf8(bytes).map_err(|_| CmafError::Invalid("signalling data of the CPIX document"))
}

/// The licence address in what goes into an MPD: the text of `dashif:Laurl`.
fn license(xml: &str) -> Option<String> {
    let (_, rest) = xml.split_once("Laurl")?;
    let (_, rest) = rest.split_once('>')?;
    let (address, _) = rest.split_once('<')?;
    let address = quick_xml::escape::unescape(address.trim()).ok()?;
    (!address.is_empty()).then(|| address.into_owned())
}
