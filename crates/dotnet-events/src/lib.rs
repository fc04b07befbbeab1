//! What the payloads of .NET events mean.
//!
//! [`nettrace`] turns a stream into events; this crate turns events into values with names and types.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

pub mod counters;
mod error;
pub mod meters;
pub mod providers;

pub use crate::error::EventError;
