//! The push decoder.

use crate::block::{Block, Context, Outcome, Progress};
use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, Error, ErrorKind};
use crate::event::Sink;
use crate::frame::{self, Frame};
use crate::held::Queue;
use crate::limits::Limits;
use crate::object::{self, Container, Object};
use crate::output::Output;
use crate::statistics::Statistics;
use crate::tolerance::Tolerance;
use crate::trace_info::TraceInfo;

/// Decodes a stream that is pushed to it in pieces of any size.
///
/// Events are delivered as soon as they are complete, in stream order, borrowed from the bytes pushed; only an item that
/// spans two pushes is copied. See the [crate's front page](crate) for examples.
///
/// After an error the decoder is spent: every further [`push`](Self::push) returns the same error.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    context: Context,
    /// Where the bytes pushed begin in the stream.
    start: u64,
    /// Where they end.
    pushed: u64,
    /// Bytes done with.
    offset: u64,
    /// The beginning of an item that spans pushes.
    pending: Vec<u8>,
    /// Bytes that `pending` must hold before it is worth another look.
    needed: usize,
    container: Container,
    error: Option<Error>,
    /// What was wrong with the first damaged block that was stepped over.
    damage: Option<Error>,
}

/// What comes next in the stream.
#[derive(Debug)]
enum State {
    StreamHead,
    /// Between blocks.
    Head,
    TraceRecord,
    BlockSize(BlockKind),
    Block(Block),
    ObjectEnd(BlockKind),
    /// Whether what followed the end, if anything, equals the beginning of a stream as far as that goes.
    End {
        same: bool,
    },
}

