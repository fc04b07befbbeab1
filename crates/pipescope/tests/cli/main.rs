//! The program as users run it: the real binary against real .NET processes.

// Shared with the tests of `nettrace`.
#[allow(clippy::unwrap_used, reason = "tests of that crate are written so")]
#[path = "../../../nettrace/tests/suite/corpus.rs"]
mod corpus;
#[path = "../../../nettrace/tests/suite/stream.rs"]
mod stream;
#[path = "../../../nettrace/tests/suite/stream6.rs"]
mod stream6;

mod convert;
mod counters;
mod diff;
mod documented;
mod dump;
mod harness;
mod heap;
mod help;
mod monitor;
mod processes;
mod profiles;
mod questions;
mod report;
mod serve;
mod trace;
mod trace_ends;
mod traces;
