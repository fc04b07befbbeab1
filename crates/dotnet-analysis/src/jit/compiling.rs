//! Methods being compiled, by thread.

use std::collections::HashMap;

/// Threads watched.
const MAX_THREADS: usize = 65_536;
/// Methods a thread can be compiling: compiling one can run code that must be compiled first. The outermost are given up when
/// there are more: their ends were lost.
const MAX_NESTED: usize = 64;

/// A method being compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    method_id: u64,
    pub(super) il_bytes: u32,
    pub(super) since: i64,
}

/// Methods being compiled.
#[derive(Debug, Default)]
pub(super) struct Compiling {
    threads: HashMap<u64, Vec<Begun>>,
    /// Given up.
    given_up: u64,
}

impl Compiling {
    /// A thread begins to compile a method.
    pub(super) fn began(&mut self, thread: u64, method_id: u64, il_bytes: u32, since: i64) {
        if self.threads.len() >= MAX_THREADS && !self.threads.contains_key(&thread) {
            self.given_up += 1;
            return;
        }
        let begun = self.threads.entry(thread).or_default();
        if begun.len() >= MAX_NESTED {
            begun.remove(0);
            self.given_up += 1;
        }
        begun.push(Begun { method_id, il_bytes, since });
    }

    /// The method's code is there; `None` when its beginning was not seen.
    pub(super) fn ended(&mut self, thread: u64, method_id: u64) -> Option<Begun> {
        let begun = self.threads.get_mut(&thread)?;
        let index = begun.iter().rposition(|begun| begun.method_id == method_id)?;
        Some(begun.remove(index))
    }

    /// Methods whose compiling began and did not end, or failed, or whose end was not seen.
    pub(super) fn not_ended(&self) -> u64 {
        self.given_up + self.threads.values().map(|begun| begun.len() as u64).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_end_on_the_thread_they_began_on() {
        let mut compiling = Compiling::default();
        compiling.began(1, 10, 5, 100);
        compiling.began(1, 11, 6, 110);
        assert_eq!(compiling.ended(2, 10), None);
        assert_eq!(compiling.ended(1, 10), Some(Begun { method_id: 10, il_bytes: 5, since: 100 }));
        assert_eq!(compiling.ended(1, 10), None);
        assert_eq!(compiling.not_ended(), 1);
    }

    #[test]
    fn ends_that_are_missing_do_not_pile_up() {
        let mut compiling = Compiling::default();
        for method in 0..1_000 {
            compiling.began(1, method, 5, 100);
        }
        assert_eq!(compiling.threads.values().map(Vec::len).sum::<usize>(), MAX_NESTED);
        assert_eq!(compiling.not_ended(), 1_000);
    }
}
