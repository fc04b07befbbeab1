//! Writing NetTrace streams: version 4, with the tags of what is called version 5, and version 6.
//!
//! [`stream`] puts events, definitions, stacks and labels into blocks and the blocks into the stream; the modules around it
//! each write one of these. [`encoder`] numbers the events of threads on top of it, [`recoder`] writes what a decoder reads.

mod container;
mod counterparts;
mod definition;
mod definitions;
mod encoder;
mod error;
mod event_block;
mod field_type;
mod head;
mod ids;
mod interned;
mod label_list;
mod numbers;
mod options;
mod put;
mod recoder;
mod record;
mod row;
mod sequence_point;
mod stream;
mod thread_row;
mod threads;
mod trace_head;

pub use encoder::{DefinitionId, Encoder};
pub use error::EncodeError;
pub use options::{EncoderOptions, Version};
pub use recoder::{LeftOut, Recoder};
pub use record::EventRecord;
