//! Reading a CPIX document.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use reeldrop_events::Scheme;
use uuid::Uuid;

use super::{Document, Key, UsageRule};
use crate::CmafError;
use crate::presentation::KeySystem;
use crate::protect::ContentKey;

/// The longest document, bytes: a title has a few keys of a few key systems.
pub const MAX_BYTES: usize = 1 << 20;

/// What is not supported of a document whose keys only a certain recipient can read.
pub const ENCRYPTED: &str = "encrypted content keys (DeliveryData) in a CPIX document";

/// Reads a document. Elements that are not known here are passed over, but for those that change what
/// a usage rule means.
///
/// # Errors
/// [`CmafError`] where it is no XML, is longer than 1 MiB, is cut short, names a key without its id or a
/// value that cannot be read, has usage rules that cannot be kept, or where its keys are themselves
/// encrypted ([`ENCRYPTED`]).
pub fn read(text: &str) -> Result<Document, CmafError> {
    if text.len() > MAX_BYTES {
        return Err(CmafError::TooLarge("CPIX document"));
    }
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
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
            Event::GeneralRef(name) => state.refer(&name)?,
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
    /// How many elements are open.
    depth: usize,
    document: Document,
    key: Option<Key>,
    system: Option<(Uuid, KeySystem)>,
    rule: Option<UsageRule>,
    /// Text of the innermost element.
    text: String,
}

impl State {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), CmafError> {
        self.text.clear();
        self.depth += 1;
        let is_root = self.depth == 1;
        match start.local_name().as_ref() {
            "CPIX" if is_root && !self.is_cpix => {
                self.is_cpix = true;
                self.document.content_id = attribute(start, "contentId")?;
            }
            _ if is_root => return Err(CmafError::Missing("CPIX element")),
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
            "ContentKeyUsageRule" => self.rule = Some(UsageRule::read(start)?),
            "EncryptedValue" | "DeliveryData" => return Err(CmafError::Unsupported(ENCRYPTED)),
            _ => {
                if let Some(rule) = &mut self.rule {
                    rule.add(start)?;
                }
            }
        }
        Ok(())
    }

    /// A reference to a character; others would need a document type.
    fn refer(&mut self, name: &BytesRef<'_>) -> Result<(), CmafError> {
        const WRONG: CmafError = CmafError::Invalid("entity of the CPIX document");
        match name.resolve_char_ref().map_err(|_| WRONG)? {
            Some(character) => self.text.push(character),
            None => self
                .text
                .push_str(resolve_predefined_entity(name).ok_or(WRONG)?),
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), CmafError> {
        let text = std::mem::take(&mut self.text);
        self.depth = self.depth.saturating_sub(1);
        match (name, &mut self.key, &mut self.system) {
            ("ContentKey", key, _) => self.document.keys.extend(key.take()),
            ("DRMSystem", _, system) => self.document.systems.extend(system.take()),
            ("ContentKeyUsageRule", ..) => self.document.rules.extend(self.rule.take()),
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
                if let Some((uri, _)) = uri {
                    take_uri(system, uri);
                }
            }
            // Before CPIX 2.3 the address stood there alone; key servers still answer so.
            ("URIExtXKey", _, Some((_, system))) => take_uri(system, inner(&text)?.trim()),
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, CmafError> {
        match (self.is_cpix, self.depth) {
            (true, 0) => Ok(self.document),
            (true, _) => Err(CmafError::Truncated("CPIX document")),
            (false, _) => Err(CmafError::Missing("CPIX element")),
        }
    }
}

fn take_uri(system: &mut KeySystem, uri: &str) {
    if system.key_uri.is_none() && !uri.is_empty() && !uri.starts_with("data:") {
        system.key_uri = Some(uri.to_owned());
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

pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, CmafError> {
    const WRONG: CmafError = CmafError::Invalid("attribute of the CPIX document");
    let Some(found) = start.try_get_attribute(name).map_err(|_| WRONG)? else {
        return Ok(None);
    };
    let value = found.normalized_value(XmlVersion::Implicit1_0);
    Ok(Some(value.map_err(|_| WRONG)?.into_owned()))
}

pub(super) fn uuid(text: Option<String>, what: &'static str) -> Result<Uuid, CmafError> {
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
