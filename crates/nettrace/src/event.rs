//! An event, and what receives events.

use uuid::Uuid;

use crate::labels::Labels;
use crate::meanings::Meanings;
use crate::metadata::Metadata;
use crate::sequence::SequencePoint;
use crate::stack::Stack;
use crate::structure::{Struct, Values};
use crate::thread::Thread;
use crate::trace_info::TraceInfo;
use crate::value::{FieldError, Value};

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
    /// The thread it is about, by the operating system's id. 0 in version 6 when [`thread`](Self::thread) does not say it.
    pub thread_id: u64,
    /// The thread that wrote it. Differs from `thread_id` for CPU samples. 0 in version 6 when the stream does not say.
    pub capture_thread_id: u64,
    /// The processor it was written on; `None` where the runtime does not say.
    pub processor: Option<u32>,
    /// Number of the event among those of its capture thread. 0 in netperf streams, which do not number events.
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
    /// In version 6 its thread and its labels.
    pub(crate) meanings: Option<&'a Meanings<'a>>,
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

    /// The thread it is about, as streams of version 6 describe it; `None` in those of earlier versions, and when the
    /// stream does not define it.
    #[must_use]
    pub fn thread(&self) -> Option<&'a Thread> {
        self.meanings.and_then(Meanings::thread)
    }

    /// What the stream calls the thread it is about and the one that wrote it: indices in version 6, ids before.
    pub(crate) fn thread_keys(&self) -> (u64, u64) {
        let indices = self.meanings.and_then(Meanings::thread_indices);
        indices.unwrap_or((self.thread_id, self.capture_thread_id))
    }

    /// What version 6 carries beside the payload; empty in earlier versions.
    #[must_use]
    pub fn labels(&self) -> Labels<'a> {
        self.meanings.map_or(Labels::NONE, Meanings::labels)
    }

    /// Id of the process it is about: its thread's, or else the trace's. `None` in version 6 when neither is said.
    #[must_use]
    pub fn process_id(&self) -> Option<u64> {
        let of_thread = self.thread().and_then(|thread| thread.process_id);
        of_thread.or_else(|| Some(self.trace.process_id.into()).filter(|id| *id != 0))
    }

    /// Operation code: that of its labels, or else that of its definition. 0, which is Info, when neither says.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.labels().overrides().opcode.or(self.metadata.opcode).unwrap_or(0)
    }

    /// Keywords: those of its labels, or else those of its definition.
    #[must_use]
    pub fn keywords(&self) -> u64 {
        self.labels().overrides().keywords.unwrap_or(self.metadata.keywords)
    }

    /// Level: that of its labels, or else that of its definition.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.labels().overrides().level.unwrap_or(self.metadata.level)
    }

    /// Version: that of its labels, or else that of its definition.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.labels().overrides().version.map_or(self.metadata.version, u32::from)
    }

    /// The payload as named values. Empty for events that do not describe themselves, such as the runtime's own.
    ///
    /// Its fields are the definition's, but for booleans: some writers say four bytes and write one. Where that is so by the
    /// length of the payload, they are [`Bool8`](crate::FieldType::Bool8) here.
    #[must_use]
    pub fn fields(&self) -> Struct<'a> {
        Struct::new(self.metadata.layout(self.payload), self.payload)
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

    /// What a stream of version 6 says of the trace in words of its own, right after its head.
    fn trace_property(&mut self, _name: &str, _value: &str) {}

    /// A thread, before the first event that refers to it (version 6).
    fn thread(&mut self, _thread: &Thread) {}

    /// The thread with that index has ended, after it numbered its last event; the index may come to mean another
    /// (version 6).
    fn thread_removed(&mut self, _index: u64, _last_sequence_number: u32) {}

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
