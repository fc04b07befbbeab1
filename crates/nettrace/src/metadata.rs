//! Definitions of events.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::booleans::Narrow;
use crate::error::ErrorKind;
use crate::field::{Field, FieldType, Fields};
use crate::limits::Limits;
use crate::statistics::Statistics;

/// What a kind of event is: who writes it, its id, and the fields of its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// Id by which events of this stream refer to it; positive. 0 when it is not part of a stream.
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
    /// The provider's GUID, where the stream gives it (version 6).
    pub provider_guid: Option<Uuid>,
    /// A text with places for the fields' values (version 6).
    pub message_template: Option<String>,
    /// What the event is, in words (version 6).
    pub description: Option<String>,
    /// Whatever else is said of the event: names and values, in stream order (version 6).
    pub attributes: Vec<(String, String)>,
    /// A hash over everything but the ids above `provider`: equal definitions of two streams of one version have equal
    /// fingerprints. 0 when the definition was not read from a stream.
    pub fingerprint: u64,
    /// What the fields are where booleans take one byte; known to definitions of a stream.
    pub(crate) narrow: Narrow,
}

impl Metadata {
    /// A definition of one's own, of an event without fields, of level 0, without keywords: what more there is to say is
    /// set in its fields.
    ///
    /// ```
    /// use nettrace::{Field, FieldType, Metadata};
    ///
    /// let mut metadata = Metadata::new("Shop", 1, "OrderPlaced");
    /// metadata.level = 4;
    /// metadata.fields = vec![Field::new("customer", FieldType::String), Field::new("items", FieldType::U32)].into();
    /// assert_eq!(metadata.fields.position("items"), Some(1));
    /// ```
    #[must_use]
    pub fn new(provider: impl Into<String>, event_id: u32, event_name: impl Into<String>) -> Self {
        Self {
            id: 0,
            index: 0,
            provider: provider.into(),
            event_id,
            event_name: event_name.into(),
            version: 0,
            level: 0,
            keywords: 0,
            opcode: None,
            fields: Fields::default(),
            fields_unreadable: false,
            provider_guid: None,
            message_template: None,
            description: None,
            attributes: Vec::new(),
            fingerprint: 0,
            narrow: Narrow::default(),
        }
    }

    /// About the bytes of memory it takes.
    fn memory(&self) -> usize {
        fn fields(list: &[Field]) -> usize {
            list.iter()
                .map(|field| {
                    size_of::<Field>()
                        + field.name.len()
                        + match &field.field_type {
                            FieldType::Struct(inner) => fields(inner),
                            FieldType::Array(element)
                            | FieldType::FixedArray(element, _)
                            | FieldType::RelativeLocation(element)
                            | FieldType::DataLocation(element)
                            | FieldType::Counted(element) => array(element),
                            _ => 0,
                        }
                })
                .sum()
        }
        fn array(element: &FieldType) -> usize {
            let inner = match element {
                FieldType::Struct(inner) => fields(inner),
                _ => 0,
            };
            2 * size_of::<FieldType>() + inner
        }
        let text = |text: &Option<String>| text.as_deref().map_or(0, str::len);
        let attribute = |(key, value): &(String, String)| 2 * size_of::<String>() + key.len() + value.len();
        size_of::<Self>()
            + self.provider.len()
            + self.event_name.len()
            + text(&self.message_template)
            + text(&self.description)
            + self.attributes.iter().map(attribute).sum::<usize>()
            + fields(&self.fields)
            + fields(self.narrow.fields())
    }

    /// The fields as they lie in that payload.
    #[inline]
    pub(crate) fn layout<'a>(&'a self, payload: &'a [u8]) -> &'a Fields {
        self.narrow.choose(&self.fields, payload)
    }
}

/// Ids up to here are found by indexing; runtimes count from 1.
const DENSE_IDS: usize = 1 << 16;

/// The definitions of a stream, found by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetadataTable {
    dense: Vec<Option<Arc<Metadata>>>,
    sparse: HashMap<u32, Arc<Metadata>>,
    memory: usize,
    next_index: u32,
    /// Definitions since the last time all were forgotten, replaced ones too.
    count: u32,
}

impl MetadataTable {
    #[expect(clippy::inline_always, reason = "in the loop over events")]
    #[inline(always)]
    pub(crate) fn get(&self, id: u32) -> Option<&Metadata> {
        match self.dense.get(id as usize) {
            Some(metadata) => metadata.as_deref(),
            None => self.get_sparse(id),
        }
    }

    #[cold]
    fn get_sparse(&self, id: u32) -> Option<&Metadata> {
        self.sparse.get(&id).map(Arc::as_ref)
    }

    /// Adds a definition. The latest of an id counts.
    pub(crate) fn define(
        &mut self,
        mut metadata: Metadata,
        limits: &Limits,
        statistics: &mut Statistics,
    ) -> Result<&Metadata, ErrorKind> {
        metadata.index = self.next_index;
        metadata.narrow = Narrow::of(&metadata.fields);
        let id = metadata.id;
        let replaced = self.get(id).map(Metadata::memory);
        let memory = self.memory.saturating_sub(replaced.unwrap_or(0)).saturating_add(metadata.memory());
        if memory > limits.max_metadata_bytes {
            let (allowed, needed) = (limits.max_metadata_bytes as u64, memory as u64);
            return Err(ErrorKind::LimitExceeded { limit: "max_metadata_bytes", allowed, needed });
        }
        if self.count >= limits.max_metadata {
            let (allowed, needed) = (limits.max_metadata.into(), u64::from(self.count) + 1);
            return Err(ErrorKind::LimitExceeded { limit: "max_metadata", allowed, needed });
        }
        self.memory = memory;
        self.next_index = self.next_index.wrapping_add(1);
        self.count += 1;
        statistics.metadata += 1;
        statistics.redefined_metadata += u64::from(replaced.is_some());
        statistics.unreadable_fields += u64::from(metadata.fields_unreadable);
        let index = id as usize;
        if index >= DENSE_IDS {
            return Ok(self.sparse.entry(id).insert_entry(Arc::new(metadata)).into_mut());
        }
        if self.dense.len() <= index {
            self.dense.resize_with(index + 1, || None);
        }
        match self.dense.get_mut(index) {
            Some(slot) => Ok(slot.insert(Arc::new(metadata))),
            None => Err(ErrorKind::Malformed { reason: "a metadata id has no place" }),
        }
    }

    /// Forgets all definitions, as a sequence point of version 6 may demand. Their numbers are not used again.
    pub(crate) fn clear(&mut self) {
        *self = Self { next_index: self.next_index, ..Self::default() };
    }
}
