//! A stream being written: what goes into which block, and when blocks are written.
//!
//! Threads and numbers of events are as the caller says; [`Encoder`](crate::Encoder) and [`Recoder`](crate::Recoder) know
//! them.

use uuid::Uuid;

use crate::encode::container::Container;
use crate::encode::definitions::Definitions;
use crate::encode::event_block::{EventBlock, PREFIX};
use crate::encode::head::EventHead;
use crate::encode::interned::Interned;
use crate::encode::sequence_point::PointHead;
use crate::encode::{EncodeError, EncoderOptions, Version};
use crate::encode::{label_list, sequence_point, thread_row, trace_head};
use crate::error::BlockKind;
use crate::header::MAX_COMPRESSED;
use crate::labels::Label;
use crate::metadata::Metadata;
use crate::thread::Thread;
use crate::trace_info::{Properties, TraceInfo};

#[derive(Debug)]
pub(super) struct Stream {
    options: EncoderOptions,
    trace: TraceInfo,
    container: Container,
    /// What version 6 says of the trace in words, until the head is written.
    properties: Option<Properties>,
    block: EventBlock,
    definitions: Definitions,
    stacks: Interned,
    labels: Interned,
    /// Rows of the next thread block, and of the next block of removed threads.
    threads: Vec<u8>,
    removals: Vec<u8>,
    /// The labels of the latest event.
    list: Vec<u8>,
    /// The data of the trace's head and of sequence points.
    whole: Vec<u8>,
    /// The latest time of all events.
    latest: Option<i64>,
    /// Bytes of the stream at the last sequence point.
    last_point: u64,
}

/// Bytes in front of the stacks, or the lists of labels, of a block: the first id and their number.
const LIST_PREFIX: usize = 8;

impl Stream {
    pub(super) fn new(options: EncoderOptions, trace: &TraceInfo) -> Result<Self, EncodeError> {
        trace_head::check(trace)?;
        Ok(Self {
            options,
            trace: *trace,
            container: Container::new(options.version),
            properties: Some(Properties::new()),
            block: EventBlock::new(),
            definitions: Definitions::new(options.version),
            stacks: Interned::new(),
            labels: Interned::new(),
            threads: Vec::new(),
            removals: Vec::new(),
            list: Vec::new(),
            whole: Vec::new(),
            latest: None,
            last_point: 0,
        })
    }

    pub(super) fn version(&self) -> Version {
        self.options.version
    }

    pub(super) fn trace(&self) -> &TraceInfo {
        &self.trace
    }

    /// Says more of the trace, in words.
    pub(super) fn property(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        if self.version() == Version::V4 {
            return Err(self.refuse("properties of the trace"));
        }
        let properties = self.properties.as_mut().ok_or(EncodeError::LateProperty)?;
        properties.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    pub(super) fn refuse(&self, what: &'static str) -> EncodeError {
        EncodeError::NotInVersion { version: self.version(), what }
    }

    pub(super) fn define(&mut self, metadata: &Metadata) -> Result<u32, EncodeError> {
        if self.definitions.pending_bytes() > self.block_bytes() {
            self.flush()?;
        }
        self.definitions.define(metadata)
    }

    /// Bytes after which a block is written.
    fn block_bytes(&self) -> usize {
        (self.options.max_block_bytes as usize).min(self.container.max_data() / 2)
    }

    /// A thread of version 6, before what refers to it.
    pub(super) fn thread(&mut self, thread: &Thread) -> Result<(), EncodeError> {
        // The index may be that of a removed thread.
        if !self.removals.is_empty() || self.threads.len() > self.block_bytes() {
            self.flush()?;
        }
        let start = self.threads.len();
        let written = thread_row::write(thread, &mut self.threads);
        if written.is_err() {
            self.threads.truncate(start);
        }
        written
    }

    /// The end of a thread of version 6.
    pub(super) fn remove_thread(&mut self, index: u64, last: u32) -> Result<(), EncodeError> {
        if self.removals.len() > self.block_bytes() {
            self.flush()?;
        }
        thread_row::write_removal(index, last, &mut self.removals);
        Ok(())
    }

    /// An event. `head` says everything but stack, labels and payload size; what of it version 4 and 6 say in different ways
    /// is said in the right one.
    #[inline]
    pub(super) fn event<'a>(
        &mut self,
        mut head: EventHead,
        stack: Option<&[u8]>,
        labels: impl Iterator<Item = Label<'a>>,
        payload: &[u8],
    ) -> Result<(), EncodeError> {
        if !self.definitions.contains(head.metadata_id) {
            return Err(EncodeError::UndefinedEvent);
        }
        if self.version() == Version::V6 {
            self.list.clear();
            label_list::write(&head.activity, &head.related_activity, labels, &mut self.list);
            head.activity = Uuid::nil();
            head.related_activity = Uuid::nil();
        }
        head.payload_size = self.check_sizes(stack, payload)?;
        // Readers notice a change of the capture thread on events in order and at the start of a block only.
        let unnoticed = !head.sorted
            && self
                .block
                .capture_thread()
                .is_some_and(|capture_thread| capture_thread != head.capture_thread);
        let full = !self.block.is_empty() && self.block.size_with(payload.len()) > self.block_bytes();
        if unnoticed || full || self.is_crowded(stack) {
            self.flush()?;
        }
        if let Some(stack) = stack {
            // The size was checked.
            let size = u32::try_from(stack.len()).unwrap_or(u32::MAX).to_le_bytes();
            head.stack = self.stacks.intern(&size, stack);
        }
        if self.version() == Version::V6 && !self.list.is_empty() {
            head.labels = self.labels.intern(&[], &self.list);
        }
        self.definitions.used_by(&head);
        self.block.push(&head, payload);
        self.latest = Some(self.latest.map_or(head.timestamp, |latest| latest.max(head.timestamp)));
        Ok(())
    }

