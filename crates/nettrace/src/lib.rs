//! Reads the NetTrace format: what .NET's EventPipe writes to `.nettrace` files and to the diagnostics port.
//!
//! Push the bytes of a stream into a [`Decoder`], in pieces of any size, and it calls a [`Sink`] for everything it finds.
//!
//! # A file
//!
//! ```
//! use std::io::Read;
//! use nettrace::{Decoder, Event};
//!
//! fn count_events(mut file: impl Read) -> Result<u64, Box<dyn std::error::Error>> {
//!     let mut decoder = Decoder::new();
//!     let mut events = 0;
//!     let mut buffer = vec![0; 64 << 10];
//!     loop {
//!         let length = file.read(&mut buffer)?;
//!         if length == 0 {
//!             break;
//!         }
//!         decoder.push(&buffer[..length], &mut |_: &Event<'_>| events += 1)?;
//!     }
//!     // A trace of a process that was killed has no end. What came before it is good all the same.
//!     if let Err(error) = decoder.finish(&mut |_: &Event<'_>| events += 1) {
//!         eprintln!("{events} events, then: {error}");
//!     }
//!     Ok(events)
//! }
//! # assert!(count_events(&b"GET / HTTP/1.1"[..]).is_err());
//! ```
//!
//! A file that is in memory, or mapped, is read by a [`Reader`], block by block, as a whole, or in parts on several threads
//! ([`Reader::split`]). A live stream is read from a socket in the same way: every event is delivered with its last byte.
//!
//! # Everything in a stream
//!
//! ```
//! use nettrace::{Decoder, Event, Sink, TraceInfo};
//!
//! #[derive(Default)]
//! struct Exceptions {
//!     process_id: u32,
//!     count: u64,
//! }
//!
//! impl Sink for Exceptions {
//!     fn trace(&mut self, trace: &TraceInfo) {
//!         self.process_id = trace.process_id;
//!     }
//!
//!     fn event(&mut self, event: &Event<'_>) {
//!         if event.metadata.provider == "Microsoft-Windows-DotNETRuntime" && event.metadata.event_id == 80 {
//!             self.count += 1;
//!         }
//!     }
//! }
//!
//! # fn run(bytes: &[u8]) -> Result<(), nettrace::Error> {
//! let mut exceptions = Exceptions::default();
//! let mut decoder = Decoder::new();
//! decoder.push(bytes, &mut exceptions)?;
//! println!("{} exceptions, {} events lost", exceptions.count, decoder.statistics().lost_events);
//! # Ok(())
//! # }
//! ```
//!
//! # Values by name
//!
//! Events of `EventSource`s describe their payloads: [`Event::values`] lists all values, [`Event::value`] and
//! [`Event::value_at`] find one by name. The runtime's own events do not; [`Payload`] reads those whose layout is known.
//!
//! ```
//! # use nettrace::Event;
//! fn request(event: &Event<'_>) -> Result<Option<String>, nettrace::FieldError> {
//!     let path = event.value("path")?;
//!     Ok(path.and_then(|path| path.as_text()).map(|text| text.to_string()))
//! }
//! ```
//!
//! # What to know
//!
//! - **Events come in stream order**, which is time order within a thread that writes events, and nearly so across threads.
//!   See [`Event::sorted`] and [`Sink::sequence_point`] for what the stream promises.
//! - **Stack ids and metadata ids** are those of the stream. A stack's id is valid until the next sequence point; what an id
//!   means is looked up for every event, so users need not care.
//! - **Times** are ticks of a monotonic clock; [`TraceInfo`] converts them.
//! - **Versions** 4 (with what is called version 5) and 6 of NetTrace, and version 3 of the older netperf format, are read
//!   in the same way. What only version 6 has is in [`Event::thread`], [`Event::labels`] and optional parts of [`Metadata`];
//!   [`Event::opcode`] and its like take into account that labels override definitions.
//! - **Errors stay.** After one, a decoder delivers nothing more. What is merely odd (blocks of unknown kind, events that
//!   nothing defines, illegible lists of fields) is skipped and counted in [`Statistics`]; [`Decoder::tolerate`] makes it an
//!   error, or makes a decoder go on behind damage.
//! - **Memory** is bounded by [`Limits`], whatever the bytes say.
//!
//! This crate knows nothing of what events mean, does no I/O, starts no threads, and has no unsafe code.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod array;
mod block;
mod booleans;
mod cursor;
mod decoder;
mod definition;
mod error;
mod event;
mod events;
mod field;
mod frame;
mod header;
mod labels;
mod limits;
mod losses;
mod meanings;
mod metadata;
mod netperf;
mod object;
mod outline;
mod payload;
mod reader;
mod row;
mod sequence;
mod stack;
mod statistics;
mod structure;
mod thread;
mod tolerance;
mod trace_info;
mod utf16;
mod value;
mod walk;
mod walk_values;
mod whole;

pub use crate::array::{Array, Elements};
pub use crate::decoder::Decoder;
pub use crate::error::{BlockKind, Error, ErrorKind, Format};
pub use crate::event::{Event, Sink};
pub use crate::field::{Field, FieldType, Fields};
pub use crate::labels::{Label, Labels};
pub use crate::limits::Limits;
pub use crate::metadata::Metadata;
pub use crate::payload::Payload;
pub use crate::reader::Reader;
pub use crate::sequence::SequencePoint;
pub use crate::stack::{Addresses, Stack};
pub use crate::statistics::Statistics;
pub use crate::structure::{Struct, Values};
pub use crate::thread::Thread;
pub use crate::tolerance::Tolerance;
pub use crate::trace_info::TraceInfo;
pub use crate::utf16::Utf16;
pub use crate::value::{FieldError, Value};
pub use uuid::Uuid;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
