//! `moof`: a movie fragment (ISO/IEC 14496-12, 8.8).

use super::{
    boxes::{boxes, find, u32_at, u64_at, versioned},
    movie::{FragmentDefaults, Movie},
    samples::Sample,
};

/// The samples of one track in one fragment.
#[derive(Debug)]
pub struct Fragment {
    /// The track.
    pub track: u32,
    /// Decode time of the first sample, where the fragment says it.
    pub(super) decode_time: Option<u64>,
    /// The samples, their times counted from the fragment's start.
    pub(super) samples: Vec<Sample>,
    /// Sum of the samples' durations.
    pub(super) duration: u64,
}

/// Not a sync sample (8.8.3.1).
const NON_SYNC: u32 = 0x0001_0000;

/// Reads a fragment's tracks. `room` is how many samples may still be read of the file, and is taken
/// from: a run of samples that all share their size and duration costs a file next to nothing.
pub(super) fn parse(moof: &[u8], moof_at: u64, movie: &Movie, room: &mut usize) -> Vec<Fragment> {
    boxes(moof)
        .filter(|b| b.kind == *b"traf")
        .filter_map(|traf| parse_track(traf.body, moof_at, movie, room))
        .collect()
}

fn parse_track(traf: &[u8], moof_at: u64, movie: &Movie, room: &mut usize) -> Option<Fragment> {
    let tfhd = find(traf, b"tfhd")?;
    let track = u32_at(tfhd, 4)?;
    let trex = movie
        .defaults
        .iter()
        .find(|(id, _)| *id == track)
        .map(|(_, trex)| *trex);
    let (base, defaults) = header(tfhd, moof_at, trex.unwrap_or_default())?;
    let mut fragment = Fragment {
        track,
        decode_time: find(traf, b"tfdt").and_then(|tfdt| versioned(tfdt, 4, 4)),
        samples: Vec::new(),
        duration: 0,
    };
    let mut next_byte = base;
    for run in boxes(traf).filter(|b| b.kind == *b"trun") {
        let before = fragment.samples.len();
        take_run(
            run.body,
            base,
            &mut next_byte,
            defaults,
            *room,
            &mut fragment,
        )?;
        *room -= fragment.samples.len() - before;
    }
    Some(fragment)
}

/// The fragment's own base offset and defaults (`tfhd`, 8.8.7).
fn header(
    tfhd: &[u8],
    moof_at: u64,
    mut defaults: FragmentDefaults,
) -> Option<(u64, FragmentDefaults)> {
    let flags = u32_at(tfhd, 0)? & 0x00ff_ffff;
    let mut at = 8;
    let mut base = moof_at;
    if flags & 0x1 != 0 {
        base = u64_at(tfhd, at)?;
        at += 8;
    }
    if flags & 0x2 != 0 {
        at += 4;
    }
    for (flag, field) in [
        (0x8, &mut defaults.duration),
        (0x10, &mut defaults.size),
        (0x20, &mut defaults.flags),
    ] {
        if flags & flag != 0 {
            *field = u32_at(tfhd, at)?;
            at += 4;
        }
    }
    Some((base, defaults))
}

/// One run of samples (`trun`, 8.8.8).
fn take_run(
    trun: &[u8],
    base: u64,
    next_byte: &mut u64,
    defaults: FragmentDefaults,
    room: usize,
    fragment: &mut Fragment,
) -> Option<()> {
    let flags = u32_at(trun, 0)? & 0x00ff_ffff;
    let count = u32_at(trun, 4)? as usize;
    let mut at = 8;
    let mut field = |flag: u32| -> Option<Option<u32>> {
        if flags & flag == 0 {
            return Some(None);
        }
        let value = u32_at(trun, at)?;
        at += 4;
        Some(Some(value))
    };
    if let Some(offset) = field(0x1)? {
        *next_byte = base.checked_add_signed(i64::from(offset.cast_signed()))?;
    }
    let first_flags = field(0x4)?;
    for index in 0..count.min(room) {
        let duration = field(0x100)?.unwrap_or(defaults.duration);
        let bytes = field(0x200)?.unwrap_or(defaults.size);
        let own_flags = field(0x400)?.unwrap_or(defaults.flags);
        // Unsigned in version 0, but files write negative ones there too, and none is that large.
        let shift = field(0x800)?.unwrap_or(0).cast_signed();
        let flags = first_flags.filter(|_| index == 0).unwrap_or(own_flags);
        fragment.samples.push(Sample {
            time: i64::try_from(fragment.duration).ok()? + i64::from(shift),
            duration,
            offset: *next_byte,
            bytes,
            key: flags & NON_SYNC == 0,
        });
        fragment.duration += u64::from(duration);
        *next_byte = next_byte.saturating_add(u64::from(bytes));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes(), &kind[..], body].concat()
    }

    #[test]
    fn runs_that_claim_samples_without_end_share_the_files_room() {
        // Flags 0: all samples have the defaults, and take no byte of the box.
        let run = boxed(b"trun", &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        let header = boxed(b"tfhd", &[0, 0, 0, 0, 0, 0, 0, 1]);
        let moof = boxed(b"traf", &[header, run.clone(), run].concat());
        let movie = Movie {
            timescale: 1,
            fragmented: true,
            tracks: Vec::new(),
            defaults: Vec::new(),
        };
        let mut room = 10;
        let fragments = parse(&moof, 0, &movie, &mut room);
        assert_eq!((fragments[0].samples.len(), room), (10, 0));
        assert!(parse(&moof, 0, &movie, &mut room)[0].samples.is_empty());
    }
}
