//! Decrypting segments.

use std::borrow::Cow;

use uuid::Uuid;

use super::ContentKey;
use super::cipher::Cipher;
use super::fragment::{self, Kept, TrackFragment};
use super::samples::{Direction, FragmentJob, Mode, SampleJob, TrackJob};
use super::segment::transform;
use crate::CmafError;
use crate::boxes::senc::{Reader, Subsample};
use crate::boxes::tenc::{Iv, Tenc};
use crate::boxes::tfhd::{Defaults, without_sample_description};
use crate::boxes::{BoxRef, seig};
use crate::init::read::{Track, tracks};

/// All that decrypting the segments of a header's tracks takes.
#[derive(Clone)]
pub struct Decryption {
    tracks: Vec<TrackDecryption>,
    /// Keys of later crypto periods.
    periods: Vec<(Uuid, Cipher)>,
}

#[derive(Clone)]
struct TrackDecryption {
    id: u32,
    defaults: Defaults,
    /// None where the track is clear.
    cipher: Option<TrackCipher>,
}

#[derive(Clone)]
struct TrackCipher {
    cipher: Cipher,
    kid: Uuid,
    mode: Mode,
    iv: Iv,
    /// Number of the sample entry whose samples are clear.
    clear_entry: Option<u32>,
}

impl std::fmt::Debug for Decryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decryption")
            .field("tracks", &self.tracks.len())
            .finish_non_exhaustive()
    }
}

impl Decryption {
    /// Prepares the decryption of the tracks of `init`, the protected header; `key` finds the
    /// content key of a key id.
    ///
    /// # Errors
    /// [`CmafError`] where the header cannot be read, its scheme is neither `cenc` nor `cbcs`, or a
    /// key is missing.
    pub fn new(init: &[u8], key: impl Fn(Uuid) -> Option<ContentKey>) -> Result<Self, CmafError> {
        let tracks = tracks(init)?;
        let tracks = tracks.iter().map(|track| TrackDecryption::new(track, &key));
        Ok(Self {
            tracks: tracks.collect::<Result<_, _>>()?,
            periods: Vec::new(),
        })
    }

    /// Knows the key of a later crypto period, too: of fragments that are under another key than the
    /// header says.
    #[must_use]
    pub fn or(mut self, kid: Uuid, key: &ContentKey) -> Self {
        self.periods.push((kid, Cipher::new(key)));
        self
    }

    fn track(&self, id: u32) -> Option<&TrackDecryption> {
        self.tracks.iter().find(|track| track.id == id)
    }
}

impl TrackDecryption {
    fn new(track: &Track<'_>, key: impl Fn(Uuid) -> Option<ContentKey>) -> Result<Self, CmafError> {
        let cipher = match track.protection {
            Some(info) if info.tenc.is_protected => {
                let mode = match &info.scheme.0 {
                    b"cenc" => Mode::Cenc,
                    b"cbcs" => Mode::Cbcs(info.tenc.pattern),
                    _ => return Err(CmafError::Unsupported("protection scheme")),
                };
                let key = key(info.tenc.kid).ok_or(CmafError::Missing("content key"))?;
                Some(TrackCipher {
                    cipher: Cipher::new(&key),
                    kid: info.tenc.kid,
                    mode,
                    iv: info.tenc.iv,
                    clear_entry: track.clear_entry,
                })
            }
            Some(_) | None => None,
        };
        Ok(Self {
            id: track.id,
            defaults: track.defaults,
            cipher,
        })
    }
}

/// Decrypts a segment, one or several `moof` with their `mdat`, to the end of `out`.
///
/// Gives the segment that was encrypted, byte for byte. On an error `out` is as it was.
///
/// # Errors
/// [`CmafError`] where the segment is broken, or of a track that the header does not name.
pub fn decrypt_segment(
    segment: &[u8],
    decryption: &Decryption,
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    out.reserve(segment.len());
    transform(segment, out, |moof, out| {
        decrypt_moof(segment, moof, decryption, out)
    })
}

fn decrypt_moof(
    segment: &[u8],
    moof: &BoxRef<'_>,
    decryption: &Decryption,
    out: &mut Vec<u8>,
) -> Result<FragmentJob, CmafError> {
    let defaults = |id| {
        decryption
            .track(id)
            .map(|track| track.defaults)
            .unwrap_or_default()
    };
    let mut jobs = Vec::new();
    let mut ciphers = Vec::new();
    for fragment in fragment::read(segment, moof, defaults)? {
        let track = decryption.track(fragment.track_id);
        let track = track.ok_or(CmafError::Invalid("track id of a fragment"))?;
        ciphers.push(track.cipher.as_ref());
        if let Some(cipher) = decryption.cipher_of(track, &fragment)? {
            jobs.push(track_job(&fragment, &cipher)?);
        }
    }
    fragment::write_moof(moof, out, &[], |index, traf, writer| {
        let cipher = ciphers.get(index).copied().flatten();
        writer.traf(traf, |found| unprotect_box(found, cipher), |_, _| Ok(()))
    })?;
    Ok(FragmentJob(jobs))
}

