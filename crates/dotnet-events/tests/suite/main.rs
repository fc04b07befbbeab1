//! Tests of the payload decoders: on recorded traces of real runtimes, and on streams built byte by byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![allow(clippy::float_cmp, reason = "decoded values are the encoded ones, bit by bit")]

// Shared with the tests of `nettrace`.
#[path = "../../../nettrace/tests/suite/allocator.rs"]
mod allocator;
#[path = "../../../nettrace/tests/suite/corpus.rs"]
mod corpus;
#[path = "../../../nettrace/tests/suite/stream.rs"]
mod stream;
#[path = "../../../nettrace/tests/suite/stream6.rs"]
mod stream6;

mod allocations;
mod counters;
mod enumerations;
mod event_sources;
mod gc_dynamic;
mod kinds;
mod layouts;
mod meters;
mod names;
mod providers;
mod recorded_counters;
mod recorded_layouts;
mod recorded_meters;
