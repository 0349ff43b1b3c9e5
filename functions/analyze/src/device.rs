//! What models run on: the processor, or a card where it works.

use std::sync::{Mutex, PoisonError};

use ort::{
    environment::Environment,
    ep::{self, ExecutionProvider},
    session::{
        Session,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
    value::TensorRef,
};

use crate::Execution;

/// What was wanted, and worked. What did not is tried again: a card's memory may have been full.
static WORKED: Mutex<Option<Execution>> = Mutex::new(None);

/// A model that does next to nothing (ONNX: `Conv` of one number with another), but needs all that others need.
const NOTHING: &[u8] = b"\x08\x08:k\x0a\x0f\x0a\x01x\x0a\x01w\x12\x01y\x22\x04Conv\x12\x01g\
    Z\x1b\x0a\x01x\x12\x16\x0a\x14\x08\x01\x12\x10\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\
    Z\x1b\x0a\x01w\x12\x16\x0a\x14\x08\x01\x12\x10\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\
    b\x1b\x0a\x01y\x12\x16\x0a\x14\x08\x01\x12\x10\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\x0a\x02\x08\x01\
    B\x02\x10\x0d";

/// What is wanted where it works here, else what comes closest: of TensorRT CUDA, of that the processor.
pub(crate) fn execution(environment: &Environment, wanted: Execution) -> Execution {
    let mut worked = WORKED.lock().unwrap_or_else(PoisonError::into_inner);
    if *worked == Some(wanted) {
        return wanted;
    }
    let execution = try_out(environment, wanted);
    if execution == wanted {
        *worked = Some(wanted);
    }
    execution
}

fn try_out(environment: &Environment, wanted: Execution) -> Execution {
    let next = match wanted {
        Execution::Cpu => return wanted,
        Execution::Cuda => Execution::Cpu,
        Execution::TensorRt => Execution::Cuda,
    };
    match works(environment, wanted) {
        Ok(()) => wanted,
        Err(reason) => {
            tracing::warn!(execution = %wanted, instead = %next, reason, "models cannot run so here");
            try_out(environment, next)
        }
    }
}

/// A library, a driver or a card may be missing, or too old: only use tells.
fn works(environment: &Environment, execution: Execution) -> Result<(), String> {
    let is_built_in = match execution {
        Execution::Cpu => Ok(true),
        Execution::Cuda => ep::CUDA::is_available(),
        Execution::TensorRt => ep::TensorRT::is_available(),
    };
    match is_built_in {
        Ok(true) => {
            let mut builder = builder(environment, execution, 1)?;
            let mut session = builder.commit_from_memory(NOTHING).map_err(said)?;
            let number = || TensorRef::from_array_view(([1_usize; 4], &[3_f32][..])).map_err(said);
            let outputs = session.run(ort::inputs![number()?, number()?]);
            let outputs = outputs.map_err(said)?;
            let (_, product) = outputs[0].try_extract_tensor::<f32>().map_err(said)?;
            match product {
                [9.0] => Ok(()),
                other => Err(format!("3 times 3 is {other:?}")),
            }
        }
        Ok(false) => Err("this ONNX Runtime is built without it".to_owned()),
        Err(error) => Err(said(error)),
    }
}

/// What opens sessions that run on this.
pub(crate) fn builder(
    environment: &Environment,
    execution: Execution,
    threads: usize,
) -> Result<SessionBuilder, String> {
    let cuda = || ep::CUDA::default().build().error_on_failure();
    let providers = match execution {
        Execution::Cpu => Vec::new(),
        Execution::Cuda => vec![cuda()],
        Execution::TensorRt => vec![ep::TensorRT::default().build().error_on_failure(), cuda()],
    };
    Session::builder(environment)
        .map_err(said)?
        .with_intra_threads(threads)
        .map_err(said)?
        // Threads that wait for each other by spinning take the cores from the decoder.
        .with_intra_op_spinning(false)
        .map_err(said)?
        .with_optimization_level(GraphOptimizationLevel::Level3)
        .map_err(said)?
        .with_execution_providers(providers)
        .map_err(said)
}

pub(crate) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, eye::environment};

    #[test]
    fn the_processor_works_and_stands_in_for_cards_that_are_not_there() {
        let Some(library) = Config::from_env().unwrap().library() else {
            eprintln!("skipped: ONNX Runtime is not installed");
            return;
        };
        let environment = environment(&library).unwrap();
        works(&environment, Execution::Cpu).unwrap();
        for wanted in [Execution::TensorRt, Execution::Cuda] {
            let execution = execution(&environment, wanted);
            assert!(works(&environment, execution).is_ok(), "{execution}");
            if works(&environment, Execution::Cuda).is_err() {
                assert_eq!(execution, Execution::Cpu);
            }
        }
    }
}
