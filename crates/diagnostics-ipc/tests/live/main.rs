//! Against real runtimes, and against things that only look like one.

mod commands;
mod discovery;
mod ends;
mod hostile;
mod sessions;
mod support;
