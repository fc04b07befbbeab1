//! Tests of the decoder: on recorded traces of real runtimes, and on streams built byte by byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod acceptance;
mod allocations;
mod allocator;
mod arguments;
mod chunks;
mod contents;
mod corpus;
mod damage;
mod encode;
mod encode_any;
mod encode_live;
mod fields;
mod headers;
mod layouts;
mod limits;
mod losses;
mod metadata;
mod netperf;
mod order;
mod parts;
mod reader;
mod recode;
mod recorded;
mod round_trip;
mod stacks;
mod stream;
mod stream6;
mod time;
mod tolerance;
mod truncation;
mod v6;
mod v6_labels;
mod v6_metadata;
mod versions;
