//! What is inside blocks: read piece by piece, so that only a piece that spans two pushes is ever copied.

use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, ErrorKind};
use crate::event::{Event, Sink};
use crate::header::{Header, NO_PROCESSOR};
use crate::limits::Limits;
use crate::metadata::MetadataTable;
use crate::sequence::{SequencePoint, Threads};
use crate::stack::{Stack, StackTable};
use crate::statistics::Statistics;
use crate::trace_info::TraceInfo;
use crate::walk::{Pause, Walk};

/// Everything that outlives a block.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) limits: Limits,
    pub(crate) trace: Option<TraceInfo>,
    pub(crate) metadata: MetadataTable,
    pub(crate) stacks: StackTable,
    pub(crate) threads: Threads,
    pub(crate) statistics: Statistics,
}

/// How far reading got.
pub(crate) struct Progress {
    /// Bytes done with.
    pub(crate) consumed: usize,
    pub(crate) outcome: Outcome,
}

/// Why reading paused.
pub(crate) enum Outcome {
    /// A part is done; the next may follow in the same bytes.
    Done,
    /// So many bytes are needed from the first byte that was not consumed.
    Need(usize),
    /// The bytes are not what they must be.
    Failed(ErrorKind),
}

impl Progress {
    pub(crate) fn done(consumed: usize) -> Self {
        Self { consumed, outcome: Outcome::Done }
    }

    pub(crate) fn failed(consumed: usize, reason: &'static str) -> Self {
        Self { consumed, outcome: Outcome::Failed(ErrorKind::Malformed { reason }) }
    }

    /// Reading the piece that begins at `consumed`, of which `available` bytes are there, stopped.
    pub(crate) fn stopped(consumed: usize, available: usize, stop: Stop) -> Self {
        match stop {
            Stop::Short(missing) => {
                Self { consumed, outcome: Outcome::Need(available.saturating_add(missing)) }
            }
            Stop::Malformed(reason) => Self::failed(consumed, reason),
        }
    }
}

/// A block being read.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    /// Bytes of data that are still to come.
    pub(crate) left: usize,
    part: Part,
    walk: Walk,
    /// The capture thread whose events are being read; none before the first event of an event block.
    run: Option<Run>,
}

/// Events of one capture thread, one after the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    capture_thread: u64,
    /// Where the thread is in [`Threads`]; none when that is full.
    handle: Option<u32>,
}

/// The part of a block that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The head of an event or metadata block.
    EventsHead,
    /// Events, or definitions in the form of events.
    Events,
    /// The head of a stack block.
    StacksHead,
    /// A stack, and how many follow.
    Stack { id: u32, left: u32 },
    /// All of a sequence point.
    SequencePoint,
    /// Bytes without meaning.
    Skip,
}

impl Block {
    pub(crate) fn new(kind: BlockKind, size: u32) -> Self {
        let part = match kind {
            BlockKind::Event | BlockKind::Metadata => Part::EventsHead,
            BlockKind::Stack => Part::StacksHead,
            BlockKind::SequencePoint => Part::SequencePoint,
            BlockKind::Trace | BlockKind::Unknown => Part::Skip,
        };
        Self { kind, left: size as usize, part, walk: Walk::new(true), run: None }
    }

    /// Reads on in `bytes`, which may hold more or less than the rest of the block. `left` must not be zero.
    pub(crate) fn read<S: Sink + ?Sized>(
        &mut self,
        bytes: &[u8],
        context: &mut Context,
        sink: &mut S,
    ) -> Progress {
        let data = bytes.get(..self.left).unwrap_or(bytes);
        let mut progress = match self.part {
            Part::EventsHead => self.events_head(data),
            Part::Events => match self.kind {
                BlockKind::Metadata => self.definitions(data, context, sink),
                _ => self.events(data, context, sink),
            },
            Part::StacksHead => self.stacks_head(data),
            Part::Stack { .. } => self.stacks(data, context),
            Part::SequencePoint => self.sequence_point(data, context, sink),
            Part::Skip if data.is_empty() => Progress { consumed: 0, outcome: Outcome::Need(1) },
            Part::Skip => Progress::done(data.len()),
        };
        self.left -= progress.consumed.min(self.left);
        if let Outcome::Need(needed) = progress.outcome
            && needed > self.left
        {
            progress.outcome =
                Outcome::Failed(ErrorKind::Malformed { reason: "an item runs past the end of its block" });
        }
        if self.left == 0 && matches!(progress.outcome, Outcome::Done) {
            self.finish(context);
        }
        progress
    }

