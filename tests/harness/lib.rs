//! What the end-to-end tests share: the whole bundle on this machine, started and ended per test.

mod browser;
mod bundle;
mod clips;
pub mod lint;
mod process;
mod published;
pub mod schema;
mod seen;

pub use browser::{chromium, scripts, watch};
pub use bundle::{Added, Bundle, Listed, signal};
pub use clips::{clip, clips};
pub use process::{Held, Usage, descendants, find, peak_resident_bytes, usage, usage_by_program};
pub use published::{clear_parts, tree, wait_for_storyboard};
pub use seen::{get, wait_until_seen};
