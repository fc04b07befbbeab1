//! The .NET diagnostics protocol: messages, discovery and a client.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

pub mod message;
pub mod request;
