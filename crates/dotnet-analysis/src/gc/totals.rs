//! Sums over collections.

use std::collections::BTreeMap;

use dotnet_events::enumerations::GCReason;

use super::collection::Collection;

/// What a collection is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Generation0,
    Generation1,
    Blocking,
    Background,
}

impl Class {
    pub(super) const ALL: [Self; 4] =
        [Self::Generation0, Self::Generation1, Self::Blocking, Self::Background];

    /// Those in the background are all of generation 2.
    pub(super) fn of(collection: &Collection) -> Self {
        match collection.generation {
            _ if collection.is_background() => Self::Background,
            0 => Self::Generation0,
            1 => Self::Generation1,
            _ => Self::Blocking,
        }
    }

    pub(super) fn generation(self) -> u32 {
        match self {
            Self::Generation0 => 0,
            Self::Generation1 => 1,
            Self::Blocking | Self::Background => 2,
        }
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Generation0 => "generation 0",
            Self::Generation1 => "generation 1",
            Self::Blocking => "generation 2, blocking",
            Self::Background => "generation 2, background",
        }
    }
}

/// Sums; times in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) pause: i64,
    pub(super) max_pause: i64,
    pub(super) suspension: i64,
    pub(super) restart: i64,
    pub(super) promoted: u64,
    pub(super) allocated: u64,
    pub(super) finalizers: u64,
    pub(super) finalizing: i64,
    /// Not seen as a whole.
    pub(super) incomplete: u64,
    /// That compacted the heap.
    pub(super) compacting: u64,
}

impl Sums {
    fn add(&mut self, collection: &Collection) {
        let pause = collection.pause();
        self.count += 1;
        self.pause = self.pause.saturating_add(pause);
        self.max_pause = self.max_pause.max(pause);
        self.suspension = self.suspension.saturating_add(collection.suspension());
        self.restart = self.restart.saturating_add(collection.restart());
        self.promoted = self.promoted.saturating_add(collection.promoted().unwrap_or(0));
        self.allocated = self.allocated.saturating_add(collection.allocated_bytes.unwrap_or(0));
        self.finalizers += collection.finalizers.count;
        self.finalizing = self.finalizing.saturating_add(collection.finalizers.nanos);
        self.incomplete += u64::from(!collection.is_complete());
        self.compacting += u64::from(collection.is_compacting());
    }
}

/// All collections, and those of each class and reason.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) all: Sums,
    classes: [Sums; 4],
    pub(super) reasons: BTreeMap<GCReason, Sums>,
}

impl Totals {
    pub(super) fn add(&mut self, collection: &Collection) {
        self.all.add(collection);
        if let Some(sums) = self.classes.get_mut(Class::of(collection) as usize) {
            sums.add(collection);
        }
        self.reasons.entry(collection.reason).or_default().add(collection);
    }

    pub(super) fn of(&self, class: Class) -> Sums {
        self.classes.get(class as usize).copied().unwrap_or_default()
    }
}

/// The value that so many percent of the sorted values do not exceed, by the nearest rank; `None` of none.
pub(super) fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_are_there() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&hundred, 100), Some(100));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[1, 2, 3], 90), Some(3));
        assert_eq!(percentile(&[], 50), None);
    }
}
