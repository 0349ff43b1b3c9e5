//! `ContentProtection`: how samples are encrypted, and where the key is.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::events::BytesText;

use super::Xml;
use crate::presentation::{KeySystem, Protection};

/// Any Common Encryption scheme (ISO/IEC 23009-1, section 5.8.5.2).
const MP4_PROTECTION: &str = "urn:mpeg:dash:mp4protection:2011";

/// ClearKey with a licence address (DASH-IF IOP, section 7.6.2.4): Shaka Player and dash.js take it
/// without any configuration.
const CLEAR_KEY: &str = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";

/// W3C Common PSSH: the key ids alone. It comes after ClearKey and not within it: Shaka Player asks
/// the first of the two for the licence's address, and dash.js takes a PSSH within for JSON.
const COMMON_PSSH: &str = "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b";

/// Writes the descriptors of one adaptation set.
pub(super) fn write(xml: &mut Xml, protection: &Protection) -> io::Result<()> {
    let kid = protection.kid.hyphenated().to_string();
    xml.create_element("ContentProtection")
        .with_attributes([
            ("schemeIdUri", MP4_PROTECTION),
            ("value", protection.scheme.as_str()),
            ("cenc:default_KID", kid.as_str()),
        ])
        .write_empty()?;
    xml.create_element("ContentProtection")
        .with_attributes([
            ("schemeIdUri", CLEAR_KEY),
            ("value", "ClearKey1.0"),
            ("cenc:default_KID", kid.as_str()),
        ])
        .write_inner_content(|xml| {
            xml.create_element("dashif:Laurl")
                .with_attribute(("licenseType", "EME-1.0"))
                .write_text_content(BytesText::new(&protection.license_uri))?;
            Ok(())
        })?;
    xml.create_element("ContentProtection")
        .with_attributes([
            ("schemeIdUri", COMMON_PSSH),
            ("cenc:default_KID", kid.as_str()),
        ])
        .write_inner_content(|xml| write_pssh(xml, &protection.pssh))?;
    for system in &protection.systems {
        write_system(xml, system, &kid)?;
    }
    Ok(())
}

/// A commercial key system: what its players need to ask their own licence server.
fn write_system(xml: &mut Xml, system: &KeySystem, kid: &str) -> io::Result<()> {
    let scheme = format!("urn:uuid:{}", system.id.hyphenated());
    xml.create_element("ContentProtection")
        .with_attributes([("schemeIdUri", scheme.as_str()), ("cenc:default_KID", kid)])
        .write_inner_content(|xml| {
            if !system.pssh.is_empty() {
                write_pssh(xml, &system.pssh)?;
            }
            // PlayReady's own element, which players older than `cenc:pssh` look for.
            if system.id == KeySystem::PLAYREADY
                && let Some(object) = system.pssh_data()
            {
                xml.create_element("mspr:pro")
                    .with_attribute(("xmlns:mspr", "urn:microsoft:playready"))
                    .write_text_content(BytesText::new(&STANDARD.encode(object)))?;
            }
            if let Some(address) = &system.license_uri {
                xml.create_element("dashif:Laurl")
                    .write_text_content(BytesText::new(address))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_pssh(xml: &mut Xml, pssh: &[u8]) -> io::Result<()> {
    xml.create_element("cenc:pssh")
        .write_text_content(BytesText::new(&STANDARD.encode(pssh)))?;
    Ok(())
}
