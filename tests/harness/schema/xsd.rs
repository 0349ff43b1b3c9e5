//! The schema itself, where somebody has it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

/// The folder of the schema, where somebody has it.
#[must_use]
pub fn xsd_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_DASH_SCHEMA").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("DASH-MPD.xsd").is_file());
    if found.is_none() {
        #[expect(clippy::print_stdout, reason = "a skipped test says so")]
        {
            println!(
                "skipped: the MPEG schema itself; set REELDROP_DASH_SCHEMA to a folder with its \
                 DASH-MPD.xsd (https://github.com/MPEGGroup/DASHSchema) to ask it, too"
            );
        }
    }
    found
}

/// Where the schema looks for the attributes of XLink.
const XLINK: &str = "http://www.w3.org/XML/2008/06/xlink.xsd";

/// What the schema needs of XLink: four attributes, which our manifests do not have.
const XLINK_STUB: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://www.w3.org/1999/xlink">
  <xs:attribute name="href" type="xs:anyURI"/>
  <xs:attribute name="actuate" type="xs:string"/>
  <xs:attribute name="type" type="xs:string"/>
  <xs:attribute name="show" type="xs:string"/>
</xs:schema>"#;

/// What the schema in `folder` says against a manifest: nothing where it is valid.
///
/// # Errors
/// Where xmllint (libxml2-utils) is not there, or files cannot be written.
pub fn xsd(folder: &Path, mpd: &str) -> Result<String> {
    let at = tempfile::tempdir()?;
    let own = |name: &str| at.path().join(name);
    let schema = fs::read_to_string(folder.join("DASH-MPD.xsd"))?;
    fs::write(own("schema.xsd"), schema.replace(XLINK, "xlink.xsd"))?;
    fs::write(own("xlink.xsd"), XLINK_STUB)?;
    fs::write(own("stream.mpd"), mpd)?;
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(own("schema.xsd"))
        .arg(own("stream.mpd"))
        .output()
        .context("xmllint is needed to ask the schema: apt-get install libxml2-utils")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(if output.status.success() {
        String::new()
    } else {
        said
    })
}
