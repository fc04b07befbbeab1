//! Delivering events in time order: between blocks of events and the queue of those held back.

use std::ops::ControlFlow;

use crate::block::{Block, Context, Progress, Tables};
use crate::event::{Event, Sink};
use crate::header::NO_PROCESSOR;
use crate::held::{BATCH, BATCH_BYTES, Queue};
use crate::horizon::may_step_back;
use crate::meanings::Meanings;
use crate::object::Container;
use crate::output::Output;
use crate::stack::Stack;

impl Block {
    /// Reads events, a batch at most, and delivers those that can go.
    pub(crate) fn events_in_time_order<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        if let Some(stream) = output.stream
            && data.len() == self.left
            && self.run.is_none()
            && self.walk.is_between_events()
            && self.is_undisturbed(data, stream, context, output)
        {
            return match self.container {
                Container::Frames => self.pass_events::<true, S>(data, context, output),
                _ => self.pass_events::<false, S>(data, context, output),
            };
        }
        let Some(mut queue) = context.queue.take() else { return Progress::done(0) };
        let place = output.stream.map(|_| output.position);
        let progress = match self.container {
            Container::Frames => self.hold_events::<true>(data, context, &mut queue, place),
            _ => self.hold_events::<false>(data, context, &mut queue, place),
        };
        context.queue = Some(queue);
        context.release(false, output);
        progress
    }

    /// Whether no event of the block need be held back: its events are in time order, as far as can be seen without reading
    /// them, all others that are held back are before them and go now, and all that will come are after them. Seeing it takes
    /// a look at all bytes, so blocks of few large events are better held back.
    fn is_undisturbed<S: Sink + ?Sized>(
        &self,
        data: &[u8],
        stream: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> bool {
        let (Some(queue), Some(span)) = (&mut context.queue, self.span) else { return false };
        let is_dense = queue.density.next(context.statistics.events, data.len());
        let end = output.position + data.len();
        let behind = queue.horizon.earliest_behind(stream, end, self.container);
        queue.advance(span.earliest.min(behind));
        context.release(true, output);
        is_dense
            && span.latest <= behind
            && context.queue.as_ref().is_some_and(Queue::is_empty)
            && !may_step_back(data, span.latest.abs_diff(span.earliest))
    }

    /// Delivers all events of a block as they come.
    #[inline(never)]
    fn pass_events<const V6: bool, S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        let Some(mut queue) = context.queue.take() else { return Progress::done(0) };
        let mut late = 0;
        let progress = self.deliver_events::<V6, S>(data, context, output, |time| {
            late += u64::from(queue.pass(time));
        });
        context.statistics.late_events += late;
        context.queue = Some(queue);
        progress
    }

    /// Reads events and holds them back, a batch at most. `place`: where `data` is in the stream, if that stays in memory.
    #[inline(never)]
    fn hold_events<const V6: bool>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        queue: &mut Queue,
        place: Option<usize>,
    ) -> Progress {
        let mut batch = queue.batch(place, context.directory.removals());
        let mut held = 0;
        let mut end = 0;
        let progress = self.walk_events::<V6, true>(data, context, |found, _| {
            batch.hold(found.header, found.end - found.header.body_size());
            end = found.end;
            held += 1;
            if held == BATCH || end >= BATCH_BYTES {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        batch.end(data.get(..end).unwrap_or_default());
        progress
    }
}

impl Context {
    /// Delivers the events held back that may go, or must for want of room. `ended`: there are no more bytes for now.
    pub(crate) fn release<S: Sink + ?Sized>(&mut self, ended: bool, output: &mut Output<'_, S>) {
        if let Some(queue) = &mut self.queue
            && let Some(until) = queue.ready(self.limits.max_order_bytes, ended)
        {
            self.deliver_until(until, output);
        }
    }

    /// Delivers all events held back: nothing earlier can come, or what they refer to is about to change.
    pub(crate) fn drain<S: Sink + ?Sized>(&mut self, output: &mut Output<'_, S>) {
        if self.queue.as_ref().is_some_and(|queue| !queue.is_empty()) {
            self.deliver_until(i64::MAX, output);
        }
    }

    fn deliver_until<S: Sink + ?Sized>(&mut self, until: i64, output: &mut Output<'_, S>) {
        let Some(mut queue) = self.queue.take() else { return };
        if let Some(trace) = self.trace {
            let tables = Tables {
                trace: &trace,
                metadata: &self.metadata,
                stacks: &self.stacks,
                directory: &self.directory,
                labels: &self.labels,
            };
            let late = if trace.version >= 6 {
                deliver::<true, S>(&mut queue, until, &tables, output)
            } else {
                deliver::<false, S>(&mut queue, until, &tables, output)
            };
            self.statistics.late_events += late;
        }
        queue.tidy();
        if queue.is_empty() {
            for (index, last) in self.directory.remove_leaving() {
                output.sink.thread_removed(index, last);
            }
        }
        self.queue = Some(queue);
    }
}

/// Delivers events up to a time, and counts those that come after later ones.
fn deliver<const V6: bool, S: Sink + ?Sized>(
    queue: &mut Queue,
    until: i64,
    tables: &Tables<'_>,
    output: &mut Output<'_, S>,
) -> u64 {
    let mut meanings = Meanings::default();
    queue.let_go(until, output.stream, |held, origin, payload| {
        let Some(metadata) = tables.metadata.get(held.metadata_id) else { return };
        if V6 {
            let indices = (held.thread, origin.capture_thread, origin.labels);
            meanings.look_up(indices, origin.removals, tables);
        }
        let labels = meanings.labels();
        output.sink.event(&Event {
            metadata,
            trace: tables.trace,
            timestamp: held.timestamp,
            thread_id: if V6 { meanings.thread_id() } else { held.thread },
            capture_thread_id: if V6 { meanings.capture_thread_id() } else { origin.capture_thread },
            processor: (origin.processor != NO_PROCESSOR).then_some(origin.processor),
            sequence_number: held.sequence,
            stack: Stack::new(tables.stacks, held.stack),
            activity_id: if V6 { labels.activity() } else { origin.activity },
            related_activity_id: if V6 { labels.related_activity() } else { origin.related_activity },
            meanings: if V6 { Some(&meanings) } else { None },
            sorted: origin.sorted,
            payload,
        });
    })
}
