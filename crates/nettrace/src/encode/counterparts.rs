//! Threads of a stream that is read, and what they are in the one that is written.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::encode::numbers::Numbers;
use crate::encode::stream::Stream;
use crate::encode::{EncodeError, LeftOut, Version, encoder};
use crate::thread::Thread;

/// Threads by what the stream that is read calls them: ids in version 4, indices in version 6.
#[derive(Debug)]
pub(super) struct Counterparts {
    read: Version,
    written: Version,
    live: HashMap<u64, Counterpart>,
    /// The last number that was written of ids that stand for no live thread, in version 4. They may come to be used again.
    former: HashMap<u64, u32>,
    /// Threads that lost events at their end, which only a sequence point of version 4 can tell.
    untold: BTreeMap<u64, u32>,
    /// What no two live threads of version 4 may share.
    taken: HashSet<u64>,
    next_index: u64,
    points: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counterpart {
    /// What it is called in the stream that is written.
    pub(super) written: u64,
    numbers: Numbers,
    /// Whether its numbers are taken over as they are.
    copied: bool,
    /// Whether what it loses before its first event cannot be said, as in version 4.
    silent_start: bool,
    /// Number of the last sequence point that listed it, or before which it was first seen.
    seen: u64,
}

/// Threads that are followed before those that ended, which version 4 does not say, are looked for; as many as a reader
/// follows by default before it does so.
const MANY: usize = 1 << 15;

/// Ids that are kept for their last number.
const MAX_FORMER: usize = 1 << 16;

impl Counterparts {
    pub(super) fn new(read: Version, written: Version) -> Self {
        Self {
            read,
            written,
            live: HashMap::new(),
            former: HashMap::new(),
            untold: BTreeMap::new(),
            taken: HashSet::new(),
            next_index: 1,
            points: 0,
        }
    }

    /// A thread that the stream describes (version 6).
    pub(super) fn define(
        &mut self,
        thread: &Thread,
        stream: &mut Stream,
        left_out: &mut LeftOut,
    ) -> Result<(), EncodeError> {
        if let Some(former) = self.live.get(&thread.index).copied() {
            // It replaces one that was not removed.
            self.remove(thread.index, former, stream)?;
        }
        let written = match self.written {
            Version::V6 => {
                stream.thread(thread)?;
                thread.index
            }
            Version::V4 => {
                let other_process =
                    thread.process_id.is_some_and(|id| id != u64::from(stream.trace().process_id));
                if thread.name.is_some() || !thread.properties.is_empty() || other_process {
                    left_out.threads += 1;
                }
                self.choose_id(thread.index, thread.thread_id, left_out)
            }
        };
        self.insert(thread.index, written, true);
        Ok(())
    }

    /// A thread's counterpart, made up if the stream does not describe it.
    pub(super) fn get(
        &mut self,
        key: u64,
        stream: &mut Stream,
        left_out: &mut LeftOut,
    ) -> Result<&mut Counterpart, EncodeError> {
        if !self.live.contains_key(&key) {
            let written = match (self.read, self.written) {
                (_, Version::V4) => self.choose_id(key, None, left_out),
                (Version::V4, Version::V6) => {
                    let index = self.next_index;
                    self.next_index += 1;
                    stream.thread(&encoder::described(index, key, stream.trace().process_id))?;
                    index
                }
                (Version::V6, Version::V6) => {
                    stream.thread(&Thread::new(key))?;
                    key
                }
            };
            self.insert(key, written, false);
        }
        // Never made here: it was inserted.
        Ok(self.live.entry(key).or_default())
    }

    fn insert(&mut self, key: u64, written: u64, defined: bool) {
        let last = self.former.remove(&written).unwrap_or(0);
        self.untold.remove(&written);
        let numbers = if defined { Numbers::from_start(last) } else { Numbers::unknown(last) };
        let copied = defined && self.read == self.written;
        let silent_start = self.written == Version::V4;
        self.live.insert(key, Counterpart { written, numbers, copied, silent_start, seen: self.points });
    }

