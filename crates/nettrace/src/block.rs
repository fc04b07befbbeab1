//! What is inside blocks: read piece by piece, so that only a piece that spans two pushes is ever copied.
//!
//! Here are the parts that versions 4 and 6 have in common; `events`, `netperf` and `whole` have the others.

use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, ErrorKind};
use crate::event::Sink;
use crate::held::Queue;
use crate::labels::LabelTable;
use crate::limits::Limits;
use crate::losses::Threads;
use crate::metadata::MetadataTable;
use crate::object::Container;
use crate::output::Output;
use crate::sequence::SequencePoint;
use crate::stack::StackTable;
use crate::statistics::Statistics;
use crate::thread::ThreadDirectory;
use crate::tolerance::Tolerance;
use crate::trace_info::{Properties, TraceInfo};
use crate::walk::Walk;

/// Everything that outlives a block.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) limits: Limits,
    pub(crate) tolerance: Tolerance,
    pub(crate) trace: Option<TraceInfo>,
    /// What version 6 says of the trace in words of its own.
    pub(crate) properties: Properties,
    pub(crate) metadata: MetadataTable,
    pub(crate) stacks: StackTable,
    pub(crate) threads: Threads,
    /// What version 6 says of threads.
    pub(crate) directory: ThreadDirectory,
    pub(crate) labels: LabelTable,
    pub(crate) statistics: Statistics,
    /// Whether only what outlives a sequence point is read.
    pub(crate) outline: bool,
    /// Events held back, where they are to come in time order.
    pub(crate) queue: Option<Queue>,
}

impl Context {
    /// What is known where a part of the stream begins, right behind a sequence point. Nothing was counted there.
    pub(crate) fn resume(&self) -> Self {
        Self {
            limits: self.limits,
            tolerance: self.tolerance,
            trace: self.trace,
            properties: self.properties.clone(),
            metadata: self.metadata.clone(),
            stacks: self.stacks.without_stacks(),
            threads: self.threads.resume(&self.statistics),
            directory: self.directory.clone(),
            queue: self.queue.as_ref().map(|_| Queue::default()),
            ..Self::default()
        }
    }
}

/// What the numbers in events' headers refer to.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) trace: &'a TraceInfo,
    pub(crate) metadata: &'a MetadataTable,
    pub(crate) stacks: &'a StackTable,
    pub(crate) directory: &'a ThreadDirectory,
    pub(crate) labels: &'a LabelTable,
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
    pub(crate) part: Part,
    pub(crate) walk: Walk,
    pub(crate) container: Container,
    /// When its events are.
    pub(crate) span: Option<Span>,
    /// The capture thread whose events are being read; none before the first event of an event block.
    pub(crate) run: Option<Run>,
}

/// When the earliest and the latest event of a block are, as its head says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
}

impl Span {
    /// Fewest bytes of a head.
    pub(crate) const HEAD: usize = 20;

    /// Reads the head of a block of events. `None` when it says nothing that can be.
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        cursor.take(4).ok()?;
        let span = Self { earliest: cursor.i64().ok()?, latest: cursor.i64().ok()? };
        // Writers that do not know leave zeros.
        let said = span.earliest <= span.latest && (span.earliest, span.latest) != (0, 0);
        said.then_some(span)
    }
}

/// Events of one capture thread, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) capture_thread: u64,
    /// Where the thread is in [`Threads`]; none when that is full.
    pub(crate) handle: Option<u32>,
}

/// The part of a block that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The head of an event or metadata block.
    EventsHead,
    /// Events, or definitions in the form of events.
    Events,
    /// Events of netperf, definitions among them.
    NetPerfEvents,
    /// The head of a stack block.
    StacksHead,
    /// A stack, and how many follow.
    Stack { id: u32, left: u32 },
    /// All of a sequence point.
    SequencePoint,
    /// All of a block that only version 6 has, or has in another form.
    Whole,
    /// Bytes without meaning.
    Skip,
}

