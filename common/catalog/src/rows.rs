//! From columns to the words of the events.

use std::str::FromStr;

use reeldrop_events::{AssetId, PackageNo, Source};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{CatalogError, Pictures};

/// A column's word as the value that it names.
pub(crate) fn word<T: FromStr>(row: &Row, column: &'static str) -> Result<T, CatalogError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| CatalogError::Value {
        column,
        value: text.to_owned(),
    })
}

/// A column's word where there is one.
pub(crate) fn maybe_word<T: FromStr>(
    row: &Row,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|_| word(row, column)).transpose()
}

/// A count or size: PostgreSQL has no unsigned numbers.
pub(crate) fn count<T: TryFrom<i64>>(row: &Row, column: &'static str) -> Result<T, CatalogError> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| CatalogError::Value {
        column,
        value: value.to_string(),
    })
}

/// A count or size where there is one.
pub(crate) fn maybe_count<T: TryFrom<i64>>(
    row: &Row,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let value: Option<i64> = row.try_get(column)?;
    value.map(|_| count(row, column)).transpose()
}

/// A package's number where there is one.
pub(crate) fn maybe_package(
    row: &Row,
    column: &'static str,
) -> Result<Option<PackageNo>, CatalogError> {
    let value: Option<i32> = row.try_get(column)?;
    Ok(value.and_then(|n| u32::try_from(n).ok()).map(PackageNo))
}

/// A title's id.
pub(crate) fn asset_id(row: &Row, column: &str) -> Result<AssetId, CatalogError> {
    Ok(AssetId(row.try_get::<_, Uuid>(column)?))
}

/// The columns `bucket`, `object`, `version` and `size_bytes`.
pub(crate) fn source(row: &Row) -> Result<Option<Source>, CatalogError> {
    let Some(bucket) = row.try_get("bucket")? else {
        return Ok(None);
    };
    Ok(Some(Source {
        bucket,
        object: row.try_get("object")?,
        version: row.try_get("version")?,
        size_bytes: count(row, "size_bytes")?,
    }))
}

/// The columns of the table `thumbnails`, where it has a row with a poster.
pub(crate) fn pictures(row: &Row) -> Result<Option<Pictures>, CatalogError> {
    let Some(poster) = row.try_get("poster")? else {
        return Ok(None);
    };
    Ok(Some(Pictures {
        poster,
        poster_width: count(row, "poster_width")?,
        poster_height: count(row, "poster_height")?,
        poster_time_ms: count(row, "poster_time_ms")?,
        storyboard: row.try_get("storyboard")?,
        preview: row.try_get("preview")?,
    }))
}