    /// The block's last event was read.
    fn finish(&mut self, context: &mut Context) {
        if let Some(run) = self.run {
            context.threads.set_last(run.handle, self.walk.header.sequence);
        }
    }

    /// The head of an event or metadata block: size of itself, flags, and bounds of time that only matter for seeking.
    fn events_head(&mut self, data: &[u8]) -> Progress {
        let mut cursor = Cursor::new(data);
        let mut read = || {
            let size = cursor.u16()?;
            if size < 20 {
                return Err(Stop::Malformed("the header of a block is too small"));
            }
            let flags = cursor.u16()?;
            cursor.take(usize::from(size) - 4)?;
            Ok(flags)
        };
        match read() {
            Ok(flags) => {
                self.walk = Walk::new(flags & 1 != 0);
                self.part = Part::Events;
                Progress::done(data.len() - cursor.remaining())
            }
            Err(stop) => Progress::stopped(0, data.len(), stop),
        }
    }

    fn events<S: Sink + ?Sized>(&mut self, data: &[u8], context: &mut Context, sink: &mut S) -> Progress {
        let Some(trace) = context.trace else {
            return Progress::failed(0, "events before the trace's head");
        };
        let mut cursor = Cursor::new(data);
        let mut walk = self.walk;
        let max_bytes = context.limits.max_item_bytes;
        let mut delivered = 0u64;
        let mut payload_bytes = 0u64;
        let outcome = loop {
            let payload = match walk.next(&mut cursor, max_bytes) {
                Ok(payload) => payload,
                Err(pause) => break self.paused(&walk, pause, &cursor, data, max_bytes),
            };
            let header = &walk.header;
            if header.sequence_given || self.run.is_none() {
                self.follow_thread(header, context);
            }
            let Some(metadata) = context.metadata.get(header.metadata_id) else {
                context.statistics.undefined_events += 1;
                continue;
            };
            delivered += 1;
            payload_bytes += payload.len() as u64;
            sink.event(&Event {
                metadata,
                trace: &trace,
                timestamp: header.timestamp.cast_signed(),
                thread_id: header.thread,
                capture_thread_id: header.capture_thread,
                processor: (header.processor != NO_PROCESSOR).then_some(header.processor),
                sequence_number: header.sequence,
                stack: Stack::new(&context.stacks, header.stack),
                activity_id: header.activity,
                related_activity_id: header.related_activity,
                sorted: header.sorted,
                payload,
            });
        };
        self.walk = walk;
        context.statistics.events += delivered;
        context.statistics.payload_bytes += payload_bytes;
        Progress { consumed: data.len() - cursor.remaining(), outcome }
    }

    /// What a pause in walking means: at the end of the block's last event it is the end of the block.
    fn paused(&self, walk: &Walk, pause: Pause, cursor: &Cursor<'_>, data: &[u8], max_bytes: u32) -> Outcome {
        match pause {
            Pause::Need(_)
                if cursor.remaining() == 0 && walk.is_between_events() && data.len() == self.left =>
            {
                Outcome::Done
            }
            Pause::Need(needed) => Outcome::Need(needed),
            Pause::Malformed(reason) => Outcome::Failed(ErrorKind::Malformed { reason }),
            Pause::TooLarge(size) => Outcome::Failed(too_large(size, max_bytes)),
        }
    }

    /// A header gave its sequence number: find out what its thread lost since its last event.
    fn follow_thread(&mut self, header: &Header, context: &mut Context) {
        let Context { threads, statistics, limits, .. } = context;
        let Header { capture_thread, sequence, previous_sequence, .. } = *header;
        let handle = match self.run {
            Some(run) => {
                threads.set_last(run.handle, previous_sequence);
                if run.capture_thread == capture_thread {
                    threads.advance(run.handle, sequence, statistics);
                    run.handle
                } else {
                    threads.begin(capture_thread, sequence, limits.max_threads, statistics)
                }
            }
            None => threads.begin(capture_thread, sequence, limits.max_threads, statistics),
        };
        self.run = Some(Run { capture_thread, handle });
    }

