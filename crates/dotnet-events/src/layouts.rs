//! The fields of every event, whether the stream says them or not.

use nettrace::{Event, Fields, Metadata, Struct};

use crate::{runtime, slot};

/// Gives every event its fields: those that the stream declares, or else those that are known of the runtime's own events.
///
/// What is found out about a definition is kept for the events to come, so use one for all events of a stream. Nothing is
/// allocated per event.
///
/// ```
/// use dotnet_events::{Layouts, names};
///
/// let mut layouts = Layouts::new();
/// let mut print = |event: &nettrace::Event<'_>| {
///     println!("{}", names::event_name(event));
///     for (field, value) in layouts.fields(event).values() {
///         match value {
///             Ok(value) => println!("  {} = {value:?}", field.name),
///             Err(error) => println!("  {}: {error}", field.name),
///         }
///     }
/// };
/// # let _: &mut dyn nettrace::Sink = &mut print;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    /// By the [place](slot::of) of the definition.
    bindings: Vec<Option<Binding>>,
}

/// What is known about a definition.
#[derive(Debug, Clone, Copy)]
struct Binding {
    /// Of the definition: notices another stream.
    fingerprint: u64,
    pointer_size: u8,
    fields: Option<&'static Fields>,
}

impl Layouts {
    /// For a stream of which nothing has been read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The values of an event with their names; none where nobody knows them.
    ///
    /// A payload that is shorter than the fields say has the values that are there, and errors for the rest. A longer one
    /// is of a later version: what is behind is left.
    #[inline]
    pub fn fields<'e>(&mut self, event: &Event<'e>) -> Struct<'e> {
        let metadata = event.metadata;
        if !metadata.fields.is_empty() {
            return event.fields();
        }
        let pointer_size = event.trace.pointer_size;
        let fields = match self.bindings.get(slot::of(metadata)) {
            Some(Some(known))
                if known.fingerprint == metadata.fingerprint && known.pointer_size == pointer_size =>
            {
                known.fields
            }
            _ => self.bind(metadata, pointer_size),
        };
        // Labels (NetTrace 6) can give one event another version than its definition's.
        let fields = if event.labels().is_empty() || event.version() == metadata.version {
            fields
        } else {
            runtime::layout_of_version(metadata, event.version(), pointer_size)
        };
        fields.map_or_else(|| event.fields(), |fields| Struct::new(fields, event.payload))
    }

    #[cold]
    fn bind(&mut self, metadata: &Metadata, pointer_size: u8) -> Option<&'static Fields> {
        let index = slot::of(metadata);
        if self.bindings.len() <= index {
            self.bindings.resize(index + 1, None);
        }
        let fields = runtime::layout(metadata, pointer_size);
        if let Some(slot) = self.bindings.get_mut(index) {
            *slot = Some(Binding { fingerprint: metadata.fingerprint, pointer_size, fields });
        }
        fields
    }
}
