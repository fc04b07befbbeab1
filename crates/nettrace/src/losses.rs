//! Sequence numbers: how a reader learns that the writer dropped events.
//!
//! Each capture thread numbers its events 1, 2, 3 ... and counts those it must drop as well, so a gap is a loss. A
//! sequence point lists the last number of every live thread, which shows losses at the end of a thread's events.
//!
//! A part of a stream that is read by itself may not know how far a thread had come: no sequence point need list all
//! threads. What it hears of such a thread first is kept as a [`Link`], and judged when the parts are joined.

use std::collections::{HashMap, HashSet};

use crate::sequence::SequencePoint;
use crate::statistics::Statistics;

/// Last sequence numbers and losses of all capture threads, by id or, in version 6, by index.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    index: HashMap<u64, u32>,
    list: Vec<Thread>,
    /// Threads in `list` that were removed, and are there only for what they lost or for their link.
    removed: usize,
    /// What this knows of the stream before its own part of it.
    before: Before,
}

/// What was before the part of a stream in which these threads are.
#[derive(Debug, Default)]
enum Before {
    /// Nothing that matters: the part is the first.
    #[default]
    Nothing,
    /// Threads that may go on in this part, but for those with these keys: they ended in it.
    Threads { ended: HashSet<u64> },
    /// Threads that all ended in this part.
    Ended,
}

/// Threads whose end in a part of a stream is remembered, to bound memory. After so many, threads are taken for new ones.
const MAX_ENDED: usize = 1 << 16;

#[derive(Debug, Clone, Copy)]
struct Thread {
    /// What it is found by.
    key: u64,
    /// What it is called in reports.
    id: u64,
    last: u32,
    lost: u64,
    /// Number of the last sequence point that listed it, or during which it was first seen.
    seen: u64,
    /// Whether its numbers are known from the first on, so that a last number of zero means that.
    from_start: bool,
    /// Whether it was removed: its key is free for others.
    removed: bool,
    link: Link,
}

/// How a thread is connected with the part of the stream before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// It began in this part.
    None,
    /// It goes on, and nothing was heard of it yet.
    Open,
    /// It goes on, and this is the number of its first event.
    Event(u32),
    /// It goes on, and this is the first number it was said to have reached.
    Reached(u32),
}

/// What a thread's next number says.
enum Step {
    /// As expected, or nothing is known.
    Next,
    /// So many are missing.
    Gap(u32),
    /// The number went backwards: another thread with the same id.
    Reset,
}

impl Thread {
    /// A thread of which nothing was known before.
    fn first_seen(id: u64, last: u32, link: Link, statistics: &Statistics) -> Self {
        let seen = statistics.sequence_points;
        Self { key: id, id, last, lost: 0, seen, from_start: false, removed: false, link }
    }

    /// An event with that number comes.
    fn event(&mut self, number: u32, statistics: &mut Statistics) {
        if self.link == Link::Open {
            (self.link, self.last) = (Link::Event(number), number);
            return;
        }
        self.advance(self.last.wrapping_add(1), number, statistics);
    }

    /// It is said to have reached that number.
    fn reached(&mut self, number: u32, statistics: &mut Statistics) {
        if self.link == Link::Open {
            (self.link, self.last) = (Link::Reached(number), number);
            return;
        }
        self.advance(self.last, number, statistics);
    }

    /// Whether it must be remembered when it has ended.
    fn is_telling(&self) -> bool {
        self.lost > 0 || !matches!(self.link, Link::None | Link::Open)
    }

    /// Moves on to the number `last`, where `expected` would mean that nothing was lost.
    fn advance(&mut self, expected: u32, last: u32, statistics: &mut Statistics) {
        // A last number of zero says only that the thread existed; what it lost before is not known.
        let step = match last.wrapping_sub(expected) {
            _ if self.last == 0 && !self.from_start => Step::Next,
            0 => Step::Next,
            gap if gap <= i32::MAX.unsigned_abs() => Step::Gap(gap),
            _ => Step::Reset,
        };
        self.last = last;
        match step {
            Step::Next => {}
            Step::Gap(gap) => {
                self.lost = self.lost.saturating_add(u64::from(gap));
                statistics.lost_events = statistics.lost_events.saturating_add(u64::from(gap));
            }
            Step::Reset => statistics.sequence_resets += 1,
        }
    }
}

