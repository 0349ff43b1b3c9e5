//! What a key server says of a key besides the key: a CPIX document without it.

use reeldrop_catalog::ContentKey;
use reeldrop_cmaf::{CmafError, cpix, presentation::KeySystem};

use crate::Error;

/// The key with the document that came with it, whose vector is the key's too.
///
/// # Errors
/// [`Error::KeyDocument`].
pub(crate) fn described(key: ContentKey, document: Option<String>) -> Result<ContentKey, Error> {
    let Some(document) = document else {
        return Ok(key);
    };
    let read = read(&document)?;
    let mut vectors = read.keys.iter().filter(|said| said.kid == key.kid);
    let iv = vectors.find_map(|said| said.iv).unwrap_or(key.iv);
    Ok(ContentKey {
        iv,
        document: Some(document),
        ..key
    })
}

/// The commercial key systems that have the key.
///
/// # Errors
/// [`Error::KeyDocument`].
pub(crate) fn of(key: &ContentKey) -> Result<Vec<KeySystem>, Error> {
    match &key.document {
        Some(document) => Ok(read(document)?.systems_of(key.kid)),
        None => Ok(Vec::new()),
    }
}

fn read(document: &str) -> Result<cpix::Document, Error> {
    cpix::read(document).map_err(|cause: CmafError| Error::KeyDocument(cause))
}
