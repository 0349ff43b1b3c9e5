//! What pictures and words mean, as directions in one space (CLIP).

mod labels;
mod picture;
mod words;

use ort::{
    session::{Session, SessionOutputs},
    value::{Outlet, TensorElementType, ValueType},
};
use reeldrop_events::Embedding;

use crate::Error;

pub(crate) use labels::{Labels, Weighed};
pub(crate) use picture::PictureEncoder;
pub(crate) use words::WordEncoder;

/// Longest embedding, numbers: a hundred of them are one event.
const MOST: usize = 2_048;

/// What a model is to take and to give.
struct Contract<'a> {
    /// The model, in the registry.
    name: &'a str,
    input: TensorElementType,
    /// The input's dimensions, of which models may leave any open.
    shape: &'a [i64],
    output: &'a str,
    dimension: usize,
}

impl Contract<'_> {
    /// Holds a model against it, before anything is computed.
    fn check(&self, session: &Session) -> Result<(), Error> {
        let other = |reason: String| Error::Contract {
            name: self.name.to_owned(),
            reason,
        };
        if self.dimension > MOST {
            return Err(other(format!(
                "its embeddings have {} numbers, and {MOST} is the most",
                self.dimension
            )));
        }
        let [input] = session.inputs() else {
            let found = session.inputs().len();
            return Err(other(format!("it has {found} inputs, not one")));
        };
        if !fits(input, self.input, self.shape) {
            let (found, wanted) = (input.dtype(), self.shape);
            return Err(other(format!(
                "its input is {found}, not {:?} {wanted:?}",
                self.input
            )));
        }
        let outputs = session.outputs().iter();
        let named = outputs.clone().find(|output| output.name() == self.output);
        let Some(output) = named else {
            let found: Vec<_> = outputs.map(Outlet::name).collect();
            return Err(other(format!(
                "it has no output {}, only {}",
                self.output,
                found.join(", ")
            )));
        };
        let shape = [1, i64::try_from(self.dimension).unwrap_or(i64::MAX)];
        match fits(output, TensorElementType::Float32, &shape) {
            true => Ok(()),
            false => Err(other(format!(
                "its output {} is {}, not {} numbers",
                self.output,
                output.dtype(),
                self.dimension
            ))),
        }
    }

    /// The only embedding that came out; none where it is no direction.
    fn embedding(&self, outputs: &SessionOutputs<'_>) -> Result<Option<Embedding>, Error> {
        let look = |error: ort::Error| Error::of_runtime(error.to_string(), Error::Look);
        let (_, numbers) = outputs[self.output]
            .try_extract_tensor::<f32>()
            .map_err(look)?;
        match numbers.len() == self.dimension {
            true => Ok(Embedding::of(numbers)),
            false => Err(Error::Contract {
                name: self.name.to_owned(),
                reason: format!("{} numbers came out, not {}", numbers.len(), self.dimension),
            }),
        }
    }
}

/// Whether a tensor is of that kind and shape; a dimension below zero takes any length.
fn fits(outlet: &Outlet, wanted: TensorElementType, dimensions: &[i64]) -> bool {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return false;
    };
    *ty == wanted
        && shape.len() == dimensions.len()
        && shape
            .iter()
            .zip(dimensions)
            .all(|(found, wanted)| *found < 0 || found == wanted)
}
