//! Reads and writes the NetTrace format: what .NET's EventPipe writes to `.nettrace` files and to the diagnostics port.
//!
//! Whatever the bytes come from, a [`Sink`] is called for everything in them; a closure that takes events is one.
//!
//! # A file
//!
//! A [`Reader`] reads a trace that is in memory, read or mapped, without copying it: as a whole, block by block
//! ([`Reader::read_block`]), or in parts on several threads ([`Reader::split`]).
//!
//! ```
//! use std::collections::HashMap;
//! use nettrace::{Event, Reader};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arguments-9.0.5.nettrace");
//! let bytes = std::fs::read(path)?;
//! let mut counts = HashMap::new();
//! let mut reader = Reader::new(&bytes);
//! let result = reader.read(&mut |event: &Event<'_>| {
//!     *counts.entry(event.metadata.index).or_insert(0u64) += 1;
//! });
//! // A trace of a process that was killed has no end. What came before it is good all the same.
//! if let Err(error) = result {
//!     eprintln!("after {} events: {error}", reader.decoder().statistics().events);
//! }
//! assert_eq!(counts.values().sum::<u64>(), 13);
//! # Ok(())
//! # }
//! ```
//!
//! # A stream
//!
//! Push the bytes of a stream into a [`Decoder`], in pieces of any size. Each event is delivered with its last byte.
//!
//! ```
//! use std::io::Read;
//! use nettrace::{Decoder, Event};
//!
//! fn print_events(mut stream: impl Read) -> Result<u64, Box<dyn std::error::Error>> {
//!     let mut print = |event: &Event<'_>| println!("{} {:?}", event.metadata.event_name, event.fields());
//!     let mut decoder = Decoder::new();
//!     let mut buffer = vec![0; 64 << 10];
//!     loop {
//!         let length = stream.read(&mut buffer)?;
//!         if length == 0 {
//!             break;
//!         }
//!         decoder.push(&buffer[..length], &mut print)?;
//!     }
//!     // Whether the end of the stream is that of the trace.
//!     decoder.finish(&mut print)?;
//!     Ok(decoder.statistics().events)
//! }
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arguments-3.1.23.nettrace"));
//! # assert_eq!(print_events(&bytes[..]).unwrap(), 13);
//! # assert!(print_events(&b"GET / HTTP/1.1"[..]).is_err());
//! ```
//!
//! # A live socket
//!
//! A socket is a stream that may fall silent. With a time-out set, reading it comes back now and then, to look at the clock
//! or at whatever else may end the session. A runtime that is asked to stop sends what it still has and then the end mark,
//! so a session ends cleanly when the trace is complete, not when the wish to stop arises.
//!
//! ```
//! # #[cfg(unix)] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::{ErrorKind, Read, Write};
//! use std::os::unix::net::UnixStream;
//! use std::time::{Duration, Instant};
//! use nettrace::{Decoder, Event};
//!
//! /// Reads events to the end of the trace. Gives up after `patience` without a byte.
//! fn watch(mut socket: UnixStream, patience: Duration) -> Result<u64, Box<dyn std::error::Error>> {
//!     socket.set_read_timeout(Some(Duration::from_millis(100)))?;
//!     let mut events = 0;
//!     let mut count = |_: &Event<'_>| events += 1;
//!     let mut decoder = Decoder::new();
//!     let mut buffer = vec![0; 64 << 10];
//!     let mut heard = Instant::now();
//!     while !decoder.is_complete() && heard.elapsed() < patience {
//!         match socket.read(&mut buffer) {
//!             Ok(0) => break,
//!             Ok(length) => {
//!                 heard = Instant::now();
//!                 decoder.push(&buffer[..length], &mut count)?;
//!             }
//!             Err(error) => match error.kind() {
//!                 ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
//!                 _ => return Err(error.into()),
//!             },
//!         }
//!     }
//!     // An error where the trace is not complete: the runtime has died, or said nothing for too long.
//!     decoder.finish(&mut count)?;
//!     Ok(events)
//! }
//!
//! let (mut runtime, socket) = UnixStream::pair()?;
//! # let trace = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arguments-9.0.5.nettrace"));
//! let writer = std::thread::spawn(move || -> std::io::Result<UnixStream> {
//!     for piece in trace.chunks(1000) {
//!         runtime.write_all(piece)?;
//!         std::thread::sleep(Duration::from_millis(20));
//!     }
//!     // Left open: the end is in what was written.
//!     Ok(runtime)
//! });
//! assert_eq!(watch(socket, Duration::from_secs(30))?, 13);
//! # writer.join().unwrap()?;
//! #
//! # let (mut runtime, socket) = UnixStream::pair()?;
//! # runtime.write_all(&trace[..2000])?;
//! # assert!(watch(socket, Duration::from_millis(300)).is_err());
//! # Ok(())
//! # }
//! # #[cfg(not(unix))] fn main() {}
//! ```
//!
//! # Writing
//!
//! An [`Encoder`] writes events of one's own, in version 4 or 6. It does no I/O: a file takes what it has written at the end,
//! as here; a live stream takes it whenever [`Encoder::flush_due`] says so. A [`Recoder`] is a [`Sink`] that writes what a
//! decoder reads, all of it or a part.
//!
//! ```
//! use nettrace::{Encoder, Event, EventRecord, Field, FieldType, Metadata, Reader, TraceInfo, Version};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A clock of nanoseconds that was 0 in November 2023.
//! let trace = TraceInfo::new(1_700_000_000_000_000_000, 0, 1_000_000_000);
//! let mut encoder = Encoder::new(Version::V4, &trace)?;
//! let mut metadata = Metadata::new("Shop", 1, "OrderPlaced");
//! metadata.fields = vec![Field::new("items", FieldType::U32)].into();
//! let order_placed = encoder.define(&metadata)?;
//! for (timestamp, items) in [(10, 3u32), (20, 1), (35, 2)] {
//!     let payload = items.to_le_bytes();
//!     // Of one thread, and in time order: no event is earlier than one before it.
//!     let record = EventRecord { timestamp, thread_id: 7, sorted: true, payload: &payload, ..Default::default() };
//!     encoder.event(order_placed, &record)?;
//! }
//! let bytes = encoder.finish()?;
//!
//! let mut items = Vec::new();
//! Reader::new(&bytes).read(&mut |event: &Event<'_>| {
//!     let value = event.value("items").ok().flatten();
//!     items.push((event.timestamp, value.and_then(|value| value.as_u64())));
//! })?;
//! assert_eq!(items, [(10, Some(3)), (20, Some(1)), (35, Some(2))]);
//! # Ok(())
//! # }
//! ```
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
//! [`Event::value_at`] find one by name. The runtime's own events do not, nor do those of `EventSource`s with a `byte[]`
//! among their arguments, unless the source has `EtwSelfDescribingEventFormat`. [`Payload`] and [`Struct::new`] read
//! those whose layout is known.
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
//!   [`Decoder::in_time_order`] makes it time order throughout. See
//!   [`Event::sorted`] and [`Sink::sequence_point`] for what the stream promises.
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
mod encode;
mod error;
mod event;
mod events;
mod field;
mod frame;
mod header;
mod held;
mod horizon;
mod labels;
mod limits;
mod losses;
mod meanings;
mod metadata;
mod netperf;
mod object;
mod order;
mod outline;
mod output;
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
pub use crate::encode::{
    DefinitionId, EncodeError, Encoder, EncoderOptions, EventRecord, LeftOut, Recoder, Version,
};
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