impl Threads {
    /// A thread of version 6 begins: its events will be numbered from 1. `id` is what it is called in reports.
    pub(crate) fn define(&mut self, key: u64, id: u64, limit: u32, statistics: &mut Statistics) {
        self.retire(key);
        let seen = statistics.sequence_points;
        let thread =
            Thread { key, id, last: 0, lost: 0, seen, from_start: true, removed: false, link: Link::None };
        if self.insert(thread, limit).is_none() {
            statistics.untracked_threads += 1;
        }
    }

    /// A thread of version 6 ends, with the number of its last event.
    pub(crate) fn end(&mut self, key: u64, last: u32, statistics: &mut Statistics) {
        if let Some(&index) = self.index.get(&key)
            && let Some(thread) = self.list.get_mut(index as usize)
        {
            thread.reached(last, statistics);
        } else if self.may_go_on(key) {
            // Not found by its key, so that this is its end as well.
            let link = Link::Reached(last);
            self.list.push(Thread { removed: true, ..Thread::first_seen(key, last, link, statistics) });
            self.removed += 1;
        }
        self.retire(key);
    }

    /// All threads end, as a sequence point of version 6 may demand.
    pub(crate) fn end_all(&mut self) {
        self.index.clear();
        self.list.retain(Thread::is_telling);
        self.list.iter_mut().for_each(|thread| thread.removed = true);
        self.removed = self.list.len();
        if let Before::Threads { .. } = self.before {
            self.before = Before::Ended;
        }
    }

    /// Frees a thread's key. What it lost is remembered. Handles are void afterwards.
    fn retire(&mut self, key: u64) {
        if let Before::Threads { ended } = &mut self.before
            && ended.len() < MAX_ENDED
        {
            ended.insert(key);
        }
        let Some(index) = self.index.remove(&key) else { return };
        let Some(thread) = self.list.get_mut(index as usize) else { return };
        if thread.is_telling() {
            thread.removed = true;
            self.removed += 1;
            return;
        }
        self.list.swap_remove(index as usize);
        if let Some(moved) = self.list.get(index as usize).filter(|moved| !moved.removed) {
            self.index.insert(moved.key, index);
        }
    }

    /// A thread's events begin or go on with an explicit number. Returns a handle for [`Self::set_last`].
    pub(crate) fn begin(
        &mut self,
        id: u64,
        sequence: u32,
        limit: u32,
        statistics: &mut Statistics,
    ) -> Option<u32> {
        if let Some(&index) = self.index.get(&id) {
            self.list.get_mut(index as usize)?.event(sequence, statistics);
            return Some(index);
        }
        let link = if self.may_go_on(id) { Link::Event(sequence) } else { Link::None };
        let thread = Thread::first_seen(id, sequence, link, statistics);
        let index = self.insert(thread, limit);
        if index.is_none() {
            statistics.untracked_threads += 1;
        }
        index
    }

    /// Records the last number of a run of events.
    #[inline]
    pub(crate) fn set_last(&mut self, handle: Option<u32>, sequence: u32) {
        if let Some(thread) = handle.and_then(|index| self.list.get_mut(index as usize)) {
            thread.last = sequence;
        }
    }

    /// As [`Self::begin`] when the handle is known.
    #[inline]
    pub(crate) fn advance(&mut self, handle: Option<u32>, sequence: u32, statistics: &mut Statistics) {
        if let Some(thread) = handle.and_then(|index| self.list.get_mut(index as usize)) {
            thread.advance(thread.last.wrapping_add(1), sequence, statistics);
        }
    }

    /// A sequence point lists each live thread's last number. Handles are void afterwards.
    pub(crate) fn sequence_point(
        &mut self,
        point: &SequencePoint<'_>,
        limit: u32,
        statistics: &mut Statistics,
    ) {
        statistics.sequence_points += 1;
        // Threads of version 6 end when it is said, and need not be listed before.
        if self.list.len() >= (limit / 2) as usize && self.list.iter().all(|thread| !thread.from_start) {
            self.forget_finished(statistics.sequence_points);
        }
        for (id, last) in point.threads() {
            let known = self.index.get(&id).and_then(|&index| self.list.get_mut(index as usize));
            if let Some(thread) = known {
                thread.reached(last, statistics);
                thread.seen = statistics.sequence_points;
                continue;
            }
            let link = if self.may_go_on(id) { Link::Reached(last) } else { Link::None };
            if self.insert(Thread::first_seen(id, last, link, statistics), limit).is_none() {
                statistics.untracked_threads += 1;
            }
        }
    }

