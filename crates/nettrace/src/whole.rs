//! Blocks that only version 6 has, or has in another form. They are small, and read as one piece each.
//!
//! Layouts: NetTrace 6; trace, metadata, thread, remove thread, sequence point and label list blocks.

use crate::block::{Block, Context, Outcome, Progress, check_item};
use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, ErrorKind};
use crate::event::Sink;
use crate::output::Output;
use crate::row;
use crate::sequence::SequencePoint;
use crate::thread::Thread;
use crate::tolerance::Tolerance;
use crate::trace_info::TraceInfo;

/// Why a block cannot be read on.
enum Failure {
    /// The item at fault is not what it must be.
    Stop(Stop),
    Kind(ErrorKind),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        Self::Kind(kind)
    }
}

impl Block {
    pub(crate) fn whole<S: Sink + ?Sized>(
        &mut self,
        data: &[u8],
        context: &mut Context,
        output: &mut Output<'_, S>,
    ) -> Progress {
        if let Err(outcome) = check_item(self.left, &context.limits) {
            return Progress { consumed: 0, outcome };
        }
        if data.len() < self.left {
            return Progress { consumed: 0, outcome: Outcome::Need(self.left) };
        }
        let mut cursor = Cursor::new(data);
        // Where the item begins that is being read.
        let mut item = cursor;
        let result = match self.kind {
            BlockKind::Trace => context.read_trace(&mut cursor, output),
            BlockKind::Metadata => context.read_rows(&mut cursor, &mut item, output),
            BlockKind::SequencePoint => context.read_sequence_point(&mut cursor, output),
            BlockKind::Thread => context.read_threads(&mut cursor, &mut item, output),
            BlockKind::RemoveThread => context.read_removals(&mut cursor, &mut item, output),
            BlockKind::LabelList => context.read_labels(&mut cursor, &mut item, output),
            _ => Ok(()),
        };
        let at = data.len() - item.remaining();
        match result {
            Ok(()) => Progress::done(data.len()),
            Err(Failure::Stop(Stop::Malformed(reason))) => Progress::failed(at, reason),
            Err(Failure::Stop(Stop::Short(_))) => {
                Progress::failed(at, "an item runs past the end of its block")
            }
            Err(Failure::Kind(kind)) => Progress { consumed: at, outcome: Outcome::Failed(kind) },
        }
    }
}

impl Context {
    /// The head of the trace. Bytes after what is known are left.
    fn read_trace<S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'_>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        let (trace, properties) = TraceInfo::read_v6(6, cursor)?;
        self.stacks.set_pointer_size(trace.pointer_size);
        output.sink.trace(self.trace.insert(trace));
        for (name, value) in &properties {
            output.sink.trace_property(name, value);
        }
        self.properties = properties;
        Ok(())
    }

    /// Definitions: a head that is skipped, then rows that say how long they are.
    fn read_rows<'a, S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'a>,
        item: &mut Cursor<'a>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        let head = cursor.u16()?;
        cursor.take(head.into())?;
        while cursor.remaining() > 0 {
            *item = *cursor;
            let size = cursor.u16()?;
            let row = row::read(&mut Cursor::new(cursor.take(size.into())?))?;
            if self.tolerance == Tolerance::Strict {
                row.fields?;
            }
            self.check_complete(row.complete)?;
            self.define(row.metadata, output)?;
        }
        Ok(())
    }

    /// Counts what was left out because it is of unknown kind.
    fn check_complete(&mut self, complete: bool) -> Result<(), Failure> {
        if !complete {
            if self.tolerance == Tolerance::Strict {
                return Err(Stop::Malformed("a definition has a part of unknown kind").into());
            }
            self.statistics.unknown_parts += 1;
        }
        Ok(())
    }

    fn read_threads<'a, S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'a>,
        item: &mut Cursor<'a>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        while cursor.remaining() > 0 {
            *item = *cursor;
            let size = cursor.u16()?;
            let (thread, complete) = Thread::read(&mut Cursor::new(cursor.take(size.into())?))?;
            self.check_complete(complete)?;
            if self.directory.get(thread.index).is_some() {
                // Lets it leave, too, if it was removed.
                self.drain(output);
            }
            if self.directory.get(thread.index).is_some() {
                if self.tolerance == Tolerance::Strict {
                    return Err(Stop::Malformed("a thread is defined twice").into());
                }
                self.statistics.redefined_threads += 1;
            }
            let thread = self.directory.insert(thread, &self.limits)?;
            let id = thread.thread_id.unwrap_or(thread.index);
            self.threads.define(thread.index, id, self.limits.max_threads, &mut self.statistics);
            self.statistics.threads += 1;
            output.sink.thread(thread);
        }
        Ok(())
    }

    fn read_removals<'a, S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'a>,
        item: &mut Cursor<'a>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        while cursor.remaining() > 0 {
            *item = *cursor;
            let index = cursor.var_u64()?;
            let last = cursor.var_u32()?;
            self.threads.end(index, last, &mut self.statistics);
            let holds_back = self.queue.as_ref().is_some_and(|queue| !queue.is_empty());
            let found = match holds_back {
                true => self.directory.leave(index, last),
                false => self.directory.remove(index),
            };
            if found && !holds_back {
                output.sink.thread_removed(index, last);
            }
            if !found {
                self.undefined_thread("a thread that is not defined is removed")?;
            }
        }
        Ok(())
    }

    fn undefined_thread(&mut self, reason: &'static str) -> Result<(), Failure> {
        if self.tolerance == Tolerance::Strict {
            return Err(Stop::Malformed(reason).into());
        }
        self.statistics.undefined_threads += 1;
        Ok(())
    }

    fn read_sequence_point<S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'_>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        let point = SequencePoint::read_v6(cursor)?;
        self.drain(output);
        for (index, _) in point.threads() {
            if self.directory.get(index).is_none() {
                self.undefined_thread("a sequence point refers to a thread that is not defined")?;
            }
        }
        self.threads.sequence_point(&point, self.limits.max_threads, &mut self.statistics);
        self.stacks.clear();
        self.labels.clear();
        if point.forgets_threads {
            self.threads.end_all();
            self.directory.clear();
        }
        if point.forgets_metadata {
            self.metadata.clear();
        }
        output.sink.sequence_point(&point);
        Ok(())
    }

    fn read_labels<'a, S: Sink + ?Sized>(
        &mut self,
        cursor: &mut Cursor<'a>,
        item: &mut Cursor<'a>,
        output: &mut Output<'_, S>,
    ) -> Result<(), Failure> {
        let first = cursor.u32()?;
        let count = cursor.u32()?;
        if self.labels.defines_any(first, count) {
            self.drain(output);
        }
        let statistics = &mut self.statistics;
        statistics.dropped_label_lists += self.labels.begin_run(first);
        for read in 0..count {
            *item = *cursor;
            if !self.labels.read_list(cursor, &self.limits)? {
                // What follows would be found under wrong indices.
                statistics.dropped_label_lists += u64::from(count - read);
                return Ok(());
            }
            statistics.label_lists += 1;
        }
        Ok(())
    }
}
