//! Where what is found in a stream goes.

/// The sink, and what of the stream stays in memory for it.
pub(crate) struct Output<'a, S: ?Sized> {
    pub(crate) sink: &'a mut S,
    /// The stream, where it is in memory as a whole: what is held back of it need not be copied.
    pub(crate) stream: Option<&'a [u8]>,
    /// Where in it the bytes begin that are read.
    pub(crate) position: usize,
}

impl<'a, S: ?Sized> Output<'a, S> {
    /// For bytes that are gone after they were read.
    pub(crate) fn of_pushed(sink: &'a mut S) -> Self {
        Self { sink, stream: None, position: 0 }
    }
}
