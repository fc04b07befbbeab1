//! Blocks of events, and of definitions in the form of events: NetTrace 4 and 6, event and metadata blocks.

use std::ops::ControlFlow;

use crate::block::{Block, Context, Outcome, Progress, Run, Span, Tables, too_large};
use crate::cursor::{Cursor, Stop};
use crate::definition;
use crate::error::ErrorKind;
use crate::event::{Event, Sink};
use crate::header::{Header, NO_PROCESSOR};
use crate::limits::Limits;
use crate::losses::Threads;
use crate::meanings::Meanings;
use crate::metadata::Metadata;
use crate::output::Output;
use crate::stack::Stack;
use crate::statistics::Statistics;
use crate::tolerance::Tolerance;
use crate::walk::{Pause, Walk};

/// An event as it is found in its block.
pub(crate) struct Found<'a> {
    pub(crate) header: &'a Header,
    pub(crate) metadata: &'a Metadata,
    pub(crate) meanings: &'a Meanings<'a>,
    pub(crate) payload: &'a [u8],
    /// Where it ends in the bytes that are walked over.
    pub(crate) end: usize,
}

impl Context {
    /// Takes up a definition.
    pub(crate) fn define<S: Sink + ?Sized>(
        &mut self,
        metadata: Metadata,
        output: &mut Output<'_, S>,
    ) -> Result<(), ErrorKind> {
        if self.tolerance == Tolerance::Strict && self.metadata.get(metadata.id).is_some() {
            return Err(ErrorKind::Malformed { reason: "an event is defined twice" });
        }
        if self.metadata.get(metadata.id).is_some() {
            self.drain(output);
        }
        output.sink.metadata(self.metadata.define(metadata, &self.limits, &mut self.statistics)?);
        Ok(())
    }
}

