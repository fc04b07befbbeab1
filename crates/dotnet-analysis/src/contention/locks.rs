//! Who waits for and who holds what.

use std::collections::HashMap;

use super::UNKNOWN_LOCK;
use crate::stacks::StackId;

/// Threads whose waits are followed.
const MAX_THREADS: usize = 65_536;
/// Waits that can be open on a thread, which may do something else while it waits. The outermost are forgotten when there are
/// more: their ends were lost.
const MAX_NESTED: usize = 8;

/// A thread waits for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// Id of the lock; [`UNKNOWN_LOCK`] where the runtime does not tell.
    pub(super) lock: u64,
    /// Address of the object that is locked.
    pub(super) object: u64,
    /// The thread that held it when the wait began; 0 where not known.
    pub(super) owner: u64,
    pub(super) since: i64,
    pub(super) stack: StackId,
}

/// A lock that some thread waits for.
#[derive(Debug)]
struct Contended {
    lock: u64,
    /// How many wait.
    waits: usize,
    /// The thread that holds it; 0 where not known.
    owner: u64,
    /// Where the owner took it, if it had to wait for it.
    taken: Option<StackId>,
}

/// Waits that have not ended, and the locks they are for.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// By thread, the innermost last.
    open: HashMap<u64, Vec<Wait>>,
    /// Few: each has a waiting thread at least.
    contended: Vec<Contended>,
    /// Who had to wait for a lock last, and where, until it is seen that somebody else has it.
    last_taken: HashMap<u64, (u64, StackId)>,
}

impl Locks {
    /// A thread begins to wait.
    pub(super) fn began(&mut self, thread: u64, wait: Wait) {
        if self.open.len() >= MAX_THREADS && !self.open.contains_key(&thread) {
            return;
        }
        let open = self.open.entry(thread).or_default();
        open.push(wait);
        if open.len() > MAX_NESTED {
            let forgotten = open.remove(0);
            self.close(&forgotten);
        }
        if wait.lock == UNKNOWN_LOCK {
            return;
        }
        let taken = self.last_taken.get(&wait.lock);
        let taken = taken.filter(|(owner, _)| *owner == wait.owner).map(|(_, stack)| *stack);
        match self.contended(wait.lock) {
            Some(contended) => {
                contended.waits += 1;
                if wait.owner != 0 {
                    contended.owner = wait.owner;
                    contended.taken = taken;
                }
            }
            None => {
                self.contended.push(Contended { lock: wait.lock, waits: 1, owner: wait.owner, taken });
            }
        }
    }

    /// A thread has what it waited for. Its wait, and where the one who held the lock when it began had taken it; `None` when
    /// the beginning of the wait was not seen.
    pub(super) fn ended(&mut self, thread: u64) -> Option<(Wait, Option<StackId>)> {
        let open = self.open.get_mut(&thread)?;
        let wait = open.pop()?;
        if open.is_empty() {
            self.open.remove(&thread);
        }
        if wait.lock == UNKNOWN_LOCK {
            return Some((wait, None));
        }
        let mut taken = None;
        if let Some(contended) = self.contended(wait.lock) {
            taken = contended.taken.filter(|_| contended.owner == wait.owner);
            contended.owner = thread;
            contended.taken = Some(wait.stack);
        }
        self.close(&wait);
        if self.last_taken.len() < MAX_THREADS || self.last_taken.contains_key(&wait.lock) {
            self.last_taken.insert(wait.lock, (thread, wait.stack));
        }
        Some((wait, taken))
    }

    fn contended(&mut self, lock: u64) -> Option<&mut Contended> {
        self.contended.iter_mut().find(|contended| contended.lock == lock)
    }

    /// One waits less.
    fn close(&mut self, wait: &Wait) {
        if let Some(contended) = self.contended(wait.lock) {
            contended.waits -= 1;
            self.contended.retain(|contended| contended.waits > 0);
        }
    }

    /// Whether any thread waits for a known lock.
    pub(super) fn is_contended(&self) -> bool {
        !self.contended.is_empty()
    }

    /// Whether this thread waits for a lock.
    pub(super) fn is_waiting(&self, thread: u64) -> bool {
        self.open.contains_key(&thread)
    }

    /// Locks that this thread holds and others wait for.
    pub(super) fn held_by(&self, thread: u64) -> impl Iterator<Item = u64> {
        let held = self.contended.iter().filter(move |contended| contended.owner == thread);
        held.map(|contended| contended.lock)
    }

    /// Waits that have not ended, with the thread that waits and the one that holds the lock now, if that is known; the
    /// longest first.
    pub(super) fn open(&self) -> Vec<(u64, Wait, Option<u64>)> {
        let mut open: Vec<_> = self
            .open
            .iter()
            .flat_map(|(thread, waits)| waits.iter().map(|wait| (*thread, *wait, self.owner(wait))))
            .collect();
        open.sort_by_key(|(thread, wait, _)| (wait.since, *thread));
        open
    }

    fn owner(&self, wait: &Wait) -> Option<u64> {
        let contended = self.contended.iter().find(|contended| contended.lock == wait.lock);
        let owner = contended.map_or(wait.owner, |contended| contended.owner);
        (owner != 0).then_some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::Stacks;

    fn wait(lock: u64, owner: u64, stack: StackId) -> Wait {
        Wait { lock, object: 0, owner, since: 0, stack }
    }

    #[test]
    fn whoever_waited_holds_the_lock_then() {
        let mut stacks = Stacks::default();
        let first = stacks.push(StackId::EMPTY, 1);
        let second = stacks.push(StackId::EMPTY, 2);
        let mut locks = Locks::default();
        locks.began(1, wait(7, 9, first));
        locks.began(2, wait(7, 9, second));
        assert_eq!(locks.held_by(9).collect::<Vec<_>>(), [7]);
        assert_eq!(locks.ended(1), Some((wait(7, 9, first), None)));
        assert_eq!(locks.held_by(9).next(), None);
        assert_eq!(locks.held_by(1).collect::<Vec<_>>(), [7]);
        assert_eq!(locks.open(), [(2, wait(7, 9, second), Some(1))]);
        assert_eq!(locks.ended(2), Some((wait(7, 9, second), None)));
        assert!(!locks.is_contended());
        // The next one waits for what the second took.
        locks.began(3, wait(7, 2, first));
        assert_eq!(locks.ended(3), Some((wait(7, 2, first), Some(second))));
        assert_eq!(locks.ended(3), None);
    }

    #[test]
    fn waits_whose_ends_were_lost_do_not_pile_up() {
        let mut locks = Locks::default();
        for lock in 1..=100 {
            locks.began(1, wait(lock, 9, StackId::EMPTY));
        }
        assert_eq!((locks.open().len(), locks.contended.len()), (MAX_NESTED, MAX_NESTED));
    }

    #[test]
    fn unknown_locks_are_not_the_same_lock() {
        let mut locks = Locks::default();
        locks.began(1, wait(UNKNOWN_LOCK, 0, StackId::EMPTY));
        locks.began(2, wait(UNKNOWN_LOCK, 0, StackId::EMPTY));
        assert!(!locks.is_contended());
        assert!(locks.ended(1).is_some() && locks.ended(2).is_some());
        assert!(locks.open().is_empty());
    }
}
