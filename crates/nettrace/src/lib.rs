//! The NetTrace format of .NET EventPipe: a push decoder without I/O.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod block;
mod cursor;
mod decoder;
mod definition;
mod error;
mod event;
mod field;
mod header;
mod limits;
mod metadata;
mod object;
mod payload;
mod sequence;
mod stack;
mod statistics;
mod trace_info;
mod utf16;
mod value;

pub use crate::decoder::Decoder;
pub use crate::error::{BlockKind, Error, ErrorKind, Format};
pub use crate::event::{Event, Sink};
pub use crate::field::{Field, FieldType, Fields};
pub use crate::limits::Limits;
pub use crate::metadata::Metadata;
pub use crate::payload::Payload;
pub use crate::sequence::SequencePoint;
pub use crate::stack::{Addresses, Stack};
pub use crate::statistics::Statistics;
pub use crate::trace_info::TraceInfo;
pub use crate::utf16::Utf16;
pub use crate::value::{Array, Elements, FieldError, Struct, Value, Values};
pub use uuid::Uuid;
