//! Blocks of events of netperf 3: definitions and stacks are among and inside the events.

use uuid::Uuid;

use crate::block::{Block, Context, Outcome, Progress, check_item};
use crate::cursor::{Cursor, Stop};
use crate::definition;
use crate::error::ErrorKind;
use crate::event::{Event, Sink};
use crate::output::Output;
use crate::stack::Stack;

/// Bytes of an event without its payload and its stack: netperf 3, event.
const FIXED_SIZE: usize = 56;

/// Most bytes of a stack.
const MAX_STACK: usize = 65_527;

/// An event, as far as it says something.
struct Record<'a> {
    metadata_id: u32,
    thread: u64,
    timestamp: i64,
    activity: Uuid,
    related_activity: Uuid,
    payload: &'a [u8],
    stack: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads what follows the event's size.
    fn read(bytes: &'a [u8]) -> Result<Self, Stop> {
        let mut cursor = Cursor::new(bytes);
        let metadata_id = cursor.i32()?;
        let thread = cursor.u32()?.into();
        let timestamp = cursor.i64()?;
        let activity = cursor.guid()?;
        let related_activity = cursor.guid()?;
        let payload_size = size(cursor.i32()?, "the payload size of an event is negative")?;
        let payload = cursor.take(payload_size)?;
        let stack_size = size(cursor.i32()?, "the size of a stack is negative")?;
        if stack_size > MAX_STACK {
            return Err(Stop::Malformed("a stack is too large"));
        }
        let stack = cursor.take(stack_size)?;
        let metadata_id =
            u32::try_from(metadata_id).map_err(|_| Stop::Malformed("a metadata id is negative"))?;
        Ok(Self { metadata_id, thread, timestamp, activity, related_activity, payload, stack })
    }
}

fn size(size: i32, negative: &'static str) -> Result<usize, Stop> {
    usize::try_from(size).map_err(|_| Stop::Malformed(negative))
}

impl Block {
    pub(crate) fn netperf_events<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        let mut cursor = Cursor::new(data);
        let outcome = loop {
            if cursor.remaining() == 0 && data.len() == self.left {
                break Outcome::Done;
            }
            let mut look = cursor;
            let bytes = match look.i32().map(usize::try_from) {
                Ok(Ok(size)) if size >= FIXED_SIZE => match check_item(size, &context.limits) {
                    Ok(()) => look.take(size),
                    // It may claim more than the block has, which says more than the limit.
                    Err(_) if size.saturating_add(data.len() - look.remaining()) > self.left => {
                        Err(Stop::Short(size - look.remaining().min(size)))
                    }
                    Err(outcome) => break outcome,
                },
                Ok(_) => Err(Stop::Malformed("the size of an event is out of range")),
                Err(stop) => Err(stop),
            };
            let delivered = match bytes {
                Ok(bytes) => match Record::read(bytes) {
                    Ok(record) => deliver(&record, context, output),
                    Err(Stop::Short(_)) => Err(ErrorKind::Malformed {
                        reason: "a payload or a stack runs past the end of its event",
                    }),
                    Err(Stop::Malformed(reason)) => Err(ErrorKind::Malformed { reason }),
                },
                Err(stop) => break Progress::stopped(0, cursor.remaining(), stop).outcome,
            };
            if let Err(kind) = delivered {
                break Outcome::Failed(kind);
            }
            cursor = look;
        };
        Progress { consumed: data.len() - cursor.remaining(), outcome }
    }
}

/// Takes up a definition or delivers an event.
fn deliver<S: Sink + ?Sized>(
    record: &Record<'_>,
    context: &mut Context,
    output: &mut Output<'_, S>,
) -> Result<(), ErrorKind> {
    if record.metadata_id == 0 {
        return definition::parse(record.payload).and_then(|metadata| context.define(metadata, output));
    }
    if !record.stack.is_empty() {
        context.statistics.stacks += 1;
    }
    context.statistics.dropped_stacks += context.stacks.replace(record.stack, &context.limits);
    let Some(metadata) = context.metadata.get(record.metadata_id) else {
        return context
            .tolerance
            .undefined_event(&mut context.statistics)
            .map_err(|reason| ErrorKind::Malformed { reason });
    };
    let Some(trace) = &context.trace else {
        return Err(ErrorKind::Malformed { reason: "events before the trace's head" });
    };
    if let Some(queue) = &mut context.queue {
        // Writers of netperf put all events in order.
        context.statistics.late_events += u64::from(queue.pass(record.timestamp));
    }
    context.statistics.events += 1;
    context.statistics.payload_bytes += record.payload.len() as u64;
    output.sink.event(&Event {
        metadata,
        trace,
        timestamp: record.timestamp,
        thread_id: record.thread,
        capture_thread_id: record.thread,
        processor: None,
        sequence_number: 0,
        stack: Stack::new(&context.stacks, 0),
        activity_id: record.activity,
        related_activity_id: record.related_activity,
        meanings: None,
        // Writers put all events in order.
        sorted: true,
        payload: record.payload,
    });
    Ok(())
}
