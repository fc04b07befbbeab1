//! When all managed threads stand still.
//!
//! The runtime says four things of every suspension, on the thread that wants it: it begins to stop the others (9), they stand
//! (8), it begins to let them go (7), they run (3). Whoever wants the next says so while the last one still ends, so what
//! belongs together is told by the thread.

use std::collections::BTreeMap;

use dotnet_events::enumerations::GCSuspendEEReason;

/// Suspensions that are open at a time; what is more is the trace's fault, and the oldest is given up.
const MAX_OPEN: usize = 64;

/// A suspension without an end after that time has lost it, in nanoseconds.
const PATIENCE_NANOS: i64 = 60_000_000_000;

/// A number of a collection, in the order they began.
pub(super) type Ordinal = u64;

/// A suspension that has not ended.
#[derive(Debug, Clone)]
pub(super) struct Open {
    thread: u64,
    pub(super) reason: GCSuspendEEReason,
    /// Its first event; for a suspension that was not seen to begin, the first event that was seen of it.
    pub(super) start: i64,
    /// Whether that first event was seen.
    pub(super) begin_seen: bool,
    stopped: Option<i64>,
    restarting: Option<i64>,
    /// The collection it is for, as far as that is known yet.
    pub(super) owner: Option<Ordinal>,
    /// From where on it counts for the owner.
    pub(super) owned_from: i64,
}

impl Open {
    /// The part that is over: from where it counts for the owner until now.
    pub(super) fn part(&self, now: i64) -> Part {
        // What it took to stop the threads belongs to the first owner.
        let first = self.owned_from == self.start;
        let suspension =
            self.stopped.filter(|_| first && self.begin_seen).map_or(0, |at| (at - self.start).max(0));
        Part {
            start: self.owned_from,
            duration: (now - self.owned_from).max(0),
            suspension,
            restart: self.restarting.map_or(0, |at| (now - at.max(self.owned_from)).max(0)),
        }
    }

    fn is_for_collections(&self) -> bool {
        matches!(self.reason, GCSuspendEEReason::SuspendForGC | GCSuspendEEReason::SuspendForGCPrep)
    }
}

/// Time in which all managed threads stood still, for one collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: i64,
    pub(super) duration: i64,
    /// Until they stood.
    pub(super) suspension: i64,
    /// Until they ran again, at its end.
    pub(super) restart: i64,
}

/// The suspensions of one reason, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReasonTotals {
    pub(super) count: u64,
    /// From the wish to stop until all ran again.
    pub(super) nanos: i64,
    pub(super) max_nanos: i64,
    /// Of that, until they stood.
    pub(super) suspension: i64,
}

/// Puts the events of suspensions together.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    open: Vec<Open>,
    by_reason: BTreeMap<GCSuspendEEReason, ReasonTotals>,
    /// Since when one at least is open.
    since: Option<i64>,
    /// Time in which one at least was open, until `since`.
    union_nanos: i64,
    /// Begins without an end, and ends without a begin.
    pub(super) unmatched: u64,
}

impl Suspensions {
    /// Threads are to be stopped.
    pub(super) fn begin(&mut self, thread: u64, reason: GCSuspendEEReason, now: i64) -> &mut Open {
        self.open_one(Open {
            thread,
            reason,
            start: now,
            begin_seen: true,
            stopped: None,
            restarting: None,
            owner: None,
            owned_from: now,
        })
    }

    /// A collection runs, and its suspension was not seen to begin.
    pub(super) fn found_open(&mut self, thread: u64, now: i64) -> &mut Open {
        self.open_one(Open {
            thread,
            reason: GCSuspendEEReason::SuspendForGC,
            start: now,
            begin_seen: false,
            stopped: None,
            restarting: None,
            owner: None,
            owned_from: now,
        })
    }

    fn open_one(&mut self, open: Open) -> &mut Open {
        let now = open.start;
        let before = self.open.len();
        self.open.retain(|other| other.thread != open.thread && now - other.start < PATIENCE_NANOS);
        if self.open.len() >= MAX_OPEN {
            self.open.remove(0);
        }
        self.unmatched += (before - self.open.len()) as u64;
        if self.open.is_empty() {
            // What ended without being seen to is not counted.
            self.since = Some(now);
        }
        self.open.push(open);
        let last = self.open.len() - 1;
        // It was pushed a moment ago.
        #[expect(clippy::indexing_slicing, reason = "the last element of a list that has one")]
        &mut self.open[last]
    }

    /// They stand still.
    pub(super) fn stopped(&mut self, thread: u64, now: i64) {
        if let Some(open) = self.open.iter_mut().find(|open| open.thread == thread) {
            open.stopped = open.stopped.or(Some(now));
        }
    }

    /// They are let go.
    pub(super) fn restarting(&mut self, thread: u64, now: i64) {
        if let Some(open) = self.open.iter_mut().find(|open| open.thread == thread) {
            open.restarting = open.restarting.or(Some(now));
        }
    }

    /// They run. The suspension that was; `None` when it was not seen to begin.
    pub(super) fn end(&mut self, thread: u64, now: i64) -> Option<Open> {
        let by_thread = self.open.iter().position(|open| open.thread == thread);
        // Server collections begin on another thread than their suspensions.
        let place = by_thread.or_else(|| self.open.iter().position(|open| !open.begin_seen));
        let Some(place) = place else {
            self.unmatched += 1;
            return None;
        };
        let open = self.open.remove(place);
        if self.open.is_empty()
            && let Some(since) = self.since.take()
        {
            self.union_nanos = self.union_nanos.saturating_add(now - since);
        }
        let totals = self.by_reason.entry(open.reason).or_default();
        let nanos = now - open.start;
        totals.count += 1;
        totals.nanos = totals.nanos.saturating_add(nanos);
        totals.max_nanos = totals.max_nanos.max(nanos);
        let suspension = open.stopped.map_or(0, |at| at - open.start);
        totals.suspension = totals.suspension.saturating_add(suspension);
        Some(open)
    }

    /// The suspension in which a collection begins: preferably of its thread, or else the last that is for collections.
    pub(super) fn of_collection(&mut self, thread: u64) -> Option<&mut Open> {
        let own = self.open.iter().position(|open| open.thread == thread && open.is_for_collections());
        let place = own.or_else(|| self.open.iter().rposition(Open::is_for_collections))?;
        self.open.get_mut(place)
    }

    /// Time in which the program stood still for whatever reason, in nanoseconds. Suspensions that overlap count once.
    pub(super) fn union_nanos(&self) -> i64 {
        self.union_nanos
    }

    pub(super) fn by_reason(&self) -> &BTreeMap<GCSuspendEEReason, ReasonTotals> {
        &self.by_reason
    }
}
