//! One page of a listing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::Metadata,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsV2Input, ListObjectsV2Output, Object, Timestamp,
};

/// The most that one page holds.
const PAGE: i32 = 1_000;

/// The page that the request asks for, of the objects whose names begin with its prefix.
///
/// The continuation token is the last name of the page before.
pub(super) fn page(
    input: &ListObjectsV2Input,
    objects: BTreeMap<String, Metadata>,
) -> ListObjectsV2Output {
    let most = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input
        .continuation_token
        .as_ref()
        .or(input.start_after.as_ref());
    let encode = |text: &str| match input.encoding_type.as_ref().map(EncodingType::as_str) {
        Some(EncodingType::URL) => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        Some(_) | None => text.to_owned(),
    };
    let mut contents = Vec::new();
    let mut folders = BTreeSet::new();
    let mut last = None;
    let mut is_truncated = false;
    for (key, content) in objects {
        let folder = input
            .delimiter
            .as_deref()
            .and_then(|delimiter| folder(&key, &prefix, delimiter));
        let name = folder.unwrap_or(&key).to_owned();
        if after.is_some_and(|after| name <= *after) || folders.contains(&name) {
            continue;
        }
        if i32::try_from(contents.len() + folders.len()).is_ok_and(|count| count >= most) {
            is_truncated = true;
            break;
        }
        last = Some(name.clone());
        if folder.is_some() {
            folders.insert(name);
        } else {
            contents.push(Object {
                key: Some(encode(&key)),
                size: i64::try_from(content.len()).ok(),
                last_modified: content.modified().ok().map(Timestamp::from),
                ..Default::default()
            });
        }
    }
    let key_count = i32::try_from(contents.len() + folders.len()).ok();
    let common = |name: String| CommonPrefix {
        prefix: Some(encode(&name)),
    };
    ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(prefix),
        delimiter: input.delimiter.clone(),
        max_keys: Some(most),
        key_count,
        is_truncated: Some(is_truncated),
        continuation_token: input.continuation_token.clone(),
        next_continuation_token: last.filter(|_| is_truncated),
        start_after: input.start_after.clone(),
        encoding_type: input.encoding_type.clone(),
        contents: Some(contents),
        common_prefixes: Some(folders.into_iter().map(common).collect()),
        ..Default::default()
    }
}

/// The part of the name up to the delimiter after the prefix.
fn folder<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    let end = key.get(prefix.len()..)?.find(delimiter)?;
    key.get(..prefix.len() + end + delimiter.len())
}