    /// Whether an event fits into blocks. Returns the size of its payload.
    fn check_sizes(&self, stack: Option<&[u8]>, payload: &[u8]) -> Result<u32, EncodeError> {
        let max = self.container.max_data();
        let check = |what, size: usize, beside: usize| {
            if size > max - beside {
                Err(EncodeError::TooLarge { what, size, max: max - beside })
            } else {
                Ok(())
            }
        };
        check("a payload", payload.len(), PREFIX + MAX_COMPRESSED)?;
        check("a stack", stack.map_or(0, <[u8]>::len), LIST_PREFIX + 4)?;
        check("a list of labels", self.list.len(), LIST_PREFIX)?;
        Ok(u32::try_from(payload.len()).unwrap_or(u32::MAX))
    }

    /// Whether what an event refers to needs blocks to be written first.
    fn is_crowded(&self, stack: Option<&[u8]>) -> bool {
        let max = self.block_bytes();
        let stacks = self.stacks.pending_bytes();
        let labels = self.labels.pending_bytes();
        (stacks > 0 && stacks + stack.map_or(0, <[u8]>::len) > max)
            || (labels > 0 && labels + self.list.len() > max)
    }

    /// Writes everything there is into the output, so that what refers to something comes behind it.
    pub(super) fn flush(&mut self) -> Result<(), EncodeError> {
        self.write_head()?;
        if !self.definitions.is_empty() {
            let now = self.block.earliest().unwrap_or(self.latest());
            self.container.block(BlockKind::Metadata, &[self.definitions.data(now)])?;
            self.definitions.set_written();
        }
        if !self.threads.is_empty() {
            self.container.block(BlockKind::Thread, &[&self.threads])?;
            self.threads.clear();
        }
        write_interned(&mut self.container, BlockKind::LabelList, &mut self.labels)?;
        write_interned(&mut self.container, BlockKind::Stack, &mut self.stacks)?;
        if !self.block.is_empty() {
            self.container.block(BlockKind::Event, &[self.block.data()])?;
            self.block.clear();
        }
        if !self.removals.is_empty() {
            self.container.block(BlockKind::RemoveThread, &[&self.removals])?;
            self.removals.clear();
        }
        Ok(())
    }

    fn write_head(&mut self) -> Result<(), EncodeError> {
        let Some(properties) = self.properties.take() else { return Ok(()) };
        self.whole.clear();
        trace_head::write(self.options.version, &self.trace, &properties, &mut self.whole);
        self.container.begin();
        match self.options.version {
            Version::V4 => self.container.trace_object(&self.whole),
            Version::V6 => self.container.block(BlockKind::Trace, &[&self.whole])?,
        }
        self.last_point = self.container.position();
        Ok(())
    }

    /// Writes everything and a sequence point behind it. Ids of stacks and of lists of labels begin anew.
    pub(super) fn sequence_point(
        &mut self,
        point: PointHead,
        threads: impl Iterator<Item = (u64, u32)>,
    ) -> Result<(), EncodeError> {
        self.flush()?;
        self.whole.clear();
        sequence_point::write(self.options.version, point, threads, &mut self.whole);
        self.container.block(BlockKind::SequencePoint, &[&self.whole])?;
        self.stacks.restart();
        self.labels.restart();
        if point.forgets_metadata {
            self.definitions.forget();
        }
        self.last_point = self.container.position();
        Ok(())
    }

    /// The time of a sequence point that is due and may come before an event at `timestamp`, if no later event is earlier.
    #[inline]
    pub(super) fn point_due(&self, timestamp: i64) -> Option<i64> {
        let bytes = self.options.sequence_point_bytes?;
        let since = self.container.position().saturating_sub(self.last_point);
        self.latest.filter(|latest| since >= bytes && *latest <= timestamp)
    }

    /// Whether sequence points come by themselves.
    pub(super) fn has_points(&self) -> bool {
        self.options.sequence_point_bytes.is_some()
    }

    /// The latest time of all events, or that of the trace's start.
    pub(super) fn latest(&self) -> i64 {
        self.latest.unwrap_or(self.trace.start_ticks)
    }

    /// The time by which to flush, if there is anything.
    pub(super) fn next_flush(&self) -> Option<i64> {
        let earliest = self.block.earliest()?;
        let nanos = self.options.flush_interval.as_nanos();
        let ticks =
            nanos.saturating_mul(u128::from(self.trace.ticks_per_second.unsigned_abs())) / 1_000_000_000;
        Some(earliest.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX)))
    }

    /// Writes everything and the end mark.
    pub(super) fn end(&mut self) -> Result<(), EncodeError> {
        self.flush()?;
        self.container.end();
        Ok(())
    }

    pub(super) fn container(&self) -> &Container {
        &self.container
    }

    pub(super) fn container_mut(&mut self) -> &mut Container {
        &mut self.container
    }
}

/// Writes what was interned since the last time (NetTrace 4 and 6, stack block; NetTrace 6, label list block).
fn write_interned(
    container: &mut Container,
    kind: BlockKind,
    interned: &mut Interned,
) -> Result<(), EncodeError> {
    let Some(pending) = interned.pending() else { return Ok(()) };
    let (first_id, count) = (pending.first_id.to_le_bytes(), pending.count.to_le_bytes());
    container.block(kind, &[&first_id, &count, pending.bytes])?;
    interned.set_written();
    Ok(())
}
