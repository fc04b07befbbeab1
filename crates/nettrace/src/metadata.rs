//! Definitions of events.

use std::collections::HashMap;

use crate::cursor::{Cursor, Stop};
use crate::definition;
use crate::error::ErrorKind;
use crate::field::{Field, FieldType, Fields};
use crate::limits::Limits;
use crate::statistics::Statistics;

/// What a kind of event is: who writes it, its id, and the fields of its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// Id by which events of this stream refer to it; positive.
    pub id: u32,
    /// Number of this definition among those of the stream, from 0 without gaps. Fit as an index for what is bound once
    /// per definition. A definition that replaces another gets a number of its own.
    pub index: u32,
    /// Name of the provider.
    pub provider: String,
    /// Id of the event within its provider.
    pub event_id: u32,
    /// Name of the event. Empty for the runtime's own events.
    pub event_name: String,
    /// Version of the event.
    pub version: u32,
    /// Level: 0 always, 1 critical, 2 error, 3 warning, 4 informational, 5 verbose.
    pub level: u8,
    /// Keywords, a bit set.
    pub keywords: u64,
    /// Operation code, where the event has one other than Info.
    pub opcode: Option<u8>,
    /// Fields of the payload. Empty when the event does not describe itself, or does so illegibly.
    pub fields: Fields,
    /// Whether a list of fields was there but could not be read.
    pub fields_unreadable: bool,
    /// A hash over everything but the ids above `provider`: equal definitions of two streams have equal fingerprints.
    pub fingerprint: u64,
}

impl Metadata {
    /// About the bytes of memory it takes.
    fn memory(&self) -> usize {
        fn fields(list: &[Field]) -> usize {
            list.iter()
                .map(|field| {
                    size_of::<Field>()
                        + field.name.len()
                        + match &field.field_type {
                            FieldType::Struct(inner) => fields(inner),
                            FieldType::Array(_) => 2 * size_of::<FieldType>(),
                            _ => 0,
                        }
                })
                .sum()
        }
        size_of::<Self>() + self.provider.len() + self.event_name.len() + fields(&self.fields)
    }
}

/// Ids up to here are found by indexing; runtimes count from 1.
const DENSE_IDS: usize = 1 << 16;

/// The definitions of a stream, found by id.
#[derive(Debug, Default)]
pub(crate) struct MetadataTable {
    dense: Vec<Option<Box<Metadata>>>,
    sparse: HashMap<u32, Box<Metadata>>,
    memory: usize,
    next_index: u32,
}

impl MetadataTable {
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Metadata> {
        let index = id as usize;
        if index < DENSE_IDS {
            return self.dense.get(index).and_then(Option::as_deref);
        }
        self.sparse.get(&id).map(Box::as_ref)
    }

    /// Adds the definition in `blob`. The latest of an id counts.
    pub(crate) fn define(
        &mut self,
        blob: &[u8],
        limits: &Limits,
        statistics: &mut Statistics,
    ) -> Result<&Metadata, ErrorKind> {
        let mut metadata = definition::read(&mut Cursor::new(blob)).map_err(|stop| ErrorKind::Malformed {
            reason: match stop {
                Stop::Short(_) => "a definition of an event is cut short",
                Stop::Malformed(reason) => reason,
            },
        })?;
        metadata.index = self.next_index;
        let id = metadata.id;
        let replaced = self.get(id).map(Metadata::memory);
        let memory = self.memory.saturating_sub(replaced.unwrap_or(0)).saturating_add(metadata.memory());
        if memory > limits.max_metadata_bytes {
            let (allowed, needed) = (limits.max_metadata_bytes as u64, memory as u64);
            return Err(ErrorKind::LimitExceeded { limit: "max_metadata_bytes", allowed, needed });
        }
        if self.next_index >= limits.max_metadata {
            let (allowed, needed) = (limits.max_metadata.into(), u64::from(self.next_index) + 1);
            return Err(ErrorKind::LimitExceeded { limit: "max_metadata", allowed, needed });
        }
        self.memory = memory;
        self.next_index += 1;
        statistics.metadata += 1;
        statistics.redefined_metadata += u64::from(replaced.is_some());
        statistics.unreadable_fields += u64::from(metadata.fields_unreadable);
        let index = id as usize;
        if index >= DENSE_IDS {
            return Ok(self.sparse.entry(id).insert_entry(Box::new(metadata)).into_mut());
        }
        if self.dense.len() <= index {
            self.dense.resize_with(index + 1, || None);
        }
        match self.dense.get_mut(index) {
            Some(slot) => Ok(slot.insert(Box::new(metadata))),
            None => Err(ErrorKind::Malformed { reason: "a metadata id has no place" }),
        }
    }
}
