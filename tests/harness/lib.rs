//! What the end-to-end tests share: the whole bundle on this machine, started and ended per test.

mod bundle;
mod clips;
mod process;

pub use bundle::{Added, Bundle};
pub use clips::{clip, clips};
pub use process::{Usage, descendants, peak_resident_bytes, usage};
