//! Time order: events are held back until no earlier one can come, then delivered sorted by time.
//!
//! This is the queue; `order` fills and empties it.
//!
//! What a stream promises (NetTrace, sorted events and sequence points): no event after a *sorted* event is earlier than
//! it, nor is any event after a sequence point earlier than that. So everything up to the latest sorted event's time may
//! be let go, and everything at a sequence point and at the end.

use std::ops::Range;

use uuid::Uuid;

use crate::header::Header;
use crate::horizon::Horizon;

/// An event held back: what changes from one event to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) timestamp: i64,
    pub(crate) thread: u64,
    pub(crate) metadata_id: u32,
    pub(crate) stack: u32,
    pub(crate) sequence: u32,
    /// Where its payload is in `bytes`.
    payload: u32,
    payload_size: u32,
    /// Which of `origins` is its own.
    origin: u32,
}

/// What many events, one after the other, have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) capture_thread: u64,
    pub(crate) processor: u32,
    pub(crate) labels: u32,
    pub(crate) activity: Uuid,
    pub(crate) related_activity: Uuid,
    pub(crate) sorted: bool,
    /// How many of the threads that are about to leave were removed before.
    pub(crate) removals: usize,
}

impl Origin {
    fn of(header: &Header, removals: usize) -> Self {
        Self {
            capture_thread: header.capture_thread,
            processor: header.processor,
            labels: header.labels,
            activity: header.activity,
            related_activity: header.related_activity,
            sorted: header.sorted(),
            removals,
        }
    }
}

/// Events held back, and the bytes of their payloads.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    /// In stream order. Parts of it have gone already, as `runs` tell.
    events: Vec<Held>,
    /// What is still there of each run of events in time order, in stream order, but for the last run.
    runs: Vec<Range<usize>>,
    /// Where the last run begins.
    run: usize,
    origins: Vec<Origin>,
    /// Pieces of the stream that have the payloads in them, unless the stream stays in memory.
    bytes: Vec<u8>,
    /// Where in a stream that stays in memory payloads are counted from.
    base: usize,
    /// The time of the earliest event that is still there.
    earliest: i64,
    /// The time of the latest sorted event: up to it no event can come any more.
    front: i64,
    /// The time of the latest event delivered.
    delivered: i64,
    /// As many events are worth a look whether some may go.
    due: usize,
    /// As many bytes of memory are worth leaving out what is needed no more.
    tidy_at: usize,
    /// What lies ahead in a stream that stays in memory.
    pub(crate) horizon: Horizon,
    pub(crate) density: Density,
}

/// How many events there are in how many bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Density {
    events: u64,
    bytes: usize,
}

impl Density {
    /// Another block begins, of so many bytes and after so many events. Says whether the one before it was dense; it is
    /// likely to have been much the same.
    pub(crate) fn next(&mut self, events: u64, bytes: usize) -> bool {
        let is_dense = self.bytes as u64 <= events.saturating_sub(self.events).saturating_mul(DENSE);
        *self = Self { events, bytes };
        is_dense
    }
}

/// Bytes of an event, with its header and its payload, up to which events are dense.
const DENSE: u64 = 48;

/// Events after which it is looked whether some may go. Few enough to stay in the processor's cache.
pub(crate) const BATCH: usize = 256;

/// Bytes of the stream after which it is looked whether some may go.
pub(crate) const BATCH_BYTES: usize = 1 << 20;

/// Fewer bytes are not worth tidying up.
const MIN_TIDY: usize = 1 << 20;

/// Room that is kept when all events have gone.
const KEEP_EVENTS: usize = 1 << 18;
const KEEP_BYTES: usize = 1 << 24;

