#![doc = include_str!("../README.md")]

pub mod activator;
pub mod broker;
pub mod cli;
pub mod client;
mod compare;
pub mod manifests;
pub mod models;
pub mod output;
mod package;
pub mod postgres;
pub mod s3;
pub mod up;
