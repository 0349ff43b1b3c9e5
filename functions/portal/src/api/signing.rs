//! Signed addresses for a file, whole or in parts.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use reeldrop_store::{Location, Store};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::new_upload::NewUpload;
use crate::Error;

/// Up to here one request carries the whole file.
const SINGLE_BYTES: u64 = 64 << 20;
const MIB: u64 = 1 << 20;
const MIN_PART_BYTES: u64 = 16 * MIB;
/// Parts of a large file: few enough that their addresses fit in one answer.
const PARTS: u64 = 2000;
/// How many parts are signed at a time: Google signs each by a request of its own.
const SIGNATURES: usize = 16;
/// A slow line takes its time; an address that ends earlier can be signed again.
const SIGNED_FOR: Duration = Duration::from_secs(12 * 3600);

/// How to send the file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum UploadPlan {
    /// In one request.
    Whole {
        /// Id of the upload.
        upload: Uuid,
        /// Name of the object in the uploads bucket.
        object: String,
        /// HTTP method.
        #[schema(example = "PUT")]
        method: String,
        /// Where to send the file.
        url: String,
        /// Headers to send with it.
        headers: BTreeMap<String, String>,
    },
    /// In parts, each by `PUT`, in any order and several at a time; then say that they are complete.
    Parts {
        /// Id of the upload.
        upload: Uuid,
        /// Name of the object in the uploads bucket.
        object: String,
        /// The store's id of the multipart upload.
        upload_id: String,
        /// Size of each part but the last, in bytes.
        part_size: u64,
        /// The parts.
        parts: Vec<Part>,
    },
}

/// Where to send one part.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Part {
    /// Number of the part, from 1.
    number: u32,
    /// Where to `PUT` it.
    url: String,
}

/// Signs all that the file needs.
pub(super) async fn plan(
    store: &Store,
    upload: Uuid,
    at: &Location,
    new: &NewUpload,
    metadata: &BTreeMap<String, String>,
) -> Result<UploadPlan, Error> {
    let kind = new.content_type.as_deref().filter(|kind| !kind.is_empty());
    if new.size_bytes <= SINGLE_BYTES {
        return whole(store, upload, at, kind, metadata).await;
    }
    let upload_id = store.create_multipart(at, kind, metadata).await?;
    in_parts(store, upload, at, upload_id, new.size_bytes).await
}

async fn whole(
    store: &Store,
    upload: Uuid,
    at: &Location,
    kind: Option<&str>,
    metadata: &BTreeMap<String, String>,
) -> Result<UploadPlan, Error> {
    let signed = store.presign_put(at, kind, metadata, SIGNED_FOR).await?;
    // Browsers set these themselves, and let nobody else.
    let own = |name: &str| matches!(name, "host" | "content-length");
    Ok(UploadPlan::Whole {
        upload,
        object: at.object.clone(),
        method: signed.method,
        url: signed.url,
        headers: signed
            .headers
            .into_iter()
            .filter(|(name, _)| !own(name))
            .collect(),
    })
}

async fn in_parts(
    store: &Store,
    upload: Uuid,
    at: &Location,
    upload_id: String,
    size_bytes: u64,
) -> Result<UploadPlan, Error> {
    let part_size = part_size(size_bytes);
    let count = u32::try_from(size_bytes.div_ceil(part_size)).unwrap_or(u32::MAX);
    let parts = sign(store, at, &upload_id, (1..=count).collect()).await?;
    let object = at.object.clone();
    Ok(UploadPlan::Parts {
        upload,
        object,
        upload_id,
        part_size,
        parts,
    })
}

/// Whole mebibytes, so that at most [`PARTS`] of them hold the file. S3 takes parts of up to 5 GiB.
fn part_size(size_bytes: u64) -> u64 {
    (size_bytes.div_ceil(PARTS).div_ceil(MIB) * MIB).max(MIN_PART_BYTES)
}

pub(super) async fn sign(
    store: &Store,
    at: &Location,
    upload_id: &str,
    numbers: Vec<u32>,
) -> Result<Vec<Part>, Error> {
    if numbers.len() as u64 > PARTS {
        return Err(Error::invalid(
            format!("{} parts at once are too many.", numbers.len()),
            "Ask for at most 2,000 at a time.",
        ));
    }
    let sign = async |wanted| {
        let part = number(wanted)?;
        let signed = store.presign_part(at, upload_id, part, SIGNED_FOR).await?;
        Ok(Part {
            number: wanted,
            url: signed.url,
        })
    };
    let signed = stream::iter(numbers).map(sign);
    signed.buffered(SIGNATURES).try_collect().await
}

pub(super) fn number(number: u32) -> Result<i32, Error> {
    match i32::try_from(number) {
        Ok(number @ 1..=10_000) => Ok(number),
        _ => Err(Error::invalid(
            format!("There is no part {number}."),
            "Number parts from 1 to 10,000.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::new_upload::MAX_BYTES;

    #[test]
    fn parts_stay_within_the_stores_limits_for_any_size() {
        for size in [SINGLE_BYTES + 1, 1 << 30, 100 << 30, MAX_BYTES] {
            let part = part_size(size);
            assert!(part.is_multiple_of(MIB) && (MIN_PART_BYTES..=5 << 30).contains(&part));
            assert!(size.div_ceil(part) <= PARTS, "{size}");
        }
    }
}
