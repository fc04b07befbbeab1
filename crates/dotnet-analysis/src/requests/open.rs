//! What has begun and not yet ended, up to a limit.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map of what is under way. When it is full the oldest is dropped, since its end was most likely lost.
#[derive(Debug)]
pub(crate) struct Open<K, V> {
    map: HashMap<K, (u64, V)>,
    /// Keys by age, with the number of their entry: those that have ended since are left in until they come up.
    ages: VecDeque<(u64, K)>,
    next: u64,
    limit: usize,
    dropped: u64,
}

impl<K: Copy + Eq + Hash, V> Open<K, V> {
    /// For at most `limit` at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self { map: HashMap::new(), ages: VecDeque::new(), next: 0, limit, dropped: 0 }
    }

    /// Something begins. What had that key before counts as dropped.
    pub(crate) fn begin(&mut self, key: K, value: V) {
        while self.map.len() >= self.limit && !self.map.contains_key(&key) {
            let Some((number, oldest)) = self.ages.pop_front() else { break };
            if self.map.get(&oldest).is_some_and(|(known, _)| *known == number) {
                self.map.remove(&oldest);
                self.dropped += 1;
            }
        }
        let number = self.next;
        self.next += 1;
        if self.map.insert(key, (number, value)).is_some() {
            self.dropped += 1;
        }
        self.ages.push_back((number, key));
        if self.ages.len() > self.limit.saturating_mul(2) {
            self.ages.retain(|(number, key)| self.map.get(key).is_some_and(|(known, _)| known == number));
        }
    }

    /// It ends.
    pub(crate) fn end(&mut self, key: &K) -> Option<V> {
        self.map.remove(key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.map.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values().map(|(_, value)| value)
    }

    /// How many were dropped before they ended.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_dropped() {
        let mut open = Open::new(2);
        open.begin(1, "a");
        open.begin(2, "b");
        assert_eq!(open.end(&1), Some("a"));
        open.begin(1, "c");
        open.begin(3, "d");
        // 2 is older than the second 1.
        assert_eq!((open.end(&2), open.get_mut(&1).copied(), open.contains(&3)), (None, Some("c"), true));
        assert_eq!((open.len(), open.dropped()), (2, 1));
    }

    #[test]
    fn what_begins_again_is_dropped_and_memory_stays_bounded() {
        let mut open = Open::new(4);
        for round in 0..1000 {
            open.begin(round % 3, round);
            assert!(open.ages.len() <= 9);
        }
        assert_eq!((open.len(), open.dropped()), (3, 997));
        assert_eq!(open.values().sum::<i32>(), 997 + 998 + 999);
    }
}