impl Block {
    pub(crate) fn new(kind: BlockKind, size: u32, container: Container) -> Self {
        let part = match (kind, container) {
            (BlockKind::Event, Container::NetPerf) => Part::NetPerfEvents,
            (BlockKind::Event, _) | (BlockKind::Metadata, Container::Objects) => Part::EventsHead,
            (BlockKind::Stack, _) => Part::StacksHead,
            (BlockKind::SequencePoint, Container::Objects) => Part::SequencePoint,
            (BlockKind::Unknown, _) => Part::Skip,
            _ => Part::Whole,
        };
        Self { kind, left: size as usize, part, walk: Walk::new(true), span: None, run: None, container }
    }

    /// Whether all that it says is void after the next sequence point.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.kind, BlockKind::Event | BlockKind::Stack | BlockKind::LabelList)
    }

    /// Leaves the rest of the block unread.
    pub(crate) fn abandon(&mut self, context: &mut Context) {
        self.finish(context);
        self.part = Part::Skip;
    }

    /// Reads on in `bytes`, which may hold more or less than the rest of the block. `left` must not be zero.
    pub(crate) fn read<S: Sink + ?Sized>(
        &mut self,
        bytes: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        let data = bytes.get(..self.left).unwrap_or(bytes);
        let mut progress = match self.part {
            Part::EventsHead => self.events_head(data),
            Part::Events => match (self.kind, self.container) {
                (BlockKind::Metadata, _) => self.definitions(data, context, output),
                _ if context.queue.is_some() => self.events_in_time_order(data, context, output),
                (_, Container::Frames) => self.events::<true, S>(data, context, output),
                _ => self.events::<false, S>(data, context, output),
            },
            Part::NetPerfEvents => self.netperf_events(data, context, output),
            Part::StacksHead => self.stacks_head(data, context, output),
            Part::Stack { .. } => self.stacks(data, context),
            Part::SequencePoint => self.sequence_point(data, context, output),
            Part::Whole => self.whole(data, context, output),
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
    pub(crate) fn finish(&mut self, context: &mut Context) {
        if let Some(run) = self.run {
            context.threads.set_last(run.handle, self.walk.header.sequence);
        }
    }

    /// The head of a stack block: the first id and the number of stacks.
    fn stacks_head<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        let mut cursor = Cursor::new(data);
        let mut read = || {
            let id = cursor.u32()?;
            let left = u32::try_from(cursor.i32()?);
            Ok((id, left.map_err(|_| Stop::Malformed("the number of stacks is negative"))?))
        };
        match read() {
            Ok((id, left)) => {
                self.part = Part::Stack { id, left };
                if context.stacks.defines_any(id, left) {
                    context.drain(output);
                }
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
        output: &mut Output<'_, S>,
    ) -> Progress {
        if let Err(outcome) = check_item(self.left, &context.limits) {
            return Progress { consumed: 0, outcome };
        }
        let mut cursor = Cursor::new(data);
        match SequencePoint::read(&mut cursor) {
            Ok(point) => {
                context.drain(output);
                context.threads.sequence_point(&point, context.limits.max_threads, &mut context.statistics);
                context.stacks.clear();
                self.part = Part::Skip;
                output.sink.sequence_point(&point);
                Progress::done(data.len() - cursor.remaining())
            }
            Err(stop) => Progress::stopped(0, data.len(), stop),
        }
    }
}

/// Whether an item of that size may be held.
#[inline]
pub(crate) fn check_item(size: usize, limits: &Limits) -> Result<(), Outcome> {
    if size <= limits.max_item_bytes as usize {
        return Ok(());
    }
    Err(Outcome::Failed(too_large(size, limits.max_item_bytes)))
}

pub(crate) fn too_large(size: usize, limit: u32) -> ErrorKind {
    ErrorKind::LimitExceeded { limit: "max_item_bytes", allowed: limit.into(), needed: size as u64 }
}
