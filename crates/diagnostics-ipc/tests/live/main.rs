//! Against real runtimes, and against things that only look like one.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod commands;
mod discovery;
mod ends;
mod hostile;
mod sessions;
mod support;
