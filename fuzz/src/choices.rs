//! Input taken apart into choices.
//!
//! A fuzzer changes bytes here and there. Choices are single bytes wherever possible and never fail, so that a change of
//! one byte changes one thing.

/// The rest of an input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// A byte; 0 at the end.
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// So many bytes, or what is left.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Bytes whose number a byte says, in units of `unit`.
    pub(crate) fn sized(&mut self, unit: usize) -> &'a [u8] {
        let count = usize::from(self.byte()) * unit;
        self.bytes(count)
    }

    /// A number with bytes in front that are zero where the input has ended.
    pub(crate) fn u64(&mut self) -> u64 {
        self.bytes(8).iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// One of `values`.
    pub(crate) fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::from(self.byte()) % values.len()]
    }
}
