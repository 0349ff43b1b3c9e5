//! The model that says what pictures show.

use image::{RgbImage, imageops};
use ort::{
    environment::Environment,
    session::Session,
    value::{TensorElementType, TensorRef},
};
use reeldrop_events::Embedding;
use reeldrop_models::{Channels, ImageEncoder, TextEncoder};

use super::Contract;
use crate::{Error, Execution, config::Installed, eye::session};

/// A picture is at most so many times as long as it is wide: of a strip that is longer, more would be
/// thrown away than is kept.
const LONGEST: u64 = 4;

/// A model for pictures that is ready.
pub(crate) struct PictureEncoder {
    name: String,
    contract: ImageEncoder,
    session: Session,
}

impl PictureEncoder {
    /// Reads a model's file, and holds it against its entry.
    pub(crate) fn open(
        environment: &Environment,
        installed: &Installed,
        execution: Execution,
        threads: usize,
    ) -> Result<Self, Error> {
        let name = installed.model.name.clone();
        let contract = installed.model.image_encoder.clone();
        let contract = contract.ok_or_else(|| Error::Contract {
            name: name.clone(),
            reason: "it has no image_encoder".to_owned(),
        })?;
        let session = session(environment, installed, execution, threads)?;
        tensors(&name, &contract, &shape(&contract)).check(&session)?;
        Ok(Self {
            name,
            contract,
            session,
        })
    }

    /// Holds it against the model for words of its space.
    pub(crate) fn check(&self, words: &TextEncoder) -> Result<(), Error> {
        let (own, theirs) = (self.contract.dimension, words.dimension);
        match own == theirs {
            true => Ok(()),
            false => Err(Error::Contract {
                name: self.name.clone(),
                reason: format!(
                    "it gives {own} numbers, and the model for words of the space {} gives {theirs}",
                    words.space
                ),
            }),
        }
    }

    /// Name of the space that it puts pictures into.
    pub(crate) fn space(&self) -> &str {
        &self.contract.space
    }

    /// Width and height of the pictures that it wants, in the proportions of `shown`: the shorter side fills
    /// its input, the middle is what it sees.
    pub(crate) fn size(&self, shown: (u32, u32)) -> (u32, u32) {
        cover(shown, (self.contract.width, self.contract.height))
    }

    /// What a picture shows, which is of the size that [`PictureEncoder::size`] says; none where that is
    /// nothing.
    ///
    /// CLIP was trained on pictures that Pillow has scaled (bicubic, a = -0.5, wider where it makes smaller);
    /// these are scaled in the same way but with a = -0.6, as all pictures here are.
    pub(crate) fn encode(&mut self, picture: &RgbImage) -> Result<Option<Embedding>, Error> {
        let look = |error: ort::Error| Error::of_runtime(error.to_string(), Error::Look);
        let shape = shape(&self.contract);
        let input = input(picture, &self.contract);
        let tensor = TensorRef::from_array_view((shape, input.as_slice())).map_err(look)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(look)?;
        tensors(&self.name, &self.contract, &shape).embedding(&outputs)
    }

    /// Looks at nothing: the first time takes long.
    pub(crate) fn try_out(&mut self) -> Result<(), Error> {
        let black = RgbImage::new(self.contract.width, self.contract.height);
        self.encode(&black).map(drop)
    }
}

fn shape(contract: &ImageEncoder) -> [i64; 4] {
    [1, 3, contract.height.into(), contract.width.into()]
}

fn tensors<'a>(name: &'a str, contract: &'a ImageEncoder, shape: &'a [i64]) -> Contract<'a> {
    Contract {
        name,
        input: TensorElementType::Float32,
        shape,
        output: &contract.output,
        dimension: contract.dimension,
    }
}

/// Width and height in the proportions of `shown` that leave nothing of `room` empty.
fn cover(shown: (u32, u32), room: (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(shown.0.max(1)), u64::from(shown.1.max(1)));
    let (least_width, least_height) = (u64::from(room.0), u64::from(room.1));
    let side = |length: u64, by: u64, of: u64, least: u64| {
        ((length * by + of / 2) / of).clamp(least, least * LONGEST) as u32
    };
    match width * least_height >= height * least_width {
        true => (side(width, least_height, height, least_width), room.1),
        false => (room.0, side(height, least_width, width, least_height)),
    }
}

/// The middle of a picture as `f32[3, height, width]`.
fn input(picture: &RgbImage, contract: &ImageEncoder) -> Vec<f32> {
    let (width, height) = (contract.width, contract.height);
    let (left, top) = (
        picture.width().saturating_sub(width) / 2,
        picture.height().saturating_sub(height) / 2,
    );
    let middle = imageops::crop_imm(picture, left, top, width, height).to_image();
    let mut input = Vec::with_capacity(3 * (width * height) as usize);
    for channel in 0..3 {
        let (mean, deviation) = (contract.mean[channel], contract.deviation[channel]);
        let from = match contract.channels {
            Channels::Rgb => channel,
            Channels::Bgr => 2 - channel,
        };
        let samples = middle.pixels().map(|pixel| f32::from(pixel.0[from]));
        input.extend(samples.map(|sample| (sample - mean) / deviation));
    }
    input
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn the_shorter_side_fills_the_input() {
        assert_eq!(cover((1280, 720), (224, 224)), (398, 224));
        assert_eq!(cover((720, 1280), (224, 224)), (224, 398));
        assert_eq!(cover((100, 100), (224, 224)), (224, 224));
        assert_eq!(cover((400, 300), (320, 240)), (320, 240));
        assert_eq!(cover((100_000, 1), (224, 224)), (896, 224));
        assert_eq!(cover((0, 0), (224, 224)), (224, 224));
    }

    #[test]
    fn the_middle_goes_in_plane_by_plane_less_the_mean() {
        let contract = ImageEncoder {
            space: "space".to_owned(),
            dimension: 3,
            width: 2,
            height: 2,
            channels: Channels::Rgb,
            mean: [0.0, 10.0, 0.0],
            deviation: [1.0, 2.0, 5.0],
            output: "out".to_owned(),
        };
        let picture = RgbImage::from_fn(4, 2, |x, _| match x {
            1 | 2 => Rgb([40, 30, 20]),
            _ => Rgb([255; 3]),
        });
        let planes = [[40.0; 4], [10.0; 4], [4.0; 4]].concat();
        assert_eq!(input(&picture, &contract), planes);
    }
}
