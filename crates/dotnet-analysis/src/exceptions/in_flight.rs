//! What a thread is throwing and handling.
//!
//! A throw is told first; then the filters that are asked whether they want it, the `finally` blocks it runs through, and the
//! `catch` that takes it; each with its start and end. All of them can throw in turn. The end of the exception is told after
//! the end of its `catch`; a handler that is left by another exception has no end.
//!
//! Since .NET 9 a `throw;` is not told as a throw: the next handler just begins.

use super::HandlerKind;
use crate::texts::TextId;

/// Throws, and handlers, that can be open on a thread. The outermost are forgotten when there are more: those that ended
/// without a word, and what was lost.
const MAX_OPEN: usize = 64;

/// What a thread is throwing and handling.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// Exceptions that were thrown and not caught yet: type and time, without that for a `throw;` that was not told. The
    /// last is the innermost.
    thrown: Vec<(TextId, Option<i64>)>,
    /// Handlers that have begun. The last is the innermost.
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    kind: HandlerKind,
    method_id: u64,
    exception: Option<TextId>,
    since: i64,
    /// Time spent in handlers inside of this one.
    inner_nanos: i64,
}

/// A handler that begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// The exception it is for, where its throw was seen.
    pub(super) exception: Option<TextId>,
    /// That exception and when it was thrown, where that was told. A `catch` takes it.
    pub(super) caught: Option<(TextId, i64)>,
    /// Whether a `catch` was left by `throw;`, which only this handler tells.
    pub(super) rethrown: bool,
}

/// A handler that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) method_id: u64,
    pub(super) exception: Option<TextId>,
    /// From its start.
    pub(super) nanos: i64,
    /// The same without the time in handlers inside of it.
    pub(super) own_nanos: i64,
}

impl InFlight {
    /// An exception is thrown; by `throw;` if `again`.
    pub(super) fn thrown(&mut self, exception: TextId, now: i64, again: bool) {
        if again && self.open.last().is_some_and(|open| open.kind == HandlerKind::Catch) {
            // The handler that says `throw;` is left.
            self.open.pop();
        }
        push_bounded(&mut self.thrown, (exception, Some(now)));
    }

    /// A handler begins.
    pub(super) fn handler_began(&mut self, kind: HandlerKind, method_id: u64, now: i64) -> Begun {
        let flying = if kind == HandlerKind::Catch { self.thrown.pop() } else { self.thrown.last().copied() };
        let mut begun = Begun {
            exception: flying.map(|(exception, _)| exception),
            caught: flying.and_then(|(exception, since)| Some((exception, since?))),
            rethrown: false,
        };
        // Filters are asked before the handler is left.
        let is_left = flying.is_none() && kind != HandlerKind::Filter;
        if is_left && let Some(left) = self.open.pop_if(|open| open.kind == HandlerKind::Catch) {
            begun.exception = left.exception;
            begun.rethrown = true;
            if kind == HandlerKind::Finally
                && let Some(exception) = left.exception
            {
                // It is on its way to the next `catch`.
                push_bounded(&mut self.thrown, (exception, None));
            }
        }
        let open = Open { kind, method_id, exception: begun.exception, since: now, inner_nanos: 0 };
        push_bounded(&mut self.open, open);
        begun
    }

    /// A handler ends; `None` if its start was not seen.
    pub(super) fn handler_ended(&mut self, kind: HandlerKind, now: i64) -> Option<Ended> {
        // Those inside of it have been left.
        let index = self.open.iter().rposition(|open| open.kind == kind)?;
        self.open.truncate(index + 1);
        let open = self.open.pop()?;
        let nanos = now.saturating_sub(open.since);
        if let Some(outer) = self.open.last_mut() {
            outer.inner_nanos = outer.inner_nanos.saturating_add(nanos);
        }
        Some(Ended {
            method_id: open.method_id,
            exception: open.exception,
            nanos,
            own_nanos: nanos.saturating_sub(open.inner_nanos),
        })
    }