impl Decryption {
    /// What decrypts the fragment; none where it is clear.
    fn cipher_of<'a>(
        &'a self,
        track: &'a TrackDecryption,
        fragment: &TrackFragment<'_>,
    ) -> Result<Option<Cow<'a, TrackCipher>>, CmafError> {
        let Some(cipher) = &track.cipher else {
            return match fragment.group {
                Some(group) if group.is_protected => {
                    Err(CmafError::Unsupported("protection by sample groups alone"))
                }
                Some(_) | None => Ok(None),
            };
        };
        if cipher.clear_entry == Some(fragment.sample_description) {
            return Ok(None);
        }
        match fragment.group {
            None => Ok(Some(Cow::Borrowed(cipher))),
            Some(group) if !group.is_protected => Ok(None),
            Some(group) => self.in_period(cipher, &group).map(Cow::Owned).map(Some),
        }
    }

    fn in_period(&self, cipher: &TrackCipher, group: &Tenc) -> Result<TrackCipher, CmafError> {
        let known = self.periods.iter().find(|(kid, _)| *kid == group.kid);
        let of_period = known.map(|(_, cipher)| cipher);
        let of_header = (cipher.kid == group.kid).then_some(&cipher.cipher);
        let found = of_period.or(of_header);
        Ok(TrackCipher {
            cipher: found.ok_or(CmafError::Missing("content key"))?.clone(),
            mode: match cipher.mode {
                Mode::Cenc => Mode::Cenc,
                Mode::Cbcs(_) => Mode::Cbcs(group.pattern),
            },
            iv: group.iv,
            ..*cipher
        })
    }
}

/// What becomes of a box of a `traf`; `cipher` is none where the track is clear.
fn unprotect_box(found: &BoxRef<'_>, cipher: Option<&TrackCipher>) -> Result<Kept, CmafError> {
    let Some(cipher) = cipher else {
        return Ok(Kept::Whole);
    };
    Ok(match &found.kind.0 {
        b"senc" | b"saiz" | b"saio" => Kept::Not,
        _ if seig::is_seig(found)? => Kept::Not,
        // The header that is decrypted has but one entry.
        b"tfhd" if cipher.clear_entry.is_some() => {
            Kept::Instead(without_sample_description(found)?)
        }
        _ => Kept::Whole,
    })
}

fn track_job(fragment: &TrackFragment<'_>, cipher: &TrackCipher) -> Result<TrackJob, CmafError> {
    let mut job = TrackJob {
        cipher: cipher.cipher.clone(),
        mode: cipher.mode,
        direction: Direction::Decrypt,
        samples: Vec::with_capacity(fragment.samples.len()),
        subsamples: Vec::new(),
    };
    match (fragment.senc, cipher.iv) {
        (Some(senc), iv) => add_samples(&mut job, fragment, &senc, iv)?,
        // Without `senc` all samples are protected whole, with the constant vector.
        (None, Iv::Constant(iv)) => {
            let whole = |range| SampleJob {
                range,
                iv,
                subsamples: 0..0,
            };
            let ranges = fragment.samples.iter().map(|sample| sample.range.clone());
            job.samples.extend(ranges.map(whole));
        }
        (None, Iv::PerSample { .. }) => return Err(CmafError::Missing("senc")),
    }
    Ok(job)
}

fn add_samples(
    job: &mut TrackJob,
    fragment: &TrackFragment<'_>,
    senc: &BoxRef<'_>,
    iv: Iv,
) -> Result<(), CmafError> {
    let iv_bytes = match iv {
        Iv::PerSample { bytes } => bytes,
        Iv::Constant(_) => 0,
    };
    let mut reader = Reader::new(senc, iv_bytes)?;
    if usize::try_from(reader.sample_count) != Ok(fragment.samples.len()) {
        return Err(CmafError::Invalid("number of samples in senc"));
    }
    for sample in &fragment.samples {
        let first = job.subsamples.len();
        let own = reader.next(&mut job.subsamples)?;
        let mut vector = [0; 16];
        for (byte, own) in vector.iter_mut().zip(own) {
            *byte = *own;
        }
        let iv = if let Iv::Constant(constant) = iv {
            constant
        } else {
            vector
        };
        let subsamples = first..job.subsamples.len();
        check_fill(
            job.subsamples.get(subsamples.clone()).unwrap_or_default(),
            sample.range.len(),
        )?;
        job.samples.push(SampleJob {
            range: sample.range.clone(),
            iv,
            subsamples,
        });
    }
    Ok(())
}

// ISO/IEC 23001-7, 7.2: clear and protected bytes add up to the sample.
fn check_fill(subsamples: &[Subsample], sample_len: usize) -> Result<(), CmafError> {
    let sizes = subsamples
        .iter()
        .map(|range| u64::from(range.clear) + u64::from(range.protected));
    if subsamples.is_empty() || u64::try_from(sample_len) == Ok(sizes.sum()) {
        Ok(())
    } else {
        Err(CmafError::Invalid("subsamples of a sample"))
    }
}
