//! Keys as key servers bring them: CPIX documents.

use reeldrop_catalog::ContentKey;
use reeldrop_cmaf::{cpix, protect};
use reeldrop_events::{AssetId, Scheme};
use reeldrop_packager::only_key_of;

use crate::Error;

/// What is kept of a document stands in each manifest: some hundred bytes for each key system.
const MAX_KEPT_BYTES: usize = 64 << 10;

/// The key of a document, with what it says of commercial key systems, and the scheme that it wants.
///
/// Nothing of the document appears in the error but key ids and names of key systems.
pub(crate) fn read(text: &str) -> Result<(ContentKey, Option<Scheme>), Error> {
    let document = cpix::read(text).map_err(|error| refused(&error))?;
    let (key, scheme) = only_key_of(&document).map_err(|error| refused(&error))?;
    let mut kept = cpix::Document::default();
    kept.keys.push(cpix::Key {
        kid: key.kid,
        key: None,
        iv: key.iv,
        scheme: None,
    });
    kept.systems = key
        .systems
        .into_iter()
        .map(|system| (key.kid, system))
        .collect();
    let kept = cpix::write(&kept);
    if kept.len() > MAX_KEPT_BYTES {
        return Err(refused(
            &"what it says of key systems is longer than 64 KiB",
        ));
    }
    let made = ContentKey::with_random_iv(key.kid, key.key.0);
    Ok((
        ContentKey {
            iv: key.iv.unwrap_or(made.iv),
            document: Some(kept),
            ..made
        },
        scheme,
    ))
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::invalid(
        format!("The CPIX document cannot be used: {error}."),
        "Send the document as the key server has answered with it, with one content key in plain text.",
    )
}

/// The document of a title's key, the key itself included, for its owner.
pub(crate) fn write(asset: AssetId, key: &ContentKey, scheme: Scheme) -> String {
    // What is kept was written by `read`.
    let kept = key.document.as_deref().map(cpix::read);
    let mut document = kept.and_then(Result::ok).unwrap_or_default();
    document.content_id = Some(asset.to_string());
    document.keys = vec![cpix::Key {
        kid: key.kid,
        key: Some(protect::ContentKey(key.key)),
        // Of `cenc` the vector counts on, and is no constant.
        iv: (scheme == Scheme::Cbcs).then_some(key.iv),
        scheme: Some(scheme),
    }];
    cpix::write(&document)
}
