//! `ContentProtection`: how samples are encrypted, and where the key is.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::events::BytesText;

use super::Xml;
use crate::presentation::Protection;

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
        .write_inner_content(|xml| {
            xml.create_element("cenc:pssh")
                .write_text_content(BytesText::new(&STANDARD.encode(&protection.pssh)))?;
            Ok(())
        })?;
    Ok(())
}
