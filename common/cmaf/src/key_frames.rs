//! Finding the key frames of a segment that decode alone.

use reeldrop_events::KeyFrame;

use crate::CmafError;
use crate::boxes::tfhd::read_tfdt;
use crate::boxes::{BoxRef, Cursor, iter};

/// Flag of a sample that is no sync sample (ISO/IEC 14496-12, 8.8.3.1).
const NON_SYNC: u32 = 0x01_0000;

/// The key frames of segment `number` that stand in fragments of their own, in order.
///
/// A fragment of more samples is left out: its `moof` promises what a range that ends with the first
/// sample does not have. So is one whose samples' flags only the header (`trex`) tells.
///
/// # Errors
/// [`CmafError`] where boxes are cut short.
pub fn key_frames(number: u32, segment: &[u8]) -> Result<Vec<KeyFrame>, CmafError> {
    let mut found = Vec::new();
    let mut waiting: Option<(usize, u64)> = None;
    for part in iter(segment) {
        let part = part?;
        if part.kind == b"moof" {
            waiting = single_key(&part)?.map(|start_ticks| (part.offset, start_ticks));
            continue;
        }
        if let Some((offset, start_ticks)) = waiting.take()
            && part.kind == b"mdat"
        {
            found.push(KeyFrame {
                segment: number,
                start_ticks,
                offset: offset as u64,
                bytes: (part.end() - offset) as u64,
            });
        }
    }
    Ok(found)
}

/// When the one sample of `moof` is shown, where it has just one and that is a key frame.
fn single_key(moof: &BoxRef<'_>) -> Result<Option<u64>, CmafError> {
    let mut trafs = Vec::new();
    for found in moof.children() {
        let found = found?;
        if found.kind == b"traf" {
            trafs.push(found);
        }
    }
    let [traf] = trafs.as_slice() else {
        return Ok(None);
    };
    let (Some(tfhd), Some(tfdt), Some(trun)) = (
        traf.children().find(b"tfhd")?,
        traf.children().find(b"tfdt")?,
        traf.children().find(b"trun")?,
    ) else {
        return Ok(None);
    };
    let Some(sample) = Single::read(&trun, default_flags(&tfhd)?)? else {
        return Ok(None);
    };
    let start = read_tfdt(&tfdt)?.checked_add_signed(sample.composition_offset);
    Ok(start.filter(|_| sample.sync))
}

/// The only sample of a run.
struct Single {
    sync: bool,
    composition_offset: i64,
}

impl Single {
    // ISO/IEC 14496-12, 8.8.8.1.
    fn read(trun: &BoxRef<'_>, mut sample_flags: Option<u32>) -> Result<Option<Self>, CmafError> {
        let (version, flags, content) = trun.full()?;
        let mut cursor = Cursor::new(content, "trun");
        if cursor.u32()? != 1 {
            return Ok(None);
        }
        let mut field = |flag: u32| -> Result<Option<u32>, CmafError> {
            (flags & flag != 0).then(|| cursor.u32()).transpose()
        };
        field(0x001)?;
        sample_flags = field(0x004)?.or(sample_flags);
        field(0x100)?;
        field(0x200)?;
        sample_flags = field(0x400)?.or(sample_flags);
        let offset = field(0x800)?.unwrap_or(0);
        Ok(sample_flags.map(|flags| Self {
            sync: flags & NON_SYNC == 0,
            // Version 0 has no negative offsets.
            composition_offset: match version {
                0 => i64::from(offset),
                _ => i64::from(offset.cast_signed()),
            },
        }))
    }
}

