//! One model, and what it sees on pictures.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use image::RgbImage;
use ort::{
    environment::Environment,
    session::Session,
    value::{TensorRef, ValueType},
};
use reeldrop_models::Detector;

use crate::{
    Error, Execution,
    config::Installed,
    device::{builder, said},
    heads::{self, Output},
    seen::{Seen, rounded},
    tensor::{self, Placed},
};

/// Pictures that go in together, where the model takes several.
pub(crate) const BATCH: usize = 8;

/// ONNX Runtime is one for the whole process, and stays.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads ONNX Runtime, where that was not done before.
pub(crate) fn environment(library: &Path) -> Result<Environment, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Library(error.to_string());
    let mut loaded = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(library).map_err(|error| failed(&error))?;
    let environment = builder.with_name("analyze").with_telemetry(false).build();
    let environment = environment.map_err(|error| failed(&error))?;
    Ok(loaded.insert(environment).clone())
}

/// A model that is ready.
pub(crate) struct Eye {
    name: String,
    contract: Detector,
    session: Session,
    batch: usize,
}

impl Eye {
    /// Reads a model's file.
    pub(crate) fn open(
        environment: &Environment,
        installed: &Installed,
        execution: Execution,
        threads: usize,
    ) -> Result<Self, Error> {
        let name = installed.model.name.clone();
        let session = session(environment, installed, execution, threads)?;
        let contract = |reason: &str| Error::Contract {
            name: name.clone(),
            reason: reason.to_owned(),
        };
        let detector = installed.model.detector.clone();
        let detector = detector.ok_or_else(|| contract("it has no detector"))?;
        let batch = batch(&session, &detector).ok_or_else(|| contract("its input is another"))?;
        Ok(Self {
            name,
            contract: detector,
            session,
            batch,
        })
    }

    /// Where it wants pictures in the proportions of `shown`.
    pub(crate) fn placed(&self, shown: (u32, u32)) -> Placed {
        Placed::of(shown, &self.contract)
    }

    /// What is on each of the pictures, which are of the size that [`Eye::placed`] says.
    pub(crate) fn look(
        &mut self,
        model: usize,
        placed: &Placed,
        pictures: &[RgbImage],
    ) -> Result<Vec<Vec<Seen>>, Error> {
        let mut seen = Vec::with_capacity(pictures.len());
        let mut input = Vec::new();
        for batch in pictures.chunks(self.batch) {
            input.clear();
            for picture in batch {
                tensor::add(picture, placed, &self.contract, &mut input);
            }
            let found = self.run(&input, batch.len())?;
            let named = |found: &heads::Found| {
                Some(Seen {
                    model,
                    label: self.contract.labels.get(found.label)?.clone(),
                    score: rounded(f64::from(found.score).clamp(0.0, 1.0)),
                    area: placed.area(found)?,
                    sharpness: 0.0,
                    still: None,
                })
            };
            let pictures = found.iter();
            seen.extend(pictures.map(|found| found.iter().filter_map(named).collect::<Vec<_>>()));
        }
        Ok(seen)
    }

    fn run(&mut self, input: &[f32], pictures: usize) -> Result<Vec<Vec<heads::Found>>, Error> {
        let look = |error: ort::Error| Error::of_runtime(error.to_string(), Error::Look);
        let (height, width) = (self.contract.height as usize, self.contract.width as usize);
        let shape = [pictures, 3, height, width];
        let tensor = TensorRef::from_array_view((shape, input)).map_err(look)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(look)?;
        let mut tensors = Vec::new();
        for at in 0..outputs.len() {
            let (shape, data) = outputs[at].try_extract_tensor::<f32>().map_err(look)?;
            let numbers = shape.last().and_then(|n| usize::try_from(*n).ok());
            tensors.push((numbers.unwrap_or(0), data));
        }
        let of_picture = |at: usize| {
            let outputs = tensors.iter().map(|(numbers, data)| {
                let length = data.len() / pictures;
                Output {
                    anchors: length / (*numbers).max(1),
                    numbers: *numbers,
                    data: &data[at * length..(at + 1) * length],
                }
            });
            heads::found(&self.contract, &outputs.collect::<Vec<_>>())
        };
        let found: Result<_, String> = (0..pictures).map(of_picture).collect();
        found.map_err(|reason| Error::Contract {
            name: self.name.clone(),
            reason,
        })
    }
}

/// Reads a model's file.
pub(crate) fn session(
    environment: &Environment,
    installed: &Installed,
    execution: Execution,
    threads: usize,
) -> Result<Session, Error> {
    let begun = begin(environment, &installed.path, execution, threads);
    begun.map_err(|reason| {
        let name = installed.model.name.clone();
        Error::of_runtime(reason, |reason| Error::Model { name, reason })
    })
}

/// A session, or why there is none.
fn begin(
    environment: &Environment,
    path: &Path,
    execution: Execution,
    threads: usize,
) -> Result<Session, String> {
    let mut builder = builder(environment, execution, threads)?;
    builder.commit_from_file(path).map_err(said)
}

/// How many pictures go in together; none where the input is not what the registry says.
fn batch(session: &Session, detector: &Detector) -> Option<usize> {
    let ValueType::Tensor { shape, .. } = session.inputs().first()?.dtype() else {
        return None;
    };
    let [pictures, channels, height, width] = shape[..] else {
        return None;
    };
    // A dimension below zero takes any length.
    let fits = |dimension: i64, wanted: u32| dimension < 0 || dimension == i64::from(wanted);
    let right = fits(channels, 3) && fits(height, detector.height) && fits(width, detector.width);
    match pictures {
        _ if !right => None,
        1.. => usize::try_from(pictures).ok().filter(|batch| *batch == 1),
        _ => Some(BATCH),
    }
}
