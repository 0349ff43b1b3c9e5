//! Through a source from moment to moment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reeldrop_events::Media;
use reeldrop_media::{Demuxed, Frame, Frames, MediaError, ReadAt, Track};

use crate::{Error, moments::Moments};

/// Opening a source, and each frame, come within this or not at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Decoding in a row ends after this: the rest is shown by the last frame.
const LONGEST_ROW: Duration = Duration::from_secs(60);

/// Takes a frame for each moment: `take` gets how many moments it stands for, one after the other.
///
/// A source that breaks off is shown as far as it goes.
pub(crate) fn walk(
    source: Arc<dyn ReadAt>,
    media: &Media,
    moments: &Moments,
    mut take: impl FnMut(usize, &Frame) -> Result<(), Error>,
) -> Result<(), Error> {
    let open = || Demuxed::open(Arc::clone(&source), PATIENCE);
    let track = Track::Video(media.video.index);
    // What claims to be searchable, and is not, may still be read from its start.
    if !moments.in_a_row && searched(open()?, track, moments, &mut take)? {
        return Ok(());
    }
    let decoding = open()?.decode(track, None)?;
    decoding.skip_disposable(u64::MAX);
    in_a_row(decoding.frames()?, moments, take)
}

/// Seeks from moment to moment; false where not even the first frame was found.
fn searched(
    demuxed: Demuxed,
    track: Track,
    moments: &Moments,
    take: &mut impl FnMut(usize, &Frame) -> Result<(), Error>,
) -> Result<bool, Error> {
    let at = |moment| moments.origin_ns + moments.offset_ns(moment);
    let first = demuxed
        .decode(track, Some(at(0)))
        .and_then(reeldrop_media::Decoding::frames);
    let Ok(mut frames) = first else {
        return Ok(false);
    };
    let Ok(Some(mut last)) = frames.next(PATIENCE) else {
        return Ok(false);
    };
    // Between two key frames a moment finds the one before again.
    let mut same = 1;
    for moment in 1..moments.count {
        let found = match found(&mut frames, at(moment)) {
            Ok(found) => found,
            // A machine that is too busy says nothing about the source.
            Err(error @ MediaError::Timeout(_)) => return Err(error.into()),
            Err(_) => {
                same += moments.count - moment;
                break;
            }
        };
        let new = found.filter(|frame| frame.time_ns != last.time_ns);
        if let Some(frame) = new {
            take(same, &last)?;
            (last, same) = (frame, 0);
        }
        same += 1;
    }
    take(same, &last)?;
    Ok(true)
}

fn found(frames: &mut Frames, at: u64) -> Result<Option<Frame>, MediaError> {
    frames.seek(at)?;
    frames.next(PATIENCE)
}

fn in_a_row(
    mut frames: Frames,
    moments: &Moments,
    mut take: impl FnMut(usize, &Frame) -> Result<(), Error>,
) -> Result<(), Error> {
    let deadline = Instant::now() + LONGEST_ROW;
    let mut last: Option<Frame> = None;
    let mut moment = 0;
    while moment < moments.count && Instant::now() < deadline {
        let frame = match frames.next(PATIENCE) {
            Ok(Some(frame)) => frame,
            Err(error @ MediaError::Timeout(_)) => return Err(error.into()),
            Err(error) if last.is_none() => return Err(error.into()),
            Ok(None) | Err(_) => break,
        };
        let offset_ns = frame.time_ns.unwrap_or_default() - moments.origin_ns as i64;
        let passed = (moment..moments.count)
            .take_while(|moment| moments.offset_ns(*moment) as i64 <= offset_ns)
            .count();
        if passed > 0 {
            take(passed, &frame)?;
            moment += passed;
        }
        last = Some(frame);
    }
    let last = last.ok_or(Error::NoPicture)?;
    match moments.count - moment {
        0 => Ok(()),
        rest => take(rest, &last),
    }
}
