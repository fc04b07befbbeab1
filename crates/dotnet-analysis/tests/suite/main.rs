//! Tests of the folds: on recorded traces of real runtimes with known answers, and on streams built byte by byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

// Shared with the tests of `nettrace`.
#[path = "../../../nettrace/tests/suite/corpus.rs"]
mod corpus;

mod activities;
mod allocations;
mod code_over_time;
mod contention;
mod cpu;
mod diff;
mod documents;
mod exceptions;
mod formats;
mod gc;
mod gc_sequences;
mod gcdump;
mod heap;
mod jit;
mod loader;
mod native_code;
mod odd_events;
mod profiles;
mod questions;
mod requests;
mod samples;
mod snapshot;
mod stacks;
mod symbols;
mod thread_pool;