impl Default for Queue {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            runs: Vec::new(),
            run: 0,
            origins: Vec::new(),
            bytes: Vec::new(),
            base: 0,
            earliest: i64::MAX,
            front: i64::MIN,
            delivered: i64::MIN,
            due: BATCH,
            tidy_at: MIN_TIDY,
            horizon: Horizon::default(),
            density: Density::default(),
        }
    }
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Begins to take up events, a batch of them. `place`: where in the stream their payloads are counted from, if that
    /// stays in memory; otherwise they are [kept](Batch::end). `removals`: threads that are about to leave.
    pub(crate) fn batch(&mut self, place: Option<usize>, removals: usize) -> Batch<'_> {
        let offset = match place {
            Some(place) => {
                if self.is_empty() {
                    self.base = place;
                }
                place.saturating_sub(self.base)
            }
            None => self.bytes.len(),
        };
        Batch {
            latest: self.events.last().map_or(i64::MIN, |held| held.timestamp),
            events: std::mem::take(&mut self.events),
            offset: index(offset),
            fresh: true,
            removals,
            copies: place.is_none(),
            queue: self,
        }
    }

    /// Up to what time events must or may go now. Must, when they take too much memory: then it is the earlier half of them.
    /// `ended`: no more bytes are there for now.
    pub(crate) fn ready(&mut self, max_bytes: u32, ended: bool) -> Option<i64> {
        if self.events.last().is_some_and(|held| held.payload as usize > MAX_BYTES) {
            return Some(i64::MAX);
        }
        if self.memory() > max_bytes as usize {
            self.merge_runs();
            self.tidy_at = 0;
            let time = self.events.get(self.events.len() / 2).map(|held| held.timestamp);
            return time.map(|time| time.max(self.front));
        }
        let worth_it = ended || self.events.len() >= self.due;
        (worth_it && !self.is_empty() && self.earliest <= self.front).then_some(self.front)
    }

    /// Lets the events up to `until` go, in time order, each with its origin and its payload. `stream`: the one they are of,
    /// if it stays in memory. Returns how many come after one of a later time.
    #[inline]
    pub(crate) fn let_go(
        &mut self,
        until: i64,
        stream: Option<&[u8]>,
        mut each: impl FnMut(&Held, &Origin, &[u8]),
    ) -> u64 {
        if self.runs.len() > MAX_RUNS {
            self.merge_runs();
        }
        self.end_run(self.events.len());
        let bytes = match stream {
            Some(stream) => stream.get(self.base..).unwrap_or_default(),
            None => &self.bytes,
        };
        let mut late = 0;
        let mut delivered = self.delivered;
        while let Some((next, limit)) = self.next_run() {
            let Some(run) = self.runs.get_mut(next) else { break };
            let limit = limit.min(until);
            let mut gone = 0;
            for held in self.events.get(run.clone()).unwrap_or_default() {
                if held.timestamp > limit {
                    break;
                }
                gone += 1;
                late += u64::from(held.timestamp < delivered);
                delivered = delivered.max(held.timestamp);
                let start = held.payload as usize;
                let payload = bytes.get(start..start.saturating_add(held.payload_size as usize));
                if let (Some(payload), Some(origin)) = (payload, self.origins.get(held.origin as usize)) {
                    each(held, origin, payload);
                }
            }
            if gone == 0 {
                break;
            }
            run.start += gone;
            if run.start == run.end {
                self.runs.remove(next);
            }
        }
        self.delivered = delivered;
        let firsts = self.runs.iter().filter_map(|run| self.events.get(run.start));
        self.earliest = firsts.map(|held| held.timestamp).min().unwrap_or(i64::MAX);
        self.run = match self.runs.last() {
            Some(last) if last.end == self.events.len() => self.runs.pop().map_or(0, |last| last.start),
            _ => self.events.len(),
        };
        late
    }

    /// The event at `end` is the first of another run.
    #[cold]
    fn end_run(&mut self, end: usize) {
        if self.run < end {
            self.runs.push(self.run..end);
        }
        self.run = end;
    }

    /// The run whose first event is the earliest, the first of several, and up to what time its events are before all
    /// others: those of the same time in runs before it come first, those in runs after it later.
    fn next_run(&self) -> Option<(usize, i64)> {
        let mut next = None;
        let mut limit = i64::MAX;
        for (index, run) in self.runs.iter().enumerate() {
            let first = self.events.get(run.start).map_or(i64::MAX, |held| held.timestamp);
            match next {
                Some((_, earliest)) if first >= earliest => limit = limit.min(first),
                _ => {
                    // Those of the run that was the earliest so far come first.
                    limit = next.map_or(limit, |(_, first): (usize, i64)| first.saturating_sub(1)).min(limit);
                    next = Some((index, first));
                }
            }
        }
        next.map(|(index, _)| (index, limit))
    }

    /// Puts all events in time order. Those of the same time stay in stream order.
    fn merge_runs(&mut self) {
        self.drop_gone();
        self.events.sort_by_key(|held| held.timestamp);
        self.runs.clear();
        self.run = 0;
    }

    /// Leaves out the events that have gone.
    fn drop_gone(&mut self) {
        let mut end = 0;
        let last = self.run..self.events.len();
        for run in self.runs.iter_mut().chain([&mut last.clone()]) {
            let length = run.len();
            self.events.copy_within(run.clone(), end);
            *run = end..end + length;
            end += length;
        }
        self.events.truncate(end);
        self.run = end - last.len();
    }

    /// No event before `time` can come any more.
    pub(crate) fn advance(&mut self, time: i64) {
        self.front = self.front.max(time);
    }

    /// Takes note of an event that is delivered without being held back. Says whether it comes after one of a later time.
    #[inline]
    pub(crate) fn pass(&mut self, timestamp: i64) -> bool {
        let late = timestamp < self.delivered;
        self.delivered = self.delivered.max(timestamp);
        late
    }

    /// Frees what the events that have gone took.
    pub(crate) fn tidy(&mut self) {
        let held = self.runs.iter().map(Range::len).sum::<usize>() + self.events.len() - self.run;
        if held == 0 {
            self.events.clear();
            self.origins.clear();
            self.bytes.clear();
            self.events.shrink_to(KEEP_EVENTS);
            self.bytes.shrink_to(KEEP_BYTES);
            self.runs.clear();
            (self.run, self.due, self.tidy_at, self.earliest) = (0, BATCH, MIN_TIDY, i64::MAX);
            return;
        }
        if held < self.events.len() / 2 {
            self.drop_gone();
        }
        self.due = self.events.len() + held.max(BATCH);
        if self.memory() >= self.tidy_at {
            self.drop_gone();
            self.leave_out_what_has_gone();
            self.due = self.events.len() + held.max(BATCH);
            self.tidy_at = 2 * self.memory() + MIN_TIDY;
        }
    }

    /// Keeps only the payloads and origins that are still needed.
    fn leave_out_what_has_gone(&mut self) {
        let copied = !self.bytes.is_empty();
        let (mut bytes, mut origins) = (Vec::new(), Vec::new());
        let mut moved = None;
        for held in &mut self.events {
            if copied {
                let start = held.payload as usize;
                let payload = self.bytes.get(start..start.saturating_add(held.payload_size as usize));
                held.payload = index(bytes.len());
                bytes.extend_from_slice(payload.unwrap_or_default());
            }
            if moved != Some(held.origin) {
                moved = Some(held.origin);
                origins.extend(self.origins.get(held.origin as usize).copied());
            }
            held.origin = index(origins.len()).saturating_sub(1);
        }
        (self.bytes, self.origins) = (bytes, origins);
    }

    fn memory(&self) -> usize {
        self.bytes.len()
            + self.events.len() * size_of::<Held>()
            + self.runs.len() * size_of::<Range<usize>>()
            + self.origins.len() * size_of::<Origin>()
    }
}

