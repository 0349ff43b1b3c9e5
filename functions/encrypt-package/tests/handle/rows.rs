//! What catalog-write would keep.

use reeldrop_events::{AssetId, PackageNo, PackagedRendition, Scheme, Source, Tiles};
use tokio_postgres::{Client, types::Json};
use uuid::Uuid;

use crate::title::{AUDIO, media, plan};

pub(crate) async fn title(client: &Client, source: &Source, scheme: Scheme) {
    let asset = AssetId::of(source);
    let (media, plan) = (
        serde_json::to_value(media()).unwrap(),
        serde_json::to_value(plan(scheme)).unwrap(),
    );
    client
        .execute(
            "insert into assets (id, bucket, object, version, size_bytes, media, plan, created_at)
             values ($1, $2, $3, $4, 5, $5, $6, '2026-11-20 10:00:00Z')",
            &[
                &asset.0,
                &source.bucket,
                &source.object,
                &source.version,
                &Json(media),
                &Json(plan),
            ],
        )
        .await
        .unwrap();
    package(client, asset, PackageNo::FIRST, scheme, None).await;
}

pub(crate) async fn package(
    client: &Client,
    asset: AssetId,
    package: PackageNo,
    scheme: Scheme,
    kid: Option<Uuid>,
) {
    client
        .execute(
            "insert into packages (asset, package, scheme, kid, planned, created_at)
             values ($1, $2, $3, $4, true, '2026-11-20 10:00:05Z')",
            &[&asset.0, &(package.0 as i32), &scheme.as_str(), &kid],
        )
        .await
        .unwrap();
}

/// Keeps a rendition's segments below `until`.
pub(crate) async fn packaged(
    client: &Client,
    asset: AssetId,
    package: PackageNo,
    rendition: &PackagedRendition,
    until: u32,
) {
    let number = package.0 as i32;
    let kind = if rendition.name == AUDIO {
        "audio"
    } else {
        "video"
    };
    client
        .execute(
            "insert into renditions (asset, package, name, kind, timescale, codec)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            &[
                &asset.0,
                &number,
                &rendition.name,
                &kind,
                &(rendition.timescale as i32),
                &rendition.codec,
            ],
        )
        .await
        .unwrap();
    for segment in rendition
        .segments
        .iter()
        .filter(|segment| segment.number < until)
    {
        client
            .execute(
                "insert into segments
                 (asset, package, rendition, number, start_ticks, duration_ticks, bytes, samples)
                 values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
                &[
                    &asset.0,
                    &number,
                    &rendition.name,
                    &(segment.number as i32),
                    &(segment.start_ticks as i64),
                    &(segment.duration_ticks as i64),
                    &(segment.bytes as i64),
                    &(segment.samples as i32),
                ],
            )
            .await
            .unwrap();
    }
}

/// Keeps a rendition's key frames.
pub(crate) async fn key_frames(client: &Client, asset: AssetId, rendition: &PackagedRendition) {
    for key in &rendition.key_frames {
        client
            .execute(
                "insert into key_frames values ($1, 1, $2, $3, $4, $5, $6)",
                &[
                    &asset.0,
                    &rendition.name,
                    &(key.segment as i32),
                    &(key.start_ticks as i64),
                    &(key.offset as i64),
                    &(key.bytes as i64),
                ],
            )
            .await
            .unwrap();
    }
}

pub(crate) async fn reached(client: &Client, asset: AssetId, contiguous: i32, complete: bool) {
    client
        .execute(
            "update packages set contiguous = $2, complete = $3 where asset = $1",
            &[&asset.0, &contiguous, &complete],
        )
        .await
        .unwrap();
}

/// Keeps a storyboard of one sheet.
pub(crate) async fn storyboard(client: &Client, asset: AssetId) {
    let tiles = Tiles {
        width: 160,
        height: 90,
        columns: 4,
        rows: 1,
        interval_ms: 2_000,
        sheet_bytes: vec![20_000],
    };
    client
        .execute(
            "insert into thumbnails (asset, state, tiles) values ($1, 'completed', $2)",
            &[&asset.0, &serde_json::to_value(tiles).unwrap()],
        )
        .await
        .unwrap();
}

/// Keeps a caption track in place of the one before it.
pub(crate) async fn captions(client: &Client, asset: AssetId, name: &str) {
    client
        .execute(
            "insert into captions (asset, language, name, label, origin, configuration, segment_ticks,
                                   duration_ticks, segments, vtt, srt)
             values ($1, 'en', $2, 'English', 'speech', 'english', 540000, 720000, 2, 'vtt', 'srt')
             on conflict (asset, language, kind) do update set name = excluded.name",
            &[&asset.0, &name],
        )
        .await
        .unwrap();
}
