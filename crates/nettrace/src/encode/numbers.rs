//! A thread's numbers in two streams of different versions.
//!
//! Version 6 says when a thread begins, so its first number says what was lost before it. In version 4 a thread may begin with
//! any number, and one that goes backwards means another thread with the same id. So numbers are made anew: they tell of
//! the same losses, and are the same where a thread's numbers begin with 1 and only grow.

/// The latest number of a thread in both streams.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    read: u32,
    pub(super) written: u32,
    /// Whether the thread was seen, or its beginning was said.
    known: bool,
    /// Whether its beginning was said.
    from_start: bool,
}

impl Numbers {
    /// A thread whose beginning was not said.
    pub(super) fn unknown(written: u32) -> Self {
        Self { written, ..Self::default() }
    }

    /// A thread whose numbers begin with 1.
    pub(super) fn from_start(written: u32) -> Self {
        Self { written, known: true, from_start: true, ..Self::default() }
    }

    /// The number of an event, which may be to be taken over as it is. Returns what was lost before it.
    pub(super) fn event(&mut self, number: u32, copied: bool) -> u32 {
        let lost = self.lost(self.read.wrapping_add(1), number);
        self.written = if copied { number } else { self.written.wrapping_add(1).wrapping_add(lost) };
        lost
    }

    /// The last number, as a sequence point or the end of a thread tells it. Returns what was lost before it.
    pub(super) fn point(&mut self, number: u32, copied: bool) -> u32 {
        let lost = self.lost(self.read, number);
        self.written = if copied { number } else { self.written.wrapping_add(lost) };
        lost
    }

    /// As readers count it; see `sequence`.
    fn lost(&mut self, expected: u32, number: u32) -> u32 {
        let unsaid = !self.known || self.read == 0 && !self.from_start;
        self.known = true;
        self.read = number;
        let gap = number.wrapping_sub(expected);
        if unsaid || gap > i32::MAX.unsigned_abs() { 0 } else { gap }
    }
}