/// Room for `pending` that is kept; a rare large item does not hold on to its memory.
const KEEP_PENDING: usize = 256 << 10;

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder with the default [`Limits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A decoder with limits of one's own.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            state: State::StreamHead,
            context: Context { limits, ..Context::default() },
            start: 0,
            pushed: 0,
            offset: 0,
            pending: Vec::new(),
            needed: 0,
            container: Container::Objects,
            error: None,
            damage: None,
        }
    }

    /// The same decoder, putting up with more or less than [`Tolerance::Oddities`], which is the default.
    #[must_use]
    pub fn tolerate(mut self, tolerance: Tolerance) -> Self {
        self.context.tolerance = tolerance;
        self
    }

    /// The same decoder, delivering events in time order instead of stream order, across threads.
    ///
    /// Events of the same time come in stream order. An event is held back until the stream says that no earlier one can
    /// come: up to the next sequence point at most, which runtimes write every 10 MB. Everything else the sink is told,
    /// definitions above all, comes as early as without; but that a thread was removed, after its last event.
    /// [`Limits::max_order_bytes`] bounds what is held back, and [`Statistics::late_events`] counts events that came too late.
    /// An event that refers to a stack, a thread or labels that are defined only after it, which no sound stream has, may be
    /// delivered when they are known.
    /// [Parts](crate::Reader::split) of a stream are in order one after the other, since they end at sequence points; only
    /// where a stream's events lie on the wrong side of one may the order of parts and of a whole differ.
    ///
    /// ```
    /// use nettrace::{Decoder, Event};
    ///
    /// fn is_sorted(bytes: &[u8]) -> Result<bool, nettrace::Error> {
    ///     let (mut sorted, mut latest) = (true, i64::MIN);
    ///     let mut look = |event: &Event<'_>| {
    ///         sorted &= event.timestamp >= latest;
    ///         latest = event.timestamp;
    ///     };
    ///     let mut decoder = Decoder::new().in_time_order();
    ///     decoder.push(bytes, &mut look)?;
    ///     // What is still held back is delivered here.
    ///     decoder.finish(&mut look)?;
    ///     Ok(sorted)
    /// }
    /// # assert!(is_sorted(b"GET / HTTP/1.1").is_err());
    /// ```
    #[must_use]
    pub fn in_time_order(mut self) -> Self {
        self.context.queue = Some(Queue::default());
        self
    }

    /// Decodes the next bytes of the stream. Everything that is complete is delivered to `sink`, also before an error.
    ///
    /// # Errors
    ///
    /// When the bytes are not a trace, are one of a version that is not read, are damaged, or exceed a limit. The error
    /// stays: further pushes deliver nothing and return it again.
    pub fn push<S: Sink + ?Sized>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        self.pushed += bytes.len() as u64;
        let mut output = Output::of_pushed(sink);
        let output = &mut output;
        let mut bytes = bytes;
        while !self.pending.is_empty() {
            let missing = self.needed.saturating_sub(self.pending.len());
            let Some((now, rest)) = bytes.split_at_checked(missing) else {
                self.pending.extend_from_slice(bytes);
                return Ok(());
            };
            self.pending.extend_from_slice(now);
            bytes = rest;
            let mut pending = std::mem::take(&mut self.pending);
            let consumed = self.run(&pending, output)?;
            pending.drain(..consumed);
            pending.shrink_to(KEEP_PENDING);
            self.pending = pending;
        }
        let consumed = self.run(bytes, output)?;
        if let Some(rest) = bytes.get(consumed..) {
            self.pending.extend_from_slice(rest);
        }
        self.context.release(true, output);
        Ok(())
    }

    /// Says that no more bytes will come. What is still held back is delivered to `sink`.
    ///
    /// # Errors
    ///
    /// The error that stopped decoding, if one did; [`ErrorKind::Truncated`] when the stream's end mark has not come.
    /// What was delivered stays good either way.
    pub fn finish<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), Error> {
        self.end(&mut Output::of_pushed(sink))
    }

    /// As [`Self::finish`].
    pub(crate) fn end<S: Sink + ?Sized>(&mut self, output: &mut Output<'_, S>) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let kind = match self.state {
            State::End { .. } => return Ok(()),
            State::StreamHead if !object::may_begin_stream(&self.pending) => {
                let mut found = [0; 8];
                for (slot, byte) in found.iter_mut().zip(&self.pending) {
                    *slot = *byte;
                }
                ErrorKind::NotNetTrace { found }
            }
            _ => ErrorKind::Truncated,
        };
        self.offset = self.pushed;
        self.pending = Vec::new();
        Err(self.fail(kind, output))
    }

    /// The head of the trace, once it has come.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceInfo> {
        self.context.trace.as_ref()
    }

    /// What a stream of version 6 says of the trace in words of its own: names and values, in stream order. Those that
    /// earlier versions have fields for are in [`trace`](Self::trace) too.
    #[must_use]
    pub fn trace_properties(&self) -> &[(String, String)] {
        &self.context.properties
    }

    /// What was wrong with the first of the blocks that were left at damage, and where, if there are any; see
    /// [`Tolerance::Damage`].
    #[must_use]
    pub fn damage(&self) -> Option<&Error> {
        self.damage.as_ref()
    }

    /// What has been seen so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics { bytes: self.pushed - self.start, ..self.context.statistics }
    }

    /// Capture threads that lost events, and how many each lost: ids, in version 6 indices where the stream does not say the
    /// ids. An id that is used again comes once more. Their order means nothing.
    pub fn lost_by_thread(&self) -> impl Iterator<Item = (u64, u64)> {
        self.context.threads.lost()
    }

    /// Whether the stream's end mark has come: nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.state, State::End { .. })
    }

    /// A decoder that goes on where this one is, with what is known there. `None` unless that is between two blocks, or at
    /// the beginning.
    pub(crate) fn resume(&self) -> Option<Self> {
        let state = match self.state {
            State::StreamHead => State::StreamHead,
            State::Head => State::Head,
            _ => return None,
        };
        let at = self.offset;
        let context = self.context.resume();
        let fresh = Self::with_limits(context.limits);
        Some(Self { state, context, start: at, pushed: at, offset: at, container: self.container, ..fresh })
    }

    /// The same, reading only what outlives a sequence point.
    pub(crate) fn outline(&self) -> Option<Self> {
        let mut outline = self.resume()?;
        outline.context.outline = true;
        Some(outline)
    }

    /// Takes up what `before` counted, which decoded the part of the stream before.
    pub(crate) fn join(&mut self, mut before: Self) {
        let mut statistics = before.context.statistics;
        before.context.threads.join(std::mem::take(&mut self.context.threads), &mut statistics);
        statistics += self.context.statistics;
        self.context.statistics = statistics;
        self.context.threads = before.context.threads;
        self.start = before.start;
        self.error = before.error.or(self.error.take());
        self.damage = before.damage.or(self.damage.take());
    }

    /// Reads as much of `bytes` as there is, and notes how much more is needed. Returns the number of bytes done with.
    fn run<S: Sink + ?Sized>(&mut self, bytes: &[u8], output: &mut Output<'_, S>) -> Result<usize, Error> {
        let mut consumed = 0;
        loop {
            let rest = bytes.get(consumed..).unwrap_or_default();
            let progress = self.step(rest, output);
            consumed += progress.consumed;
            self.offset += progress.consumed as u64;
            match progress.outcome {
                Outcome::Done => {}
                Outcome::Need(needed) => {
                    // More than what is there, whatever the reader asks for: no look at the same bytes twice.
                    self.needed = needed.max(bytes.len() - consumed + 1);
                    return Ok(consumed);
                }
                Outcome::Failed(kind) => {
                    if !self.step_over(&kind) {
                        return Err(self.fail(kind, output));
                    }
                }
            }
        }
    }

    /// Reads to the end of the next block in `stream`, of which the bytes up to `position` are done with, and no more will
    /// come. Returns the number of bytes done with, and the kind of the block, none when there is no more.
    pub(crate) fn run_block<S: Sink + ?Sized>(
        &mut self,
        stream: &[u8],
        position: usize,
        sink: &mut S,
    ) -> (usize, Result<Option<BlockKind>, Error>) {
        if let Some(error) = &self.error {
            return (0, Err(error.clone()));
        }
        let bytes = stream.get(position..).unwrap_or_default();
        let mut output = Output { sink, stream: Some(stream), position };
        let output = &mut output;
        // What this stream consists of is known from the first byte on.
        self.pushed = self.offset + bytes.len() as u64;
        let mut consumed = 0;
        loop {
            let rest = bytes.get(consumed..).unwrap_or_default();
            let before = self.block_kind();
            output.position = position + consumed;
            let progress = self.step(rest, output);
            consumed += progress.consumed;
            self.offset += progress.consumed as u64;
            match progress.outcome {
                Outcome::Done if matches!(self.state, State::Head) && before.is_some() => {
                    return (consumed, Ok(before));
                }
                Outcome::Done => {}
                Outcome::Need(_) => {
                    // `end` looks at it to tell what the stream is.
                    self.pending.clear();
                    self.pending.extend_from_slice(rest.get(..rest.len().min(32)).unwrap_or_default());
                    return (consumed, Ok(None));
                }
                Outcome::Failed(kind) => {
                    if !self.step_over(&kind) {
                        return (consumed, Err(self.fail(kind, output)));
                    }
                }
            }
        }
    }

    /// Ends decoding. What is held back is as good as what was delivered.
    fn fail<S: Sink + ?Sized>(&mut self, kind: ErrorKind, output: &mut Output<'_, S>) -> Error {
        self.context.drain(output);
        let error = Error { kind, offset: self.offset, block: self.block_kind() };
        self.error = Some(error.clone());
        error
    }

    /// The block that is being read.
    fn block_kind(&self) -> Option<BlockKind> {
        match &self.state {
            State::Block(block) => Some(block.kind),
            State::BlockSize(kind) | State::ObjectEnd(kind) => Some(*kind),
            State::TraceRecord => Some(BlockKind::Trace),
            State::StreamHead | State::Head | State::End { .. } => None,
        }
    }

    /// Reads one part of the stream. Never `Done` without either consuming bytes or moving on to another state.
    fn step<S: Sink + ?Sized>(&mut self, bytes: &[u8], output: &mut Output<'_, S>) -> Progress {
        let mut cursor = Cursor::new(bytes);
        let container = self.container;
        let known = self.context.trace.is_some();
        let next = match &mut self.state {
            State::StreamHead => object::read_stream_head(&mut cursor).map(|head| {
                self.container = head?;
                Ok(State::Head)
            }),
            State::Head if container == Container::Frames => {
                frame::read_head(&mut cursor).and_then(|frame| match frame {
                    Frame::End if !known => Err(Stop::Malformed(NO_HEAD)),
                    Frame::End => Ok(Ok(State::End { same: true })),
                    Frame::Block(BlockKind::Trace, _) if known => Err(Stop::Malformed(TWO_HEADS)),
                    Frame::Block(BlockKind::Trace, 0) => Err(Stop::Malformed("the trace's head is empty")),
                    Frame::Block(kind, _) if !known && kind != BlockKind::Trace => {
                        Err(Stop::Malformed(NO_HEAD))
                    }
                    Frame::Block(kind, size) => Ok(begin(kind, size, container, &mut self.context)),
                })
            }
            State::Head => object::read_object_head(&mut cursor, container).map(|object| match object {
                Object::End => Ok(State::End { same: true }),
                Object::Trace(_) if known => malformed(TWO_HEADS),
                Object::Trace(version) => container.check_version(version).map(|()| State::TraceRecord),
                Object::Block { .. } if !known => malformed(NO_HEAD),
                Object::Block { kind, version } => match self.context.tolerance {
                    Tolerance::Strict if kind == BlockKind::Unknown => {
                        malformed("an object is of unknown kind")
                    }
                    Tolerance::Strict if version > object::BLOCK_VERSION => {
                        malformed("a block is of a newer version")
                    }
                    _ => Ok(State::BlockSize(kind)),
                },
            }),
            State::TraceRecord => TraceInfo::read(container.version(), &mut cursor).map(|trace| {
                self.context.stacks.set_pointer_size(trace.pointer_size);
                output.sink.trace(self.context.trace.insert(trace));
                Ok(State::ObjectEnd(BlockKind::Trace))
            }),
            State::BlockSize(kind) => object::read_block_size(&mut cursor, self.offset)
                .map(|size| begin(*kind, size, container, &mut self.context)),
            State::Block(block) if block.left > 0 => return block.read(bytes, &mut self.context, output),
            State::Block(_) if container == Container::Frames => Ok(Ok(State::Head)),
            State::Block(block) => Ok(Ok(State::ObjectEnd(block.kind))),
            State::ObjectEnd(_) => object::read_object_end(&mut cursor).map(|()| Ok(State::Head)),
            State::End { same } => {
                if bytes.is_empty() {
                    return Progress { consumed: 0, outcome: Outcome::Need(1) };
                }
                let statistics = &mut self.context.statistics;
                *same &= object::continues_magic(statistics.trailing_bytes, bytes);
                statistics.trailing_bytes += bytes.len() as u64;
                statistics.trailing_stream = *same && statistics.trailing_bytes >= object::MAGIC.len() as u64;
                return Progress::done(bytes.len());
            }
        };
        match next {
            Ok(Ok(state)) => {
                if matches!(state, State::End { .. }) {
                    self.context.drain(output);
                }
                self.state = state;
                Progress::done(bytes.len() - cursor.remaining())
            }
            Ok(Err(kind)) => Progress { consumed: 0, outcome: Outcome::Failed(kind) },
            Err(stop) => Progress::stopped(0, bytes.len(), stop),
        }
    }

    /// Whether what is wrong ends only its block; reading goes on behind that then.
    fn step_over(&mut self, kind: &ErrorKind) -> bool {
        let local = match kind {
            ErrorKind::Malformed { .. } => true,
            ErrorKind::LimitExceeded { limit, .. } => *limit == "max_item_bytes",
            _ => false,
        };
        if !local || self.context.tolerance < Tolerance::Damage {
            return false;
        }
        let State::Block(block) = &mut self.state else { return false };
        if block.kind == BlockKind::Trace {
            return false;
        }
        block.abandon(&mut self.context);
        self.context.statistics.damaged_blocks += 1;
        if self.damage.is_none() {
            self.damage = Some(Error { kind: kind.clone(), offset: self.offset, block: Some(block.kind) });
        }
        true
    }
}

/// What is wrong with streams that have not exactly one head.
const NO_HEAD: &str = "the first object is not the trace's head";
const TWO_HEADS: &str = "the trace's head comes twice";

/// Begins a block.
fn begin(
    kind: BlockKind,
    size: u32,
    container: Container,
    context: &mut Context,
) -> Result<State, ErrorKind> {
    context.statistics.blocks += 1;
    if kind == BlockKind::Unknown {
        context.statistics.unknown_blocks += 1;
    } else if size > context.limits.max_block_bytes {
        let (allowed, needed) = (context.limits.max_block_bytes.into(), size.into());
        return Err(ErrorKind::LimitExceeded { limit: "max_block_bytes", allowed, needed });
    }
    let mut block = Block::new(kind, size, container);
    if context.outline && block.is_passing() {
        block.abandon(context);
    }
    Ok(State::Block(block))
}

fn malformed<T>(reason: &'static str) -> Result<T, ErrorKind> {
    Err(ErrorKind::Malformed { reason })
}
