//! The size of 8-bit planar pictures: bicubic with the filter widened where a picture shrinks, several
//! times faster than GStreamer's converter, and the same bytes on every machine.
//!
//! A picture is scaled in stripes of 32 rows that stay in the processor's cache: down, turned
//! by 90 degrees, across with the same code, and turned back. All sums are of integers, so that wider
//! registers change nothing but the time.

mod axis;
mod blend;
mod plane;
mod turn;

pub use plane::PlaneScaler;
