//! Writes Matroska files with a subtitle track, well made or not.

use bytes::Bytes;

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const CUES: u32 = 0x1c53_bb6b;

/// The number of the subtitle track.
pub(crate) const TRACK: u8 = 3;

/// An element with its size in eight bytes.
pub(crate) fn element(id: u32, body: &[u8]) -> Vec<u8> {
    sized(id, body.len() as u64, body)
}

/// An element that says of itself that it is so long.
pub(crate) fn sized(id: u32, size: u64, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|byte| *byte != 0).unwrap()..];
    [id, &(size | 1 << 56).to_be_bytes(), body].concat()
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

/// A caption: a block group of the subtitle track, in milliseconds after its cluster's time.
pub(crate) fn block(at_ms: i16, duration_ms: Option<u64>, text: &[u8]) -> Vec<u8> {
    let head = [
        0x80 | TRACK,
        at_ms.to_be_bytes()[0],
        at_ms.to_be_bytes()[1],
        0,
    ];
    let block = element(0xa1, &[&head[..], text].concat());
    let duration = duration_ms.map(|duration| number(0x9b, duration));
    element(0xa0, &[block, duration.unwrap_or_default()].concat())
}

/// A cue point of the subtitle track, that shows a block `relative` bytes into the cluster at `cluster`.
pub(crate) fn cue(at_ms: u64, cluster: u64, relative: u64) -> Vec<u8> {
    let track = number(0xf7, u64::from(TRACK));
    let places = [track, number(0xf1, cluster), number(0xf0, relative)].concat();
    element(
        0xbb,
        &[number(0xb3, at_ms), element(0xb7, &places)].concat(),
    )
}

/// A file of one track in this codec, and one cluster at time 0 behind these cues.
pub(crate) fn file(codec: &str, cues: &[u8], blocks: &[u8]) -> Bytes {
    let entry = [
        number(0xd7, u64::from(TRACK)),
        number(0x83, 0x11),
        element(0x86, codec.as_bytes()),
    ];
    let tracks = element(TRACKS, &element(0xae, &entry.concat()));
    let cues = match cues {
        [] => Vec::new(),
        cues => element(CUES, cues),
    };
    let cluster = element(CLUSTER, &[number(0xe7, 0), blocks.to_vec()].concat());
    let segment = element(SEGMENT, &[tracks, cues, cluster].concat());
    [element(EBML, b""), segment].concat().into()
}

/// Where the cluster of [`file`] begins, in its segment, behind cues of so many bytes.
pub(crate) fn cluster_at(codec: &str, cues_bytes: usize) -> u64 {
    let without = file(codec, &vec![0; cues_bytes], b"");
    let cluster = without
        .windows(4)
        .rposition(|id| id == CLUSTER.to_be_bytes());
    // The segment's content begins behind two headers of twelve bytes.
    cluster.unwrap() as u64 - 24
}
