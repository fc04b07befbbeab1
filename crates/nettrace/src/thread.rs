//! Threads of version 6: defined once, referred to by index.
//!
//! Layout: NetTrace 6, thread block. Before version 6 events carry thread ids themselves.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cursor::{Cursor, Stop};
use crate::error::ErrorKind;
use crate::limits::Limits;

/// A thread as a stream of version 6 describes it. What the stream leaves out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thread {
    /// Index by which events of this stream refer to it. May be used again after the thread was removed.
    pub index: u64,
    /// Its name.
    pub name: Option<String>,
    /// Id of its process.
    pub process_id: Option<u64>,
    /// Its id, as the operating system has it.
    pub thread_id: Option<u64>,
    /// Whatever else is said of it: names and values, in stream order.
    pub properties: Vec<(String, String)>,
}

/// Kinds of what is said of a thread.
pub(crate) mod kind {
    pub(crate) const NAME: u8 = 1;
    pub(crate) const PROCESS_ID: u8 = 2;
    pub(crate) const THREAD_ID: u8 = 3;
    pub(crate) const PROPERTY: u8 = 4;
}

impl Thread {
    /// A thread of which nothing is known but its index in the stream.
    #[must_use]
    pub fn new(index: u64) -> Self {
        Self { index, ..Self::default() }
    }

    /// Reads a row without its size. Says also whether all of it was understood; what is not, and what follows, is left out.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<(Self, bool), Stop> {
        let mut thread = Self { index: cursor.var_u64()?, ..Self::default() };
        while cursor.remaining() > 0 {
            match cursor.u8()? {
                kind::NAME => thread.name = Some(cursor.utf8()?.into_owned()),
                kind::PROCESS_ID => thread.process_id = Some(cursor.var_u64()?),
                kind::THREAD_ID => thread.thread_id = Some(cursor.var_u64()?),
                kind::PROPERTY => {
                    let key = cursor.utf8()?.into_owned();
                    thread.properties.push((key, cursor.utf8()?.into_owned()));
                }
                _ => return Ok((thread, false)),
            }
        }
        Ok((thread, true))
    }

    /// About the bytes of memory it takes.
    fn memory(&self) -> usize {
        let text = |text: &str| size_of::<String>() + text.len();
        size_of::<Self>()
            + self.name.as_deref().map_or(0, str::len)
            + self.properties.iter().map(|(key, value)| text(key) + text(value)).sum::<usize>()
    }
}

/// Indices up to here are found by indexing; writers count from 0.
const DENSE: u64 = 1 << 16;

/// The live threads of a stream, found by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct ThreadDirectory {
    dense: Vec<Option<Arc<Thread>>>,
    sparse: HashMap<u64, Arc<Thread>>,
    /// Threads that were removed, with the numbers of their last events, while events that refer to them are still held back.
    leaving: Vec<(u64, u32)>,
    count: u32,
    memory: usize,
}

impl ThreadDirectory {
    #[inline]
    pub(crate) fn get(&self, index: u64) -> Option<&Thread> {
        if index < DENSE {
            return self.dense.get(usize::try_from(index).ok()?).and_then(Option::as_deref);
        }
        self.sparse.get(&index).map(Arc::as_ref)
    }

    /// As [`Self::get`], but for threads that are about to leave, unless they are not among the first `removals` of them.
    #[inline]
    pub(crate) fn get_after(&self, removals: usize, index: u64) -> Option<&Thread> {
        self.get(index).filter(|_| self.leaving.iter().take(removals).all(|(leaving, _)| *leaving != index))
    }

    /// Threads that are about to leave.
    #[inline]
    pub(crate) fn removals(&self) -> usize {
        self.leaving.len()
    }

    /// Adds a thread, in the place of a former one if need be.
    pub(crate) fn insert(&mut self, thread: Thread, limits: &Limits) -> Result<&Thread, ErrorKind> {
        let index = thread.index;
        self.remove(index);
        let memory = self.memory.saturating_add(thread.memory());
        if memory > limits.max_thread_bytes as usize {
            let (allowed, needed) = (limits.max_thread_bytes.into(), memory as u64);
            return Err(ErrorKind::LimitExceeded { limit: "max_thread_bytes", allowed, needed });
        }
        if self.count >= limits.max_threads {
            let (allowed, needed) = (limits.max_threads.into(), u64::from(self.count) + 1);
            return Err(ErrorKind::LimitExceeded { limit: "max_threads", allowed, needed });
        }
        self.memory = memory;
        self.count += 1;
        let thread = Arc::new(thread);
        let Some(position) = usize::try_from(index).ok().filter(|_| index < DENSE) else {
            return Ok(self.sparse.entry(index).insert_entry(thread).into_mut());
        };
        if self.dense.len() <= position {
            self.dense.resize_with(position + 1, || None);
        }
        match self.dense.get_mut(position) {
            Some(slot) => Ok(slot.insert(thread)),
            None => Err(ErrorKind::Malformed { reason: "a thread has no place" }),
        }
    }

    /// Takes a thread out once [`Self::remove_leaving`] is called. `false` when there is none.
    pub(crate) fn leave(&mut self, index: u64, last_sequence_number: u32) -> bool {
        let found = self.get_after(self.removals(), index).is_some();
        if found {
            self.leaving.push((index, last_sequence_number));
        }
        found
    }

    /// Takes out the threads that are about to leave, and returns their indices and last numbers.
    pub(crate) fn remove_leaving(&mut self) -> Vec<(u64, u32)> {
        let leaving = std::mem::take(&mut self.leaving);
        for (index, _) in &leaving {
            self.remove(*index);
        }
        leaving
    }

    /// Takes a thread out. `false` when there is none.
    pub(crate) fn remove(&mut self, index: u64) -> bool {
        let removed = if index < DENSE {
            usize::try_from(index).ok().and_then(|index| self.dense.get_mut(index)).and_then(Option::take)
        } else {
            self.sparse.remove(&index)
        };
        let Some(thread) = removed else { return false };
        self.count -= 1;
        self.memory = self.memory.saturating_sub(thread.memory());
        true
    }

    /// Forgets all threads.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