    /// An id of version 4 for a thread of version 6: its own, unless it has none or another has it.
    fn choose_id(&mut self, index: u64, id: Option<u64>, left_out: &mut LeftOut) -> u64 {
        let wanted = id.unwrap_or(index);
        let free = |id: &u64| !self.taken.contains(id);
        let mut made_up = (0..=u64::MAX).map(|number| (u64::MAX - index).wrapping_sub(number));
        let chosen = Some(wanted).filter(free).or_else(|| made_up.find(free)).unwrap_or(wanted);
        if id != Some(chosen) {
            left_out.thread_ids += 1;
        }
        self.taken.insert(chosen);
        chosen
    }

    /// The end of a thread that is described, with its last number (version 6).
    pub(super) fn end(
        &mut self,
        index: u64,
        last: u32,
        stream: &mut Stream,
        left_out: &mut LeftOut,
    ) -> Result<(), EncodeError> {
        let Some(mut thread) = self.live.get(&index).copied() else { return Ok(()) };
        let lost = thread.point(last, left_out);
        if lost > 0 && self.written == Version::V4 && thread.numbers.written > lost {
            self.untold.insert(thread.written, thread.numbers.written);
        }
        self.remove(index, thread, stream)
    }

    fn remove(&mut self, key: u64, thread: Counterpart, stream: &mut Stream) -> Result<(), EncodeError> {
        self.live.remove(&key);
        self.release(&thread);
        match self.written {
            Version::V6 => stream.remove_thread(thread.written, thread.numbers.written),
            Version::V4 => Ok(()),
        }
    }

    /// Frees what a thread was called.
    fn release(&mut self, thread: &Counterpart) {
        if self.written == Version::V4 {
            self.taken.remove(&thread.written);
            if self.former.len() >= MAX_FORMER {
                self.former.clear();
            }
            self.former.insert(thread.written, thread.numbers.written);
        }
    }

    /// A sequence point: what its threads are in the stream that is written, and their last numbers.
    pub(super) fn sequence_point(
        &mut self,
        threads: impl Iterator<Item = (u64, u32)>,
        stream: &mut Stream,
        left_out: &mut LeftOut,
    ) -> Result<Vec<(u64, u32)>, EncodeError> {
        self.points += 1;
        if self.read == Version::V4 && self.live.len() >= MANY {
            self.end_unlisted(stream)?;
        }
        let points = self.points;
        let mut list = Vec::new();
        for (key, last) in threads {
            let thread = self.get(key, stream, left_out)?;
            thread.point(last, left_out);
            thread.seen = points;
            list.push((thread.written, thread.numbers.written));
        }
        list.extend(self.untold());
        Ok(list)
    }

    /// Ends the threads that the latest sequence point did not list.
    fn end_unlisted(&mut self, stream: &mut Stream) -> Result<(), EncodeError> {
        let ended = self.live.iter().filter(|(_, thread)| thread.seen + 1 < self.points);
        let mut ended: Vec<_> = ended.map(|(key, thread)| (*key, *thread)).collect();
        // The same stream makes the same bytes.
        ended.sort_unstable_by_key(|(key, _)| *key);
        ended.into_iter().try_for_each(|(key, thread)| self.remove(key, thread, stream))
    }

    /// All threads end, as a sequence point of version 6 demands that was written.
    pub(super) fn end_all(&mut self) {
        for (_, thread) in std::mem::take(&mut self.live) {
            self.release(&thread);
        }
    }

    /// What only a sequence point can still tell.
    pub(super) fn untold(&mut self) -> Vec<(u64, u32)> {
        std::mem::take(&mut self.untold).into_iter().collect()
    }
}

impl Counterpart {
    /// The number of an event of it.
    pub(super) fn event(&mut self, number: u32, left_out: &mut LeftOut) -> u32 {
        let before = self.numbers.written;
        let lost = self.numbers.event(number, self.copied);
        self.note_silent(before, lost, left_out);
        self.numbers.written
    }

    /// Its last number so far. Returns what was lost before it.
    fn point(&mut self, number: u32, left_out: &mut LeftOut) -> u32 {
        let before = self.numbers.written;
        let lost = self.numbers.point(number, self.copied);
        self.note_silent(before, lost, left_out);
        lost
    }

    fn note_silent(&self, before: u32, lost: u32, left_out: &mut LeftOut) {
        if self.silent_start && before == 0 {
            left_out.lost_events += u64::from(lost);
        }
    }
}
