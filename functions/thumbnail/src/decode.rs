//! Key pictures decoded, all in one go.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gstreamer as gst;
use reeldrop_cmaf::fragment::{self, FragmentHeader, Sample};
use reeldrop_media::{Demuxed, Track};

use crate::{
    Error,
    clear::{KeyPicture, Keys},
};

/// Opening, and each frame, come within this or not at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Decodes key pictures, and gives each with its frame to `take`, in order.
pub(crate) fn decode(
    keys: &Keys,
    mut take: impl FnMut(&KeyPicture, &gst::Sample) -> Result<(), Error>,
) -> Result<(), Error> {
    let demuxed = Demuxed::open(Arc::new(file(keys)?), PATIENCE)?.with_one_decoder_thread();
    let mut frames = demuxed.decode(Track::Video(0), None)?.frames()?;
    for picture in &keys.pictures {
        let frame = frames.next(PATIENCE)?.ok_or(Error::NoPicture)?;
        take(picture, &frame.sample)?;
    }
    Ok(())
}

/// A file of nothing but these pictures, a second each: a decoder for any codec finds its way in it.
fn file(keys: &Keys) -> Result<Bytes, Error> {
    let samples: Vec<Sample> = keys
        .pictures
        .iter()
        .map(|picture| Sample {
            data: picture.data.clone(),
            duration: keys.timescale,
            composition_offset: 0,
            sync: true,
        })
        .collect();
    let header = FragmentHeader {
        sequence: 1,
        base_decode_time: 0,
    };
    let mut file = keys.init.to_vec();
    fragment::write(&header, &samples, &mut file)?;
    Ok(file.into())
}