impl Block {
    /// The head of an event or metadata block: size of itself, flags, and bounds of time that only matter for seeking.
    pub(crate) fn events_head(&mut self, data: &[u8]) -> Progress {
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
                self.span = Span::read(data);
                self.part = crate::block::Part::Events;
                Progress::done(data.len() - cursor.remaining())
            }
            Err(stop) => Progress::stopped(0, data.len(), stop),
        }
    }

    // A function of its own, so that the loop has all registers to itself; so with the other loops over events.
    #[inline(never)]
    pub(crate) fn events<const V6: bool, S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        self.deliver_events::<V6, S>(data, context, output, |_| ())
    }

    /// Delivers the events in `data`. `pass` is told the time of each.
    #[expect(clippy::inline_always, reason = "the loop over events, of which `pass` is a part")]
    #[inline(always)]
    pub(crate) fn deliver_events<const V6: bool, S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
        mut pass: impl FnMut(i64),
    ) -> Progress {
        self.walk_events::<V6, false>(data, context, |found, tables| {
            pass(found.header.timestamp.cast_signed());
            let header = found.header;
            let labels = found.meanings.labels();
            output.sink.event(&Event {
                metadata: found.metadata,
                trace: tables.trace,
                timestamp: header.timestamp.cast_signed(),
                thread_id: if V6 { found.meanings.thread_id() } else { header.thread },
                capture_thread_id: if V6 {
                    found.meanings.capture_thread_id()
                } else {
                    header.capture_thread
                },
                processor: (header.processor != NO_PROCESSOR).then_some(header.processor),
                sequence_number: header.sequence,
                stack: Stack::new(tables.stacks, header.stack),
                activity_id: if V6 { labels.activity() } else { header.activity },
                related_activity_id: if V6 { labels.related_activity() } else { header.related_activity },
                meanings: if V6 { Some(found.meanings) } else { None },
                sorted: header.sorted(),
                payload: found.payload,
            });
            ControlFlow::Continue(())
        })
    }

    /// Walks over the events in `data`, follows their numbers, and shows `each` those that something defines, until it
    /// wants no more for now. `BATCHES`: also until one is skipped, so that those shown go on from one another.
    #[expect(clippy::inline_always, reason = "the loop over events, of which `each` is the body")]
    #[inline(always)]
    pub(crate) fn walk_events<const V6: bool, const BATCHES: bool>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        mut each: impl FnMut(&Found<'_>, &Tables<'_>) -> ControlFlow<()>,
    ) -> Progress {
        let Some(trace) = context.trace else {
            return Progress::failed(0, "events before the trace's head");
        };
        let tables = Tables {
            trace: &trace,
            metadata: &context.metadata,
            stacks: &context.stacks,
            directory: &context.directory,
            labels: &context.labels,
        };
        let mut cursor = Cursor::new(data);
        let mut walk = self.walk;
        let max_bytes = context.limits.max_item_bytes;
        let mut found = 0u64;
        let mut payload_bytes = 0u64;
        let mut meanings = Meanings::default();
        let removals = tables.directory.removals();
        let outcome = loop {
            let payload = match walk.next::<V6>(&mut cursor, max_bytes) {
                Ok(payload) => payload,
                Err(pause) => break Ok(self.paused(&walk, pause, &cursor, data, max_bytes)),
            };
            let header = &walk.header;
            if header.sequence_given() || self.run.is_none() {
                let Header { capture_thread, sequence, previous_sequence, .. } = *header;
                let numbers = (previous_sequence, sequence);
                let (threads, statistics) = (&mut context.threads, &mut context.statistics);
                self.follow_thread(capture_thread, numbers, threads, &context.limits, statistics);
            }
            let Some(metadata) = tables.metadata.get(header.metadata_id) else {
                if let Err(reason) = context.tolerance.undefined_event(&mut context.statistics) {
                    break Err(reason);
                }
                if BATCHES {
                    break Ok(Outcome::Done);
                }
                continue;
            };
            if V6 {
                let Header { thread, capture_thread, labels, .. } = *header;
                meanings.look_up((thread, capture_thread, labels), removals, &tables);
                if let Err(reason) = meanings.check(context.tolerance, &mut context.statistics) {
                    break Err(reason);
                }
            }
            found += 1;
            payload_bytes += payload.len() as u64;
            let end = data.len() - cursor.remaining();
            if each(&Found { header, metadata, meanings: &meanings, payload, end }, &tables).is_break() {
                break Ok(Outcome::Done);
            }
        };
        self.walk = walk;
        context.statistics.events += found;
        context.statistics.payload_bytes += payload_bytes;
        let consumed = data.len() - cursor.remaining();
        match outcome {
            Ok(outcome) => Progress { consumed, outcome },
            // At fault is an event that was read.
            Err(reason) => Progress::failed(consumed.saturating_sub(walk.header.body_size()), reason),
        }
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
    #[inline(never)]
    fn follow_thread(
        &mut self,
        capture_thread: u64,
        (previous_sequence, sequence): (u32, u32),
        threads: &mut Threads,
        limits: &Limits,
        statistics: &mut Statistics,
    ) {
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

    pub(crate) fn definitions<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        let mut cursor = Cursor::new(data);
        let mut walk = self.walk;
        let max_bytes = context.limits.max_item_bytes;
        let outcome = loop {
            let payload = match walk.next::<false>(&mut cursor, max_bytes) {
                Ok(payload) => payload,
                Err(pause) => break self.paused(&walk, pause, &cursor, data, max_bytes),
            };
            if let Err(kind) =
                definition::parse(payload).and_then(|metadata| context.define(metadata, output))
            {
                // At fault is the definition, not its header.
                let end = data.len() - cursor.remaining();
                let consumed = end.saturating_sub(walk.header.body_size());
                return Progress { consumed, outcome: Outcome::Failed(kind) };
            }
        };
        self.walk = walk;
        Progress { consumed: data.len() - cursor.remaining(), outcome }
    }
}
