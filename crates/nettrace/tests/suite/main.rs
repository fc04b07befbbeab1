//! Tests of the decoder: on recorded traces of real runtimes, and on streams built byte by byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod allocations;
mod allocator;
mod chunks;
mod corpus;
mod damage;
mod fields;
mod headers;
mod limits;
mod losses;
mod metadata;
mod recorded;
mod stacks;
mod stream;
mod time;
mod truncation;
mod versions;
