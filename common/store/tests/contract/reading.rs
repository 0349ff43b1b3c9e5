//! Parts of objects: ranges, streams, and readers for threads that block.

use bytes::Bytes;
use futures::TryStreamExt;
use reeldrop_store::StoreError;

use super::{bytes, put};
use crate::Buckets;

#[tokio::test]
async fn ranges_are_cut_at_the_end_of_the_object() {
    let buckets = Buckets::start().await;
    let at = put(&buckets, "ranges", bytes(1000)).await;
    let all = bytes(1000);
    for range in [
        0..1,
        0..1000,
        999..1000,
        100..900,
        990..2000,
        1000..1001,
        5000..6000,
        7..7,
    ] {
        let (start, end) = (range.start.min(1000) as usize, range.end.min(1000) as usize);
        assert_eq!(
            buckets.store.get_range(&at, range.clone()).await.unwrap(),
            all[start..end],
            "{range:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_of_a_range_knows_the_whole_objects_size() {
    let buckets = Buckets::start().await;
    let at = put(&buckets, "stream", bytes(100_000)).await;
    let (info, pieces) = buckets.store.stream(&at, Some(10..50_010)).await.unwrap();
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    let head = buckets.store.head(&at).await.unwrap();
    assert_eq!(head, Some(info), "a stream knows as much as a look");
    assert_eq!(pieces.concat(), bytes(100_000)[10..50_010]);
    let (info, pieces) = buckets.store.stream(&at, None).await.unwrap();
    let whole: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!((info.size_bytes, whole.concat().len()), (100_000, 100_000));
    let beyond = buckets.store.stream(&at, Some(100_000..100_001)).await;
    assert!(matches!(beyond.err().unwrap(), StoreError::OutOfRange(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_reads_across_blocks_and_not_more_than_it_must() {
    const SIZE: usize = 30 << 20;
    let buckets = Buckets::start().await;
    let at = put(&buckets, "film.mp4", bytes(SIZE)).await;
    let reader = buckets.store.reader(at, SIZE as u64);
    tokio::task::spawn_blocking(move || {
        let all = bytes(SIZE);
        let block = 256 << 10;
        for (offset, len) in [
            (0, 8),
            (SIZE - 8, 8),
            (block - 3, 6),
            (3 * block - 1, 2 * block),
            (SIZE - 2, 100),
            (SIZE, 10),
            (SIZE + 7, 10),
            (0, 5 << 20),
        ] {
            let expected = &all[offset.min(SIZE)..(offset + len).min(SIZE)];
            assert_eq!(
                reader.read_at(offset as u64, len).unwrap(),
                expected,
                "{len} at {offset}"
            );
        }
        let read = reader.bytes_read();
        assert!(read < 8 << 20, "{read} bytes for a few blocks and 5 MiB");
        for offset in (0..SIZE).step_by(1000) {
            let expected = &all[offset..(offset + 1000).min(SIZE)];
            assert_eq!(
                reader.read_at(offset as u64, 1000).unwrap(),
                expected,
                "at {offset}"
            );
        }
        let read = reader.bytes_read() - read;
        assert!(read <= SIZE as u64, "{read} bytes for one pass");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_a_version_notices_that_it_was_replaced() {
    let buckets = Buckets::start().await;
    let at = put(&buckets, "film.mp4", bytes(1 << 20)).await;
    let version = buckets.store.head(&at).await.unwrap().unwrap().version;
    let reader = buckets
        .store
        .reader(at.clone(), 1 << 20)
        .of_version(&version);
    let other = buckets.store.reader(at.clone(), 2 << 20);
    let before = reader.clone();
    let read = tokio::task::spawn_blocking(move || before.read_at(0, 10))
        .await
        .unwrap();
    assert_eq!(read.unwrap().len(), 10);
    put(&buckets, "film.mp4", vec![0; 1 << 20]).await;
    let read = tokio::task::spawn_blocking(move || reader.read_at(900_000, 10))
        .await
        .unwrap();
    assert!(matches!(read.unwrap_err(), StoreError::Changed(_)));
    let read = tokio::task::spawn_blocking(move || other.read_at(0, 2 << 20))
        .await
        .unwrap();
    assert!(
        matches!(read.unwrap_err(), StoreError::Changed(_)),
        "it is not as long as it was said to be"
    );
}
