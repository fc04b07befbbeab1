//! Which metadata ids are taken.

use std::collections::HashSet;

use crate::encode::Version;

/// Ids up to here are found by indexing; writers count from 1.
const DENSE: u32 = 1 << 16;

/// The ids of definitions that events may refer to.
#[derive(Debug)]
pub(super) struct Ids {
    max: u32,
    dense: Vec<bool>,
    sparse: HashSet<u32>,
    /// The highest that is or was taken.
    highest: u32,
}

impl Ids {
    pub(super) fn new(version: Version) -> Self {
        let max = match version {
            Version::V4 => i32::MAX.unsigned_abs(),
            Version::V6 => u32::MAX,
        };
        Self { max, dense: Vec::new(), sparse: HashSet::new(), highest: 0 }
    }

    #[inline]
    pub(super) fn contains(&self, id: u32) -> bool {
        if id < DENSE {
            return self.dense.get(id as usize).is_some_and(|taken| *taken);
        }
        self.sparse.contains(&id)
    }

    /// The id for a definition that asks for `wanted`, which it does not get if it is 0 or taken.
    pub(super) fn choose(&self, wanted: u32) -> Option<u32> {
        if wanted != 0 && wanted <= self.max && !self.contains(wanted) {
            return Some(wanted);
        }
        let above = self.highest.checked_add(1).filter(|id| *id <= self.max);
        above.or_else(|| (1..=self.max).find(|id| !self.contains(*id)))
    }

    pub(super) fn insert(&mut self, id: u32) {
        self.highest = self.highest.max(id);
        if id >= DENSE {
            self.sparse.insert(id);
            return;
        }
        let index = id as usize;
        if self.dense.len() <= index {
            self.dense.resize(index + 1, false);
        }
        if let Some(slot) = self.dense.get_mut(index) {
            *slot = true;
        }
    }

    /// Frees all ids.
    pub(super) fn clear(&mut self) {
        self.dense.clear();
        self.sparse.clear();
        self.highest = 0;
    }
}
