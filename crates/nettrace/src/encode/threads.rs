//! The live threads of a stream, and the numbers of their events.

use std::collections::HashMap;

/// Threads by the operating system's id.
#[derive(Debug, Default)]
pub(super) struct Threads {
    list: Vec<Thread>,
    positions: HashMap<u64, usize>,
    /// Where the threads of the latest event are: the one it is about and the one that wrote it.
    latest: [Option<(u64, usize)>; 2],
    /// Above all indices so far.
    next_index: u64,
}

#[derive(Debug)]
pub(super) struct Thread {
    pub(super) id: u64,
    /// What version 6 calls it.
    pub(super) index: u64,
    /// Number of its last event.
    pub(super) last: u32,
    /// Whether it ended; the next sequence point of version 4 tells its last number.
    ended: bool,
}

/// What an event has to do with a thread.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// It is about it.
    Subject,
    /// It was written by it.
    Capture,
}

impl Threads {
    /// Where a thread is in the list, if it is known.
    #[inline]
    pub(super) fn find(&mut self, id: u64, role: Role) -> Option<usize> {
        let [subject, capture] = &mut self.latest;
        let latest = match role {
            Role::Subject => subject,
            Role::Capture => capture,
        };
        if let Some((known, position)) = *latest
            && known == id
        {
            return Some(position);
        }
        let position = *self.positions.get(&id)?;
        *latest = Some((id, position));
        Some(position)
    }

    /// Adds a thread that is not known.
    pub(super) fn insert(&mut self, id: u64, index: u64) -> usize {
        let position = self.list.len();
        self.list.push(Thread { id, index, last: 0, ended: false });
        self.positions.insert(id, position);
        self.next_index = self.next_index.max(index.saturating_add(1));
        position
    }

    /// An index of version 6 that was not used before; never 0, which some writers give a meaning.
    pub(super) fn new_index(&self) -> u64 {
        self.next_index.max(1)
    }

    pub(super) fn has_index(&self, index: u64) -> bool {
        index < self.next_index && self.list.iter().any(|thread| thread.index == index)
    }

    #[inline]
    pub(super) fn get(&self, position: usize) -> Option<&Thread> {
        self.list.get(position)
    }

    #[inline]
    pub(super) fn set_last(&mut self, position: usize, last: u32) {
        if let Some(thread) = self.list.get_mut(position) {
            thread.last = last;
            thread.ended = false;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.list.iter()
    }

    pub(super) fn set_ended(&mut self, position: usize) {
        if let Some(thread) = self.list.get_mut(position) {
            thread.ended = true;
        }
    }

    /// Forgets the threads that ended. Positions are void afterwards.
    pub(super) fn forget_ended(&mut self) {
        if self.list.iter().any(|thread| thread.ended) {
            self.list.retain(|thread| !thread.ended);
            self.latest = [None; 2];
            self.positions.clear();
            self.positions.extend(self.list.iter().zip(0..).map(|(thread, position)| (thread.id, position)));
        }
    }
}
