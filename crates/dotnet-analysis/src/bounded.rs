//! Maps that do not grow without a bound.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// A map that takes no new keys once it is full, and counts what it did not take.
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    map: HashMap<K, V>,
    limit: usize,
    refused: u64,
}

impl<K: Eq + Hash, V> Bounded<K, V> {
    /// For at most `limit` keys.
    pub(crate) fn new(limit: usize) -> Self {
        Self { map: HashMap::new(), limit, refused: 0 }
    }

    /// The value of that key, made if it is new; `None` when there is no room for it.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> Option<&mut V> {
        let is_full = self.map.len() >= self.limit;
        match self.map.entry(key) {
            Entry::Occupied(entry) => Some(entry.into_mut()),
            Entry::Vacant(_) if is_full => {
                self.refused += 1;
                None
            }
            Entry::Vacant(entry) => Some(entry.insert(make())),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// How often there was no room.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_still_serves_the_keys_it_has() {
        let mut map = Bounded::new(1);
        *map.entry("a", || 0).unwrap() += 1;
        assert!(map.entry("b", || 0).is_none());
        *map.entry("a", || 0).unwrap() += 1;
        assert_eq!((map.get(&"a"), map.get(&"b"), map.len(), map.refused()), (Some(&2), None, 1, 1));
    }
}
