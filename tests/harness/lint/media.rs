//! What init segments and media segments say of themselves, read box by box.

use reeldrop_cmaf::boxes::{BoxRef, iter};

/// What an init segment says of its one track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Init {
    pub(super) video: bool,
    pub(super) timescale: u32,
    /// Blocks that are encrypted and blocks that are skipped, where samples are encrypted.
    pub(super) pattern: Option<(u8, u8)>,
    defaults: Sample,
}

/// One sample of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) duration: u32,
    pub(super) size: u32,
    flags: u32,
}

impl Sample {
    /// ISO/IEC 14496-12, 8.8.3.1.
    pub(super) fn is_key(self) -> bool {
        self.flags & 0x01_0000 == 0
    }
}

/// One `moof` with its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) samples: Vec<Sample>,
    /// Bytes of the `mdat` after it that are there.
    pub(super) media: usize,
}

fn number(data: &[u8], at: usize) -> u32 {
    let field = data.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_be_bytes)
}

/// The box at the end of `path`, each inside the one before.
fn descend<'a>(data: &'a [u8], path: &[&[u8; 4]]) -> Option<BoxRef<'a>> {
    let (kind, rest) = path.split_first()?;
    let found = iter(data).find(kind).ok()??;
    match rest {
        [] => Some(found),
        rest => descend(found.payload, rest),
    }
}

impl Init {
    /// None where it has no track.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let trak = descend(data, &[b"moov", b"trak"])?.payload;
        let mdhd = descend(trak, &[b"mdia", b"mdhd"])?.payload;
        let timescale = number(mdhd, if mdhd.first() == Some(&1) { 20 } else { 12 });
        let hdlr = descend(trak, &[b"mdia", b"hdlr"])?.payload;
        let video = hdlr.get(8..12) == Some(b"vide");
        let stsd = descend(trak, &[b"mdia", b"minf", b"stbl", b"stsd"])?.payload;
        let entry = iter(stsd.get(8..)?).next()?.ok()?.payload;
        // ISO/IEC 14496-12, 12.1.3 and 12.2.3: what comes before an entry's boxes.
        let boxes = entry.get(if video { 78 } else { 28 }..).unwrap_or_default();
        let tenc = descend(boxes, &[b"sinf", b"schi", b"tenc"]);
        let trex = descend(data, &[b"moov", b"mvex", b"trex"]);
        let trex = trex.map_or(&[][..], |trex| trex.payload);
        Some(Self {
            video,
            timescale: timescale.max(1),
            pattern: tenc.and_then(|tenc| tenc.payload.get(5).map(|byte| (byte >> 4, byte & 15))),
            defaults: Sample {
                duration: number(trex, 12),
                size: number(trex, 16),
                flags: number(trex, 20),
            },
        })
    }

    /// The fragments of a segment, as far as it goes.
    pub(super) fn fragments(&self, segment: &[u8]) -> Vec<Fragment> {
        let mut fragments: Vec<Fragment> = Vec::new();
        let mut at = 0;
        while let Some(header) = segment.get(at..at + 8) {
            let size = number(header, 0) as usize;
            let end = (at + size.max(8)).min(segment.len());
            let payload = segment.get(at + 8..end).unwrap_or_default();
            match &header[4..8] {
                b"moof" => fragments.push(Fragment {
                    samples: self.samples(payload),
                    media: 0,
                }),
                b"mdat" => {
                    if let Some(fragment) = fragments.last_mut() {
                        fragment.media += payload.len();
                    }
                }
                _ => {}
            }
            at = end;
        }
        fragments
    }

    fn samples(&self, moof: &[u8]) -> Vec<Sample> {
        let mut samples = Vec::new();
        let Some(traf) = descend(moof, &[b"traf"]) else {
            return samples;
        };
        let tfhd = descend(traf.payload, &[b"tfhd"]);
        let defaults = tfhd.map_or(self.defaults, |tfhd| self.defaults.with(tfhd.payload));
        for trun in traf
            .children()
            .flatten()
            .filter(|child| &child.kind.0 == b"trun")
        {
            run(trun.payload, defaults, &mut samples);
        }
        samples
    }
}

impl Sample {
    /// What a track fragment header changes (ISO/IEC 14496-12, 8.8.7).
    fn with(mut self, tfhd: &[u8]) -> Self {
        let flags = number(tfhd, 0);
        let mut at = 8;
        at += if flags & 0x01 != 0 { 8 } else { 0 };
        at += if flags & 0x02 != 0 { 4 } else { 0 };
        for (flag, field) in [
            (0x08, &mut self.duration),
            (0x10, &mut self.size),
            (0x20, &mut self.flags),
        ] {
            if flags & flag != 0 {
                *field = number(tfhd, at);
                at += 4;
            }
        }
        self
    }
}

/// ISO/IEC 14496-12, 8.8.8.
fn run(trun: &[u8], defaults: Sample, samples: &mut Vec<Sample>) {
    let flags = number(trun, 0);
    let mut at = 8;
    let mut field = |flag: u32, or: u32| {
        if flags & flag == 0 {
            return or;
        }
        at += 4;
        number(trun, at - 4)
    };
    field(0x001, 0);
    let first_flags = field(0x004, defaults.flags);
    for n in 0..number(trun, 4).min(100_000) {
        let or = if n == 0 { first_flags } else { defaults.flags };
        let duration = field(0x100, defaults.duration);
        let size = field(0x200, defaults.size);
        let flags = field(0x400, or);
        field(0x800, 0);
        samples.push(Sample {
            duration,
            size,
            flags,
        });
    }
}