    /// Threads that lost events, and how many each.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (u64, u64)> {
        self.list.iter().filter(|thread| thread.lost > 0).map(|thread| (thread.id, thread.lost))
    }

    /// Whether a thread that is new here may have been there before this part.
    fn may_go_on(&self, key: u64) -> bool {
        matches!(&self.before, Before::Threads { ended } if ended.len() < MAX_ENDED && !ended.contains(&key))
    }

    /// The threads as a part of the stream knows them that begins here. The number is known of those that were listed by
    /// the latest sequence point, right behind which the part must begin. Of others it is known at most that they are there.
    pub(crate) fn resume(&self, statistics: &Statistics) -> Self {
        let go_on = |thread: &Thread| {
            let listed = thread.seen == statistics.sequence_points;
            let link = if listed { Link::Reached(thread.last) } else { Link::Open };
            let thread = Thread { lost: 0, seen: 0, link, ..*thread };
            (!thread.removed && (listed || thread.from_start)).then_some(thread)
        };
        let list: Vec<_> = self.list.iter().filter_map(go_on).collect();
        let index = list.iter().zip(0u32..).map(|(thread, index)| (thread.key, index)).collect();
        Self { index, list, removed: 0, before: Before::Threads { ended: HashSet::new() } }
    }

    /// Takes up the threads of the part that follows. `statistics` are those up to there; what this adds to them is what
    /// the part that follows could not judge by itself.
    pub(crate) fn join(&mut self, next: Self, statistics: &mut Statistics) {
        let is_new = |thread: &Thread| thread.link == Link::None;
        let (new, going_on): (Vec<_>, Vec<_>) = next.list.into_iter().partition(is_new);
        for thread in going_on {
            self.go_on(thread, statistics);
        }
        match next.before {
            Before::Nothing | Before::Ended => self.end_all(),
            Before::Threads { ended } => ended.into_iter().for_each(|key| self.retire(key)),
        }
        for thread in new {
            self.push(thread, statistics);
        }
    }

    /// A thread goes on as the part that follows has it.
    fn go_on(&mut self, next: Thread, statistics: &mut Statistics) {
        let Some(thread) = self.index.get(&next.key).and_then(|&index| self.list.get_mut(index as usize))
        else {
            let link = if self.may_go_on(next.key) { next.link } else { Link::None };
            return self.push(Thread { link, ..next }, statistics);
        };
        match next.link {
            Link::Event(number) => thread.event(number, statistics),
            Link::Reached(number) => thread.reached(number, statistics),
            Link::None | Link::Open => return,
        }
        thread.last = next.last;
        thread.lost = thread.lost.saturating_add(next.lost);
        thread.seen = next.seen + statistics.sequence_points;
        if next.removed {
            self.retire(next.key);
        }
    }

    /// Adds a thread of the part that follows.
    fn push(&mut self, next: Thread, statistics: &Statistics) {
        let thread = Thread { seen: next.seen + statistics.sequence_points, ..next };
        if !thread.removed {
            if thread.link == Link::None {
                self.retire(thread.key);
            }
            let Ok(index) = u32::try_from(self.list.len()) else { return };
            self.index.insert(thread.key, index);
        } else if thread.is_telling() {
            self.removed += 1;
        } else {
            return;
        }
        self.list.push(thread);
    }

    fn insert(&mut self, thread: Thread, limit: u32) -> Option<u32> {
        if self.list.len() >= limit as usize && self.removed > 0 {
            self.forget_where(|thread| thread.removed);
        }
        let index = u32::try_from(self.list.len()).ok().filter(|index| *index < limit)?;
        self.index.insert(thread.key, index);
        self.list.push(thread);
        Some(index)
    }

    /// Leaves out threads that the last sequence point before `now` did not list: they have ended. Those that lost events
    /// stay, so that the loss can be told.
    fn forget_finished(&mut self, now: u64) {
        self.forget_where(|thread| thread.lost == 0 && thread.seen + 1 < now);
    }

    fn forget_where(&mut self, finished: impl Fn(&Thread) -> bool) {
        self.list.retain(|thread| !finished(thread));
        self.index.clear();
        self.removed = 0;
        for (thread, index) in self.list.iter().zip(0u32..) {
            if thread.removed {
                self.removed += 1;
            } else {
                self.index.insert(thread.key, index);
            }
        }
    }
}
