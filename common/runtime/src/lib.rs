#![doc = include_str!("../README.md")]

mod function;

pub use function::{Failure, Function, blocking};
