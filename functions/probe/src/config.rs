//! Settings from the environment.

use reeldrop_media::{Limits, MediaError, Profile, ProfileError};
use reeldrop_runtime::{InvalidVariable, env_or, env_parsed};
use reeldrop_store::StoreError;

/// Why probe cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable does not fit.
    #[error(transparent)]
    Variable(#[from] InvalidVariable),
    /// `REELDROP_PROFILE` names no usable profile.
    #[error("REELDROP_PROFILE: {0}")]
    Profile(#[from] ProfileError),
    /// GStreamer is not complete.
    #[error(transparent)]
    Media(MediaError),
    /// The store's variables do not fit.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn profile() -> Result<Profile, ConfigError> {
    let mut profile = Profile::load(&env_or("REELDROP_PROFILE", "default"))?;
    let limits = profile.limits;
    profile.limits = Limits {
        size_bytes: env_parsed("REELDROP_MAX_SIZE_BYTES", limits.size_bytes)?,
        duration_ms: env_parsed("REELDROP_MAX_DURATION_MS", limits.duration_ms)?,
        side_pixels: env_parsed("REELDROP_MAX_SIDE_PIXELS", limits.side_pixels)?,
        pixels: env_parsed("REELDROP_MAX_PIXELS", limits.pixels)?,
        tracks: env_parsed("REELDROP_MAX_TRACKS", limits.tracks)?,
        ..limits
    };
    Ok(profile)
}
