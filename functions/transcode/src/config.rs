//! Settings from the environment.

use reeldrop_runtime::{InvalidVariable, env_parsed};

const DEFAULT_ENCODER_THREADS: u32 = 1;

/// Settings of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// `REELDROP_ENCODER_THREADS`: threads of each H.264 encoder. All renditions are encoded at the
    /// same time, so that 1 keeps two cores busy; only with 1 does x264 under a rate cap give the
    /// same bytes each time.
    pub encoder_threads: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            encoder_threads: DEFAULT_ENCODER_THREADS,
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`InvalidVariable`] where a value does not parse.
    pub fn from_env() -> Result<Self, InvalidVariable> {
        let encoder_threads = env_parsed("REELDROP_ENCODER_THREADS", DEFAULT_ENCODER_THREADS)?;
        Ok(Self { encoder_threads })
    }
}
