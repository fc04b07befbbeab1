//! Writing a stream event by event.

use crate::encode::head::EventHead;
use crate::encode::sequence_point::PointHead;
use crate::encode::stream::Stream;
use crate::encode::threads::{Role, Threads};
use crate::encode::{EncodeError, EncoderOptions, EventRecord, Version};
use crate::header::NO_PROCESSOR;
use crate::metadata::Metadata;
use crate::thread::Thread;
use crate::trace_info::TraceInfo;

/// Writes a stream: the opposite of a [`Decoder`](crate::Decoder).
///
/// It does no I/O. What is written is in [`output`](Self::output) from the next [`flush`](Self::flush) on, which happens by
/// itself when a block is full, and has to be [consumed](Self::consume) from there.
///
/// ```
/// use nettrace::{Encoder, EventRecord, Field, FieldType, Metadata, TraceInfo, Version};
///
/// # fn now() -> i64 { 0 }
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut socket = Vec::new();
/// # use std::io::Write;
/// // A clock of nanoseconds that is 0 now.
/// let mut trace = TraceInfo::new(1_700_000_000_000_000_000, 0, 1_000_000_000);
/// trace.process_id = std::process::id();
/// let mut encoder = Encoder::new(Version::V4, &trace)?;
///
/// let mut metadata = Metadata::new("Shop", 1, "OrderPlaced");
/// metadata.level = 4;
/// metadata.fields = vec![Field::new("items", FieldType::U32)].into();
/// let order_placed = encoder.define(&metadata)?;
///
/// let payload = 3u32.to_le_bytes();
/// let record = EventRecord { timestamp: now(), thread_id: 7, sorted: true, payload: &payload, ..Default::default() };
/// encoder.event(order_placed, &record)?;
///
/// // Whenever there is time for it:
/// if encoder.flush_due(now()) {
///     encoder.flush()?;
/// }
/// socket.write_all(encoder.output())?;
/// encoder.consume(encoder.output().len());
///
/// // At the end.
/// socket.write_all(&encoder.finish()?)?;
/// # let mut items = Vec::new();
/// # let mut decoder = nettrace::Decoder::new();
/// # decoder.push(&socket, &mut |event: &nettrace::Event<'_>| {
/// #     items.push(event.value("items").unwrap().unwrap().as_u64());
/// # })?;
/// # assert_eq!((items, decoder.is_complete()), (vec![Some(3)], true));
/// # Ok(())
/// # }
/// # run().unwrap();
/// ```
///
/// # Order
///
/// The events of one capture thread must be in time order. Events of several threads may be written in runs: all there is
/// of one, then all there is of the next. The first event of each run should be [`sorted`](EventRecord::sorted), which the
/// caller can say when it writes next the thread whose waiting events begin earliest. Streams whose events are all in time
/// order can say it of each.
///
/// # Lost events
///
/// Each capture thread's events are numbered. Readers tell from gaps how many events are missing, so an event that had to be
/// dropped is to be told with [`lost`](Self::lost).
///
/// # Memory
///
/// Between two sequence points every stack and list of labels that differs from the others is held, up to some 32 MiB of each
/// before they are written again. Nothing is allocated per event once the buffers have grown.
#[derive(Debug)]
pub struct Encoder {
    pub(super) stream: Stream,
    threads: Threads,
}

/// A definition in a stream that an [`Encoder`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DefinitionId(pub(super) u32);

impl Encoder {
    /// An encoder with the default options.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidTrace`] when no reader could make sense of `trace`.
    pub fn new(version: Version, trace: &TraceInfo) -> Result<Self, EncodeError> {
        Self::with_options(EncoderOptions::new(version), trace)
    }

