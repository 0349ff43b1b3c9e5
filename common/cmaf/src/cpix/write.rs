//! Writing a CPIX document.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::{
    Writer,
    escape::escape,
    events::{BytesDecl, BytesText, Event},
};
use reeldrop_events::Scheme;
use uuid::Uuid;

use super::{Document, Key};
use crate::hls::system_key;
use crate::presentation::KeySystem;

pub(super) type Xml = Writer<Vec<u8>>;

/// Writes the document.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "writing to memory cannot fail, and all that is written is text"
)]
pub fn write(document: &Document) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write_document(&mut xml, document).expect("memory takes all that is written");
    String::from_utf8(xml.into_inner()).expect("the document is text") + "\n"
}

fn write_document(xml: &mut Xml, document: &Document) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut cpix = xml.create_element("CPIX").with_attributes([
        ("xmlns", "urn:dashif:org:cpix"),
        ("xmlns:pskc", "urn:ietf:params:xml:ns:keyprov:pskc"),
        ("version", "2.3"),
    ]);
    if let Some(id) = &document.content_id {
        cpix = cpix.with_attribute(("contentId", id.as_str()));
    }
    cpix.write_inner_content(|xml| {
        xml.create_element("ContentKeyList")
            .write_inner_content(|xml| {
                document.keys.iter().try_for_each(|key| write_key(xml, key))
            })?;
        xml.create_element("DRMSystemList")
            .write_inner_content(|xml| {
                let mut systems = document.systems.iter();
                systems.try_for_each(|(kid, system)| write_system(xml, document, *kid, system))
            })?;
        if !document.rules.is_empty() {
            xml.create_element("ContentKeyUsageRuleList")
                .write_inner_content(|xml| {
                    let mut rules = document.rules.iter();
                    rules.try_for_each(|rule| rule.write(xml))
                })?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_key(xml: &mut Xml, key: &Key) -> io::Result<()> {
    let kid = key.kid.hyphenated().to_string();
    let mut element = xml
        .create_element("ContentKey")
        .with_attribute(("kid", kid.as_str()));
    if let Some(iv) = &key.iv {
        element = element.with_attribute(("explicitIV", STANDARD.encode(iv).as_str()));
    }
    if let Some(scheme) = key.scheme.filter(|scheme| *scheme != Scheme::None) {
        element = element.with_attribute(("commonEncryptionScheme", scheme.as_str()));
    }
    let Some(secret) = &key.key else {
        element.write_empty()?;
        return Ok(());
    };
    element.write_inner_content(|xml| {
        xml.create_element("Data").write_inner_content(|xml| {
            xml.create_element("pskc:Secret")
                .write_inner_content(|xml| {
                    write_text(xml, "pskc:PlainValue", &STANDARD.encode(secret.0))
                })?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn write_system(
    xml: &mut Xml,
    document: &Document,
    kid: Uuid,
    system: &KeySystem,
) -> io::Result<()> {
    let key = document.keys.iter().find(|key| key.kid == kid);
    let scheme = key.and_then(|key| key.scheme).unwrap_or_default();
    xml.create_element("DRMSystem")
        .with_attributes([
            ("kid", kid.hyphenated().to_string().as_str()),
            ("systemId", system.id.hyphenated().to_string().as_str()),
        ])
        .write_inner_content(|xml| {
            if !system.pssh.is_empty() {
                write_text(xml, "PSSH", &STANDARD.encode(&system.pssh))?;
            }
            if let Some(address) = &system.license_uri {
                let address = escape(address.as_str());
                let data = format!(
                    "<dashif:Laurl xmlns:dashif=\"https://dashif.org/CPS\">{address}</dashif:Laurl>"
                );
                write_text(xml, "ContentProtectionData", &STANDARD.encode(data))?;
            }
            if let Some(line) = system_key(system, kid, scheme) {
                xml.create_element("HLSSignalingData")
                    .with_attribute(("playlist", "media"))
                    .write_text_content(BytesText::new(&STANDARD.encode(line)))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(text))?;
    Ok(())
}
