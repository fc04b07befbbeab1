//! Call stacks: written once per region between two sequence points, referred to by id.

use std::fmt;

use crate::limits::Limits;

/// The call stack of an event: instruction pointers, leaf first. Empty when the event has none.
///
/// Ids are valid up to the next sequence point only: the same id names another stack afterwards.
#[derive(Clone, Copy)]
pub struct Stack<'a> {
    table: &'a StackTable,
    id: u32,
}

impl<'a> Stack<'a> {
    pub(crate) fn new(table: &'a StackTable, id: u32) -> Self {
        Self { table, id }
    }

    /// The id the stream gives it; valid until the next sequence point. An id that nothing defines is no stack. 0 means no
    /// stack too, but in netperf streams, whose stacks have no ids.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The instruction pointers as the stream has them: little-endian, of the trace's pointer size, leaf first.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.table.find(self.id)
    }

    /// The instruction pointers, leaf first.
    #[must_use]
    pub fn addresses(&self) -> Addresses<'a> {
        Addresses { bytes: self.as_bytes(), pointer_size: self.table.pointer_size }
    }

    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses().len()
    }

    /// Whether there are no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Stack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.addresses().map(|address| format!("{address:#x}"))).finish()
    }
}

/// The instruction pointers of a [`Stack`], leaf first.
#[derive(Debug, Clone)]
pub struct Addresses<'a> {
    bytes: &'a [u8],
    pointer_size: u8,
}

impl Iterator for Addresses<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.pointer_size == 4 {
            let (address, rest) = self.bytes.split_first_chunk::<4>()?;
            self.bytes = rest;
            Some(u64::from(u32::from_le_bytes(*address)))
        } else {
            let (address, rest) = self.bytes.split_first_chunk::<8>()?;
            self.bytes = rest;
            Some(u64::from_le_bytes(*address))
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let frames = self.bytes.len() / if self.pointer_size == 4 { 4 } else { 8 };
        (frames, Some(frames))
    }
}

impl ExactSizeIterator for Addresses<'_> {}

/// The stacks since the last sequence point.
#[derive(Debug, Default)]
pub(crate) struct StackTable {
    pointer_size: u8,
    bytes: Vec<u8>,
    /// End of each stack in `bytes`; each begins where the one before it ends.
    ends: Vec<u32>,
    /// Runs of consecutive ids, in stream order. A runtime's ids make up a single run.
    runs: Vec<Run>,
}

/// Consecutive ids.
#[derive(Debug, Clone, Copy)]
struct Run {
    first_id: u32,
    /// Index into `ends` of `first_id`.
    start: u32,
    count: u32,
}

/// Runs kept. A lookup tries each of them, so a stream with scattered ids must not make them many.
const MAX_RUNS: usize = 64;

/// Capacity that is kept for the next region.
const KEEP_BYTES: usize = 1 << 20;

impl StackTable {
    pub(crate) fn set_pointer_size(&mut self, pointer_size: u8) {
        self.pointer_size = pointer_size;
    }

    /// A table without stacks, for stacks of the same pointer size.
    pub(crate) fn without_stacks(&self) -> Self {
        Self { pointer_size: self.pointer_size, ..Self::default() }
    }

    /// Whether there is a stack with any of these ids.
    pub(crate) fn defines_any(&self, first_id: u32, count: u32) -> bool {
        self.runs.iter().any(|run| {
            u64::from(run.first_id) < u64::from(first_id) + u64::from(count)
                && u64::from(first_id) < u64::from(run.first_id) + u64::from(run.count)
        })
    }

    /// Adds a stack. Returns how many stacks had to be dropped for it, counting itself.
    pub(crate) fn insert(&mut self, id: u32, stack: &[u8], limits: &Limits) -> u64 {
        let start = self.ends.len();
        let end = self.bytes.len().saturating_add(stack.len());
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return 1 };
        if start >= limits.max_stacks || end > limits.max_stack_bytes {
            return 1;
        }
        let mut dropped = 0;
        match self.runs.last_mut() {
            Some(run)
                if run.start + run.count == start && run.first_id.checked_add(run.count) == Some(id) =>
            {
                run.count += 1;
            }
            _ => {
                if self.runs.len() >= MAX_RUNS {
                    dropped = u64::from(self.runs.remove(0).count);
                }
                self.runs.push(Run { first_id: id, start, count: 1 });
            }
        }
        self.bytes.extend_from_slice(stack);
        self.ends.push(end);
        dropped
    }

    /// Makes a stack that came with its event the only one, with id 0. Returns how many stacks had to be dropped for it.
    pub(crate) fn replace(&mut self, stack: &[u8], limits: &Limits) -> u64 {
        self.bytes.clear();
        self.ends.clear();
        self.runs.clear();
        if stack.is_empty() { 0 } else { self.insert(0, stack, limits) }
    }

    /// Forgets all stacks, as a sequence point demands.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.runs.clear();
        self.bytes.shrink_to(KEEP_BYTES);
        self.ends.shrink_to(KEEP_BYTES / 4);
    }

    /// The stack with that id, empty when there is none. Of several, the latest.
    fn find(&self, id: u32) -> &[u8] {
        for run in self.runs.iter().rev() {
            let Some(offset) = id.checked_sub(run.first_id).filter(|offset| *offset < run.count) else {
                continue;
            };
            let index = (run.start + offset) as usize;
            let end = self.ends.get(index).copied().unwrap_or(0) as usize;
            let start =
                index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0) as usize;
            return self.bytes.get(start..end).unwrap_or_default();
        }
        &[]
    }
}