    fn definitions<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        sink: &mut S,
    ) -> Progress {
        let mut cursor = Cursor::new(data);
        let mut walk = self.walk;
        let max_bytes = context.limits.max_item_bytes;
        let outcome = loop {
            let payload = match walk.next(&mut cursor, max_bytes) {
                Ok(payload) => payload,
                Err(pause) => break self.paused(&walk, pause, &cursor, data, max_bytes),
            };
            match context.metadata.define(payload, &context.limits, &mut context.statistics) {
                Ok(metadata) => sink.metadata(metadata),
                Err(kind) => {
                    // At fault is the definition, not its header.
                    let end = data.len() - cursor.remaining();
                    let consumed = end.saturating_sub(walk.header.body_size());
                    return Progress { consumed, outcome: Outcome::Failed(kind) };
                }
            }
        };
        self.walk = walk;
        Progress { consumed: data.len() - cursor.remaining(), outcome }
    }

    /// The head of a stack block: the first id and the number of stacks.
    fn stacks_head(&mut self, data: &[u8]) -> Progress {
        let mut cursor = Cursor::new(data);
        let mut read = || {
            let id = cursor.u32()?;
            let left = u32::try_from(cursor.i32()?);
            Ok((id, left.map_err(|_| Stop::Malformed("the number of stacks is negative"))?))
        };
        match read() {
            Ok((id, left)) => {
                self.part = Part::Stack { id, left };
                Progress::done(data.len() - cursor.remaining())
            }
            Err(stop) => Progress::stopped(0, data.len(), stop),
        }
    }

    /// Stacks: the size in bytes and the instruction pointers of each.
    fn stacks(&mut self, data: &[u8], context: &mut Context) -> Progress {
        let mut cursor = Cursor::new(data);
        let outcome = loop {
            let Part::Stack { id, left } = self.part else { break Outcome::Done };
            if left == 0 {
                self.part = Part::Skip;
                break Outcome::Done;
            }
            let mut look = cursor;
            let mut read = || {
                let size = usize::try_from(look.i32()?)
                    .map_err(|_| Stop::Malformed("the size of a stack is negative"))?;
                Ok((size, look.take(size)))
            };
            let stack = match read() {
                Ok((size, stack)) => match check_item(size, &context.limits) {
                    Ok(()) => stack,
                    Err(outcome) => break outcome,
                },
                Err(stop) => Err(stop),
            };
            match stack {
                Ok(stack) => {
                    context.statistics.stacks += 1;
                    context.statistics.dropped_stacks += context.stacks.insert(id, stack, &context.limits);
                    self.part = Part::Stack { id: id.wrapping_add(1), left: left - 1 };
                    cursor = look;
                }
                Err(stop) => break Progress::stopped(0, cursor.remaining(), stop).outcome,
            }
        };
        Progress { consumed: data.len() - cursor.remaining(), outcome }
    }

    /// A sequence point, which is read as one piece.
    fn sequence_point<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        sink: &mut S,
    ) -> Progress {
        if let Err(outcome) = check_item(self.left, &context.limits) {
            return Progress { consumed: 0, outcome };
        }
        let mut cursor = Cursor::new(data);
        match SequencePoint::read(&mut cursor) {
            Ok(point) => {
                context.threads.sequence_point(&point, context.limits.max_threads, &mut context.statistics);
                context.stacks.clear();
                self.part = Part::Skip;
                sink.sequence_point(&point);
                Progress::done(data.len() - cursor.remaining())
            }
            Err(stop) => Progress::stopped(0, data.len(), stop),
        }
    }
}

/// Whether an item of that size may be held.
#[inline]
fn check_item(size: usize, limits: &Limits) -> Result<(), Outcome> {
    if size <= limits.max_item_bytes as usize {
        return Ok(());
    }
    Err(Outcome::Failed(too_large(size, limits.max_item_bytes)))
}

fn too_large(size: usize, limit: u32) -> ErrorKind {
    ErrorKind::LimitExceeded { limit: "max_item_bytes", allowed: limit.into(), needed: size as u64 }
}
