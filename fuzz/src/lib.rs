//! What the fuzz targets do with their input.
//!
//! Each input is taken apart into a few choices and raw bytes, so that mutations reach deep into the decoders instead of
//! failing at the first magic number.

mod choices;
mod definitions;
mod description;
mod heap;
mod metrics;
mod outcome;
mod round_trip;
mod runtime;
mod streams;
mod time_order;
mod typed;
mod v6;
mod values;

// These build streams for the tests of `nettrace` and share nothing with the decoder.
#[path = "../../crates/nettrace/tests/suite/stream.rs"]
mod stream;
#[path = "../../crates/nettrace/tests/suite/stream6.rs"]
mod stream6;

// Tells what a stream says, whatever its version.
#[path = "../../crates/nettrace/tests/suite/contents.rs"]
mod contents;

// Counts what is held, to show that it is bounded.
#[path = "../../crates/nettrace/tests/suite/allocator.rs"]
mod allocator;

pub use definitions::{field_access, metadata};
pub use heap::gcdump;
pub use metrics::{counters, meters};
pub use round_trip::round_trip;
pub use runtime::runtime_events;
pub use streams::{push_decoder, slice_reader};
pub use typed::typed_events;
pub use v6::v6;
