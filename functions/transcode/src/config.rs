//! Settings from the environment.

use reeldrop_runtime::{InvalidVariable, env_parsed};

use crate::encoder::{Encoder, Wanted};

const DEFAULT_ENCODER_THREADS: u32 = 1;

const ENCODER: &str = "REELDROP_ENCODER";

/// Settings of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// `REELDROP_ENCODER_THREADS`: threads of each H.264 encoder. All renditions are encoded at the
    /// same time, so that 1 keeps two cores busy; only with 1 does x264 under a rate cap give the
    /// same bytes each time.
    pub encoder_threads: u32,
    /// `REELDROP_ENCODER`: what encodes H.264.
    pub encoder: Encoder,
    /// Whether other processes may have chosen another one: then a part joins only parts of its own.
    pub encoders_differ: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            encoder_threads: DEFAULT_ENCODER_THREADS,
            encoder: Encoder::default(),
            encoders_differ: false,
        }
    }
}

impl Config {
    /// Reads the environment, and tries the encoder that it asks for.
    ///
    /// # Errors
    /// [`InvalidVariable`] where a value does not parse, or the encoder does not work here.
    pub fn from_env() -> Result<Self, InvalidVariable> {
        let encoder_threads = env_parsed("REELDROP_ENCODER_THREADS", DEFAULT_ENCODER_THREADS)?;
        let wanted = env_parsed(ENCODER, Wanted::default())?;
        let unusable = |reason| InvalidVariable::new(ENCODER, &wanted.to_string(), reason);
        Ok(Self {
            encoder_threads,
            encoder: Encoder::choose(wanted).map_err(unusable)?,
            encoders_differ: wanted != Wanted::X264,
        })
    }
}
