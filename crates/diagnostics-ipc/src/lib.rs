//! The .NET diagnostics protocol: messages, discovery and a client.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod address;
#[cfg(all(target_os = "linux", feature = "client"))]
pub mod client;
#[cfg(target_os = "linux")]
pub mod discovery;
pub mod message;
pub mod request;
