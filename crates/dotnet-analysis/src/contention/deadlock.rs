//! Threads that wait for each other.

use std::collections::HashMap;

/// Circles of threads each of which waits for the next and the last for the first. `waits` are pairs of a thread that waits
/// and the one it waits for.
pub(super) fn circles(waits: impl Iterator<Item = (u64, u64)>) -> Vec<Vec<u64>> {
    let waits: HashMap<u64, u64> = waits.collect();
    let mut threads: Vec<u64> = waits.keys().copied().collect();
    threads.sort_unstable();
    let mut circles: Vec<Vec<u64>> = Vec::new();
    // Threads whose way is known: they are of a circle, lead into one, or to nobody who waits.
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (walk, first) in threads.iter().enumerate() {
        let mut next = *first;
        while !known.contains_key(&next) {
            known.insert(next, walk);
            match waits.get(&next) {
                Some(owner) => next = *owner,
                None => break,
            }
        }
        // Come back to where this walk has been: from there on it is a circle.
        if known.get(&next) == Some(&walk) && waits.contains_key(&next) {
            let mut circle = vec![next];
            let mut thread = waits.get(&next).copied().unwrap_or(next);
            while thread != next {
                circle.push(thread);
                thread = waits.get(&thread).copied().unwrap_or(next);
            }
            circles.push(circle);
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_once_with_whoever_is_in_them() {
        // 1 and 2 wait for each other, 3 for 1; 4, 5 and 6 in a ring; 7 for 8, who does not wait.
        let waits = [(3, 1), (1, 2), (2, 1), (4, 5), (5, 6), (6, 4), (7, 8)];
        let mut circles = circles(waits.into_iter());
        for circle in &mut circles {
            circle.sort_unstable();
        }
        assert_eq!(circles, [vec![1, 2], vec![4, 5, 6]]);
    }

    #[test]
    fn waiting_is_no_circle() {
        assert!(circles([(1, 2), (2, 3), (4, 2)].into_iter()).is_empty());
        assert!(circles(std::iter::empty()).is_empty());
    }
}
