//! An event, and what receives events.

use uuid::Uuid;

use crate::metadata::Metadata;
use crate::sequence::SequencePoint;
use crate::stack::Stack;
use crate::trace_info::TraceInfo;
use crate::value::{FieldError, Struct, Value, Values};

/// One event, borrowed from the stream. Copy out what must outlive the call that delivers it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What the event is.
    pub metadata: &'a Metadata,
    /// The head of the trace; converts [`timestamp`](Self::timestamp).
    pub trace: &'a TraceInfo,
    /// When it happened, in ticks of the trace's clock.
    pub timestamp: i64,
    /// The thread it is about.
    pub thread_id: u64,
    /// The thread that wrote it. Differs from `thread_id` for CPU samples.
    pub capture_thread_id: u64,
    /// The processor it was written on; `None` where the runtime does not say.
    pub processor: Option<u32>,
    /// Number of the event among those of its capture thread.
    pub sequence_number: u32,
    /// The call stack of the thread it is about.
    pub stack: Stack<'a>,
    /// Activity it belongs to; nil when none.
    pub activity_id: Uuid,
    /// Activity that caused that one; nil when none.
    pub related_activity_id: Uuid,
    /// Whether no later event of the stream is earlier in time.
    pub sorted: bool,
    /// Its values, encoded as the metadata says.
    pub payload: &'a [u8],
}

impl<'a> Event<'a> {
    /// When it happened, in nanoseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn unix_nanos(&self) -> i64 {
        self.trace.unix_nanos(self.timestamp)
    }

    /// When it happened, in nanoseconds from the start of the session; negative before it.
    #[must_use]
    pub fn relative_nanos(&self) -> i64 {
        self.trace.relative_nanos(self.timestamp)
    }

    /// The payload as named values. Empty for events that do not describe themselves, such as the runtime's own.
    #[must_use]
    pub fn fields(&self) -> Struct<'a> {
        Struct::new(&self.metadata.fields, self.payload)
    }

    /// The declared fields with their values.
    #[must_use]
    pub fn values(&self) -> Values<'a> {
        self.fields().values()
    }

    /// The value of the named field; see [`Struct::value`].
    pub fn value(&self, name: &str) -> Result<Option<Value<'a>>, FieldError> {
        self.fields().value(name)
    }

    /// The value at the end of a path of names; see [`Struct::value_at`].
    pub fn value_at(&self, path: &[&str]) -> Result<Option<Value<'a>>, FieldError> {
        self.fields().value_at(path)
    }
}

/// Receives what a [`Decoder`](crate::Decoder) finds, in stream order. A closure over `&Event` is one.
pub trait Sink {
    /// An event.
    fn event(&mut self, event: &Event<'_>);

    /// The head of the trace: once, before everything else.
    fn trace(&mut self, _trace: &TraceInfo) {}

    /// A definition, before the first event that uses it.
    fn metadata(&mut self, _metadata: &Metadata) {}

    /// All events before it are not later than those after it, and stack ids start anew.
    fn sequence_point(&mut self, _point: &SequencePoint<'_>) {}
}

impl<F: FnMut(&Event<'_>)> Sink for F {
    fn event(&mut self, event: &Event<'_>) {
        self(event);
    }
}