    /// An encoder with options of one's own.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_options(options: EncoderOptions, trace: &TraceInfo) -> Result<Self, EncodeError> {
        Ok(Self { stream: Stream::new(options, trace)?, threads: Threads::default() })
    }

    /// Says more of the trace in words. What [`TraceInfo`] has fields for is said already, unless it is said here.
    ///
    /// # Errors
    ///
    /// In version 4, and when the head was written, which the first flush does.
    pub fn property(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        self.stream.property(name, value)
    }

    /// Defines an event. It has [the id it asks for](Metadata::id) if no other has that, else one of the encoder's choice.
    ///
    /// # Errors
    ///
    /// When the version has no way to describe it, or it is too large for version 6.
    pub fn define(&mut self, metadata: &Metadata) -> Result<DefinitionId, EncodeError> {
        self.stream.define(metadata).map(DefinitionId)
    }

    /// Describes a thread, before the first event that has to do with it. Other threads are described by their id alone. It
    /// has [the index it asks for](Thread::index) if no other has that, else one of the encoder's choice.
    ///
    /// # Errors
    ///
    /// In version 4, for a thread without an id or one that is known, and for one that is too large.
    pub fn thread(&mut self, thread: &Thread) -> Result<(), EncodeError> {
        if self.stream.version() == Version::V4 {
            return Err(self.stream.refuse("descriptions of threads"));
        }
        let Some(id) = thread.thread_id else {
            return Err(EncodeError::InvalidThread { reason: "it has no id" });
        };
        if self.threads.find(id, Role::Subject).is_some() {
            return Err(EncodeError::InvalidThread { reason: "it is known already" });
        }
        let taken = self.threads.has_index(thread.index);
        let index = if taken { self.threads.new_index() } else { thread.index };
        self.stream.thread(&Thread { index, ..thread.clone() })?;
        self.threads.insert(id, index);
        Ok(())
    }

    /// Writes an event into the current block.
    ///
    /// # Errors
    ///
    /// When its definition is not one of this stream, when it has labels in version 4, and when a part of it is too large for
    /// a block. The event is left out then, and the next one has its number.
    #[inline]
    pub fn event(&mut self, definition: DefinitionId, record: &EventRecord<'_>) -> Result<(), EncodeError> {
        if self.stream.version() == Version::V4 && !record.labels.is_empty() {
            return Err(self.stream.refuse("labels of events"));
        }
        let stack = Some(record.stack).filter(|stack| !stack.is_empty());
        self.record(definition, record, stack)
    }

    /// As [`event`](Self::event), with a stack that may be there and have no frames.
    pub(super) fn record(
        &mut self,
        definition: DefinitionId,
        record: &EventRecord<'_>,
        stack: Option<&[u8]>,
    ) -> Result<(), EncodeError> {
        if record.sorted
            && let Some(timestamp) = self.stream.point_due(record.timestamp)
        {
            self.sequence_point(timestamp)?;
        }
        let capture_id = record.capture_thread_id.unwrap_or(record.thread_id);
        let capture = self.position(capture_id, Role::Capture)?;
        let last = self.threads.get(capture).map_or(0, |thread| thread.last);
        let sequence = record.sequence_number.unwrap_or(last.wrapping_add(1));
        let (thread, capture_thread) = match self.stream.version() {
            Version::V4 => (record.thread_id, capture_id),
            Version::V6 => {
                let subject = self.position(record.thread_id, Role::Subject)?;
                let index = |position| self.threads.get(position).map_or(0, |thread| thread.index);
                (index(subject), index(capture))
            }
        };
        let head = EventHead {
            metadata_id: definition.0,
            sequence,
            capture_thread,
            processor: record.processor.unwrap_or(NO_PROCESSOR),
            thread,
            timestamp: record.timestamp,
            activity: record.activity_id,
            related_activity: record.related_activity_id,
            sorted: record.sorted,
            ..EventHead::default()
        };
        self.stream.event(head, stack, record.labels.iter().copied(), record.payload)?;
        self.threads.set_last(capture, sequence);
        Ok(())
    }

    /// Where a thread is in the table; it is described first if it is new.
    #[inline]
    fn position(&mut self, id: u64, role: Role) -> Result<usize, EncodeError> {
        match self.threads.find(id, role) {
            Some(position) => Ok(position),
            None => self.new_thread(id),
        }
    }

    #[cold]
    fn new_thread(&mut self, id: u64) -> Result<usize, EncodeError> {
        let index = self.threads.new_index();
        if self.stream.version() == Version::V6 {
            self.stream.thread(&described(index, id, self.stream.trace().process_id))?;
        }
        Ok(self.threads.insert(id, index))
    }

    /// Says that so many events of a capture thread were dropped after its last event.
    ///
    /// # Errors
    ///
    /// None, but when a block has to be written that is too large.
    pub fn lost(&mut self, capture_thread_id: u64, events: u32) -> Result<(), EncodeError> {
        let position = self.position(capture_thread_id, Role::Capture)?;
        let last = self.threads.get(position).map_or(0, |thread| thread.last);
        self.threads.set_last(position, last.wrapping_add(events));
        Ok(())
    }

    /// Says that a thread ended. Its id may be used again by another.
    ///
    /// # Errors
    ///
    /// None, but when a block has to be written that is too large.
    pub fn end_thread(&mut self, thread_id: u64) -> Result<(), EncodeError> {
        let Some(position) = self.threads.find(thread_id, Role::Capture) else { return Ok(()) };
        if self.stream.version() == Version::V6 {
            if let Some(thread) = self.threads.get(position) {
                self.stream.remove_thread(thread.index, thread.last)?;
            }
            self.threads.set_ended(position);
            self.threads.forget_ended();
        } else {
            // The next sequence point tells what it lost at its end.
            self.threads.set_ended(position);
        }
        Ok(())
    }

    /// Says that no event so far is later than `timestamp`, and none that follows is earlier, and flushes. What was held of
    /// stacks and labels is let go.
    ///
    /// Such points come by themselves before a [sorted](EventRecord::sorted) event that is not earlier than any event so far
    /// when [`sequence_point_bytes`](EncoderOptions::sequence_point_bytes) were written, and at the end.
    ///
    /// # Errors
    ///
    /// When there are more threads than version 6 can list.
    pub fn sequence_point(&mut self, timestamp: i64) -> Result<(), EncodeError> {
        let version = self.stream.version();
        let threads = self.threads.iter().map(|thread| match version {
            Version::V4 => (thread.id, thread.last),
            Version::V6 => (thread.index, thread.last),
        });
        self.stream.sequence_point(PointHead { timestamp, ..PointHead::default() }, threads)?;
        self.threads.forget_ended();
        Ok(())
    }

    /// The time, in ticks of the trace's clock, by which the events so far should be flushed: that of the earliest, and the
    /// [interval](EncoderOptions::flush_interval). `None` when there are none.
    #[must_use]
    pub fn next_flush(&self) -> Option<i64> {
        self.stream.next_flush()
    }

    /// Whether it is time to flush.
    #[must_use]
    pub fn flush_due(&self, now: i64) -> bool {
        self.next_flush().is_some_and(|time| time <= now)
    }

    /// Writes everything so far to the output, the head of the stream included.
    ///
    /// # Errors
    ///
    /// None in practice: what goes into a block was found to fit.
    pub fn flush(&mut self) -> Result<(), EncodeError> {
        self.stream.flush()
    }

    /// What was written and has not been consumed. More is added with every block, so consume it in time.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.stream.container().output()
    }

    /// Says that the first `count` bytes of the output went where they belong. The room they took is used again.
    pub fn consume(&mut self, count: usize) {
        self.stream.container_mut().consume(count);
    }

    /// The output itself, which is consumed thereby. Its memory goes with it.
    #[must_use]
    pub fn take_output(&mut self) -> Vec<u8> {
        self.stream.container_mut().take()
    }

    /// Ends the stream, with a last sequence point unless there are to be none. Returns what was not consumed before.
    ///
    /// # Errors
    ///
    /// As [`sequence_point`](Self::sequence_point).
    pub fn finish(mut self) -> Result<Vec<u8>, EncodeError> {
        self.end()?;
        Ok(self.take_output())
    }

    pub(super) fn end(&mut self) -> Result<(), EncodeError> {
        if self.stream.has_points() {
            self.sequence_point(self.stream.latest())?;
        }
        self.stream.end()
    }
}

/// A thread of which only the id is known, and the process when the trace is of one.
pub(super) fn described(index: u64, id: u64, process_id: u32) -> Thread {
    let process_id = Some(process_id.into()).filter(|id| *id != 0);
    Thread { process_id, thread_id: Some(id), ..Thread::new(index) }
}