/// Events being taken up.
pub(crate) struct Batch<'a> {
    queue: &'a mut Queue,
    events: Vec<Held>,
    /// The time of the latest event taken up.
    latest: i64,
    /// Where the bytes begin that the payloads are in.
    offset: u32,
    /// Whether the next event may have another origin than the one before.
    fresh: bool,
    removals: usize,
    copies: bool,
}

impl Batch<'_> {
    /// Takes up an event whose payload is at `payload` of the batch's bytes.
    #[expect(clippy::inline_always, reason = "in the loop over events")]
    #[inline(always)]
    pub(crate) fn hold(&mut self, header: &Header, payload: usize) {
        let timestamp = header.timestamp.cast_signed();
        if self.fresh || header.changes_origin() {
            self.queue.earliest = self.queue.earliest.min(timestamp);
            self.queue.origins.push(Origin::of(header, self.removals));
            // What comes after a sorted event has another origin if only for not being sorted.
            self.fresh = header.sorted();
            if header.sorted() {
                self.queue.front = self.queue.front.max(timestamp);
            }
        }
        if timestamp < self.latest {
            self.queue.earliest = self.queue.earliest.min(timestamp);
            self.queue.end_run(self.events.len());
        }
        self.latest = timestamp;
        self.events.push(Held {
            timestamp,
            thread: header.thread,
            metadata_id: header.metadata_id,
            stack: header.stack,
            sequence: header.sequence,
            payload: self.offset.saturating_add(index(payload)),
            payload_size: header.payload_size,
            origin: index(self.queue.origins.len()).saturating_sub(1),
        });
    }

    /// Ends the batch. `bytes` are those that its payloads are in; they are copied unless the stream stays in memory.
    pub(crate) fn end(self, bytes: &[u8]) {
        self.queue.events = self.events;
        if self.copies {
            self.queue.bytes.extend_from_slice(bytes);
        }
    }
}

/// More runs than this are put in order before events go, instead of while they do.
const MAX_RUNS: usize = 32;

/// Farther than this from the first payload there must be no further one: their places are 32 bits. A stream that has no
/// sequence point for so long is none that a runtime writes.
const MAX_BYTES: usize = 1 << 30;

/// A place; `MAX_BYTES` keeps them in range.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
