//! What is written once and then referred to: stacks and lists of labels, equal ones under one id.

use std::hash::{BuildHasher, RandomState};

/// Entries of a region between two sequence points, numbered from 1.
#[derive(Debug)]
pub(super) struct Interned {
    /// As they are written, one after the other.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Positions in `entries`, plus one, found by hash; zero where there is none. A power of two of them.
    slots: Vec<u32>,
    /// Id of the first entry.
    first_id: u32,
    /// Entries that were written, and where they end in `bytes`.
    written: (usize, usize),
    seed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    /// Where in `bytes` what was hashed begins, behind its prefix, and where it ends.
    start: usize,
    end: usize,
}

/// Bytes of memory after which entries that were written are found no more, and are written again when they come again.
const FORGET_AT: usize = 32 << 20;

/// What is to be written next: the id of the first of so many entries.
pub(super) struct Pending<'a> {
    pub(super) first_id: u32,
    pub(super) count: u32,
    pub(super) bytes: &'a [u8],
}

impl Interned {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            slots: vec![0; 64],
            first_id: 1,
            written: (0, 0),
            // Foreign bytes are interned, too; they must not be able to make all hashes equal.
            seed: RandomState::new().hash_one(0),
        }
    }

    /// The id of `content`, which is written behind `prefix`. Equal contents must have equal prefixes.
    pub(super) fn intern(&mut self, prefix: &[u8], content: &[u8]) -> u32 {
        let hash = hash(content, self.seed);
        let mut slot = self.slot(hash);
        loop {
            let position = self.slots.get(slot).copied().unwrap_or(0);
            let Some(position) = position.checked_sub(1) else { break };
            if let Some(entry) = self.entries.get(position as usize)
                && entry.hash == hash
                && self.bytes.get(entry.start..entry.end) == Some(content)
            {
                return self.first_id.wrapping_add(position);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        let position = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(prefix);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(content);
        self.entries.push(Entry { hash, start, end: self.bytes.len() });
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        } else if let Some(slot) = self.slots.get_mut(slot) {
            *slot = position.saturating_add(1);
        }
        self.first_id.wrapping_add(position)
    }

    /// Where the search for a hash begins.
    fn slot(&self, hash: u64) -> usize {
        usize::try_from(hash & 0xffff_ffff).unwrap_or(0) & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(size, 0);
        for (entry, number) in self.entries.iter().zip(1u32..) {
            let mut slot = usize::try_from(entry.hash & 0xffff_ffff).unwrap_or(0) & (size - 1);
            while self.slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = number;
            }
        }
    }

    /// Bytes of entries that are still to be written.
    pub(super) fn pending_bytes(&self) -> usize {
        self.bytes.len() - self.written.1
    }

    /// What is still to be written, if anything.
    pub(super) fn pending(&self) -> Option<Pending<'_>> {
        let count = u32::try_from(self.entries.len() - self.written.0).ok().filter(|count| *count > 0)?;
        let written = u32::try_from(self.written.0).ok()?;
        let bytes = self.bytes.get(self.written.1..)?;
        Some(Pending { first_id: self.first_id.wrapping_add(written), count, bytes })
    }

    /// All entries have been written.
    pub(super) fn set_written(&mut self) {
        self.written = (self.entries.len(), self.bytes.len());
        if self.bytes.len() + self.entries.len() * size_of::<Entry>() > FORGET_AT {
            let next = self.first_id.wrapping_add(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
            self.restart();
            self.first_id = next;
        }
    }

    /// Ids begin anew, as they must after a sequence point.
    pub(super) fn restart(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.slots.fill(0);
        self.first_id = 1;
        self.written = (0, 0);
    }
}

/// Sixteen bytes at a time, folded in by a multiplication of full width.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    const SECRET: u64 = 0x9e37_79b9_7f4a_7c15;
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product")]
    let fold = |left: u64, right: u64| {
        let product = u128::from(left) * u128::from(right);
        product as u64 ^ (product >> 64) as u64
    };
    let add = |hash: u64, piece: &[u8; 16]| {
        let (words, _) = piece.as_chunks::<8>();
        let [left, right] = [0, 1].map(|at| words.get(at).map_or(0, |word| u64::from_le_bytes(*word)));
        fold(left ^ SECRET, right ^ hash)
    };
    let (pieces, rest) = bytes.as_chunks::<16>();
    let hash = pieces.iter().fold(seed, add);
    let mut last = [0; 16];
    last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
    fold(add(hash, &last) ^ SECRET, bytes.len() as u64 ^ seed)
}