    /// An exception has ended.
    pub(super) fn exception_ended(&mut self) {
        if self.open.is_empty() {
            self.thrown.clear();
        }
    }

    /// Exceptions that were thrown and not caught yet.
    pub(super) fn uncaught(&self) -> usize {
        self.thrown.iter().filter(|(_, since)| since.is_some()).count()
    }
}

fn push_bounded<T>(stack: &mut Vec<T>, item: T) {
    if stack.len() >= MAX_OPEN {
        stack.remove(0);
    }
    stack.push(item);
}

#[cfg(test)]
mod tests {
    use super::HandlerKind::{Catch, Filter, Finally};
    use super::*;

    const A: TextId = TextId::OTHER;

    #[test]
    fn a_catch_inside_of_a_catch_has_its_own_time() {
        let mut thread = InFlight::default();
        thread.thrown(A, 0, false);
        assert_eq!(thread.handler_began(Catch, 1, 10).caught, Some((A, 0)));
        thread.thrown(A, 20, false);
        assert_eq!(thread.handler_began(Catch, 2, 25).caught, Some((A, 20)));
        let inner = thread.handler_ended(Catch, 40).unwrap();
        assert_eq!((inner.method_id, inner.nanos, inner.own_nanos), (2, 15, 15));
        thread.exception_ended();
        let outer = thread.handler_ended(Catch, 100).unwrap();
        assert_eq!((outer.method_id, outer.nanos, outer.own_nanos), (1, 90, 75));
        assert_eq!(thread.handler_ended(Catch, 101), None);
    }

    #[test]
    fn filters_and_finally_blocks_come_before_the_catch() {
        let mut thread = InFlight::default();
        thread.thrown(A, 0, false);
        assert_eq!(thread.handler_began(Filter, 1, 1).exception, Some(A));
        thread.handler_ended(Filter, 2).unwrap();
        thread.handler_began(Finally, 2, 3);
        // It throws and catches something else.
        thread.thrown(A, 4, false);
        assert_eq!(thread.handler_began(Catch, 3, 5).caught, Some((A, 4)));
        thread.handler_ended(Catch, 6).unwrap();
        thread.exception_ended();
        assert_eq!(thread.uncaught(), 1);
        thread.handler_ended(Finally, 7).unwrap();
        assert_eq!(thread.handler_began(Catch, 1, 8).caught, Some((A, 0)));
    }

    #[test]
    fn throwing_again_leaves_the_handler_told_or_not() {
        for is_told in [true, false] {
            let mut thread = InFlight::default();
            thread.thrown(A, 0, false);
            thread.handler_began(Catch, 1, 1);
            if is_told {
                thread.thrown(A, 2, true);
            }
            let begun = thread.handler_began(Catch, 2, 3);
            assert_eq!((begun.exception, begun.rethrown), (Some(A), !is_told));
            assert_eq!(thread.handler_ended(Catch, 4).unwrap().method_id, 2);
            assert_eq!(thread.handler_ended(Catch, 5), None);
        }
    }

    #[test]
    fn throwing_again_through_a_finally_block_is_one_exception() {
        let mut thread = InFlight::default();
        thread.thrown(A, 0, false);
        thread.handler_began(Catch, 1, 1);
        assert!(thread.handler_began(Finally, 2, 2).rethrown);
        thread.handler_ended(Finally, 3).unwrap();
        let begun = thread.handler_began(Catch, 3, 4);
        assert_eq!((begun.exception, begun.caught, begun.rethrown), (Some(A), None, false));
        assert_eq!(thread.uncaught(), 0);
    }

    #[test]
    fn ends_that_are_missing_do_not_pile_up() {
        let mut thread = InFlight::default();
        for now in 0..1_000 {
            thread.thrown(A, now, false);
            thread.handler_began(Finally, 1, now);
        }
        assert_eq!((thread.thrown.len(), thread.open.len()), (MAX_OPEN, MAX_OPEN));
        // An end of something that was around all of them.
        assert_eq!(thread.handler_ended(Catch, 1_000), None);
    }
}