/// `default_sample_flags` (8.8.7.1), where the fragment has them.
fn default_flags(tfhd: &BoxRef<'_>) -> Result<Option<u32>, CmafError> {
    let (_, flags, content) = tfhd.full()?;
    let mut cursor = Cursor::new(content, "tfhd");
    cursor.u32()?;
    for (flag, bytes) in [(0x01, 8), (0x02, 4), (0x08, 4), (0x10, 4)] {
        if flags & flag != 0 {
            cursor.take(bytes)?;
        }
    }
    (flags & 0x20 != 0).then(|| cursor.u32()).transpose()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::fragment::{self, FragmentHeader, Sample};

    const HEADER: FragmentHeader = FragmentHeader {
        sequence: 4,
        base_decode_time: 90_000,
    };

    fn samples(sync: &[bool]) -> Vec<Sample> {
        let sample = |(at, sync): (usize, &bool)| Sample {
            data: Bytes::from(vec![u8::try_from(at).unwrap(); 10 + at]),
            duration: 3_000,
            composition_offset: if at == 0 { 600 } else { 0 },
            sync: *sync,
        };
        sync.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn every_key_frame_of_a_segment_of_pictures_is_a_fragment_that_decodes_alone() {
        let samples = samples(&[true, false, false, true, true, false]);
        let mut segment = b"before".to_vec();
        fragment::write_pictures(&HEADER, &samples, &mut segment).unwrap();
        let segment = &segment[6..];
        let keys = key_frames(7, segment).unwrap();
        let times: Vec<_> = keys
            .iter()
            .map(|key| (key.segment, key.start_ticks))
            .collect();
        assert_eq!(times, [(7, 90_600), (7, 99_000), (7, 102_000)]);
        for (key, at) in keys.iter().zip([0, 3, 4]) {
            let range = key.offset as usize..(key.offset + key.bytes) as usize;
            let alone: Vec<_> = iter(&segment[range]).map(Result::unwrap).collect();
            let kinds: Vec<_> = alone.iter().map(|found| found.kind.to_string()).collect();
            assert_eq!(kinds, ["moof", "mdat"]);
            assert_eq!(alone[1].payload, &samples[at].data[..]);
        }
        let media: Vec<u8> = iter(segment)
            .map(Result::unwrap)
            .filter(|found| found.kind == b"mdat")
            .flat_map(|found| found.payload.to_vec())
            .collect();
        let all: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.data.to_vec())
            .collect();
        assert_eq!(media, all);
    }

    #[test]
    fn numbers_of_fragments_grow_from_segment_to_segment() {
        let mut last = 0;
        for sequence in 1..4 {
            let header = FragmentHeader { sequence, ..HEADER };
            let mut segment = Vec::new();
            let samples = samples(&[true, false, true, false]);
            fragment::write_pictures(&header, &samples, &mut segment).unwrap();
            for moof in iter(&segment)
                .map(Result::unwrap)
                .filter(|b| b.kind == b"moof")
            {
                let mfhd = moof.children().find(b"mfhd").unwrap().unwrap();
                let number = u32::from_be_bytes(mfhd.payload[4..8].try_into().unwrap());
                assert!(number > last, "{number} after {last}");
                last = number;
            }
        }
    }

    #[test]
    fn a_key_frame_in_a_fragment_with_others_does_not_decode_alone() {
        let mut segment = Vec::new();
        fragment::write(&HEADER, &samples(&[true, false]), &mut segment).unwrap();
        assert_eq!(key_frames(0, &segment).unwrap(), []);
    }

    #[test]
    fn nothing_is_a_segment_of_no_pictures() {
        let mut out = Vec::new();
        assert!(fragment::write_pictures(&HEADER, &[], &mut out).is_err());
        assert!(out.is_empty());
    }

    #[test]
    fn damage_is_an_error_or_no_key_frame() {
        let mut segment = Vec::new();
        fragment::write_pictures(&HEADER, &samples(&[true, false, true]), &mut segment).unwrap();
        for end in 0..segment.len() {
            let found = key_frames(0, &segment[..end]).unwrap_or_default();
            assert!(found.iter().all(|key| key.offset + key.bytes <= end as u64));
        }
    }
}
