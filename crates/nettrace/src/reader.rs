//! Reading a stream that is in memory as a whole.

use crate::decoder::Decoder;
use crate::error::{BlockKind, Error};
use crate::event::Sink;

/// Reads a stream that is in memory as a whole, such as a mapped file, with the [`Decoder`]'s code.
///
/// Nothing of the stream is copied, and it need not be read to its end: [`read_block`](Self::read_block) stops after every
/// block.
///
/// ```
/// use nettrace::{Event, Reader};
///
/// fn events_at_the_beginning(bytes: &[u8]) -> Result<u64, nettrace::Error> {
///     let mut reader = Reader::new(bytes);
///     let mut events = 0;
///     let mut sink = |_: &Event<'_>| events += 1;
///     while reader.position() < 1 << 20 && reader.read_block(&mut sink)?.is_some() {}
///     Ok(events)
/// }
/// # assert!(events_at_the_beginning(b"GET / HTTP/1.1").is_err());
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    decoder: Decoder,
}

impl<'a> Reader<'a> {
    /// A reader from the first byte of `bytes`, with the default [`Limits`](crate::Limits) and
    /// [`Tolerance`](crate::Tolerance).
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::with_decoder(bytes, Decoder::new())
    }

    /// A reader with the limits and the tolerance of `decoder`, to which nothing must have been pushed before.
    #[must_use]
    pub fn with_decoder(bytes: &'a [u8], decoder: Decoder) -> Self {
        Self { bytes, position: 0, decoder }
    }

    /// Reads all that is left. Everything that is complete is delivered to `sink`, also before an error.
    ///
    /// # Errors
    ///
    /// As [`Decoder::push`] and [`Decoder::finish`] say. The error stays.
    pub fn read<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), Error> {
        while self.read_block(sink)?.is_some() {}
        Ok(())
    }

    /// Reads to the end of the next block and says what kind of block that was; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// As [`Decoder::push`] and [`Decoder::finish`] say. The error stays.
    pub fn read_block<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<Option<BlockKind>, Error> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let (consumed, block) = self.decoder.run_block(rest, sink);
        self.position += consumed;
        match block? {
            Some(kind) => Ok(Some(kind)),
            None => self.decoder.finish(sink).map(|()| None),
        }
    }

    /// How far the stream was read, in bytes.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What is known of the stream so far.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }
}
