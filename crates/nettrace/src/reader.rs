//! Reading a stream that is in memory as a whole.

use crate::decoder::Decoder;
use crate::error::{BlockKind, Error};
use crate::event::Sink;
use crate::outline::{self, Cut};
use crate::output::Output;

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
    /// Whether the stream goes on where `bytes` end.
    is_part: bool,
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
        Self { bytes, position: 0, decoder, is_part: false }
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
        let (consumed, block) = self.decoder.run_block(self.bytes, self.position, sink);
        self.position += consumed;
        match block? {
            Some(kind) => Ok(Some(kind)),
            None if self.is_part => Ok(None),
            None => {
                let mut output = Output { sink, stream: Some(self.bytes), position: self.position };
                self.decoder.end(&mut output).map(|()| None)
            }
        }
    }

    /// Splits what is left to read into at most so many parts of about the same size, each of which can be read
    /// independently of the others, on a thread of its own. The first part is this reader, which stops where the second
    /// begins; the last one reads to the end of the stream.
    ///
    /// Parts end at sequence points, where a stream forgets its stacks: runtimes write one for some 10 MB of buffers. There
    /// is none in netperf streams. So there may be fewer parts than asked for, but there is always one. The places are found
    /// without a look at events and stacks, in about 0.1 µs per block. Each part keeps what is known where it begins, up to
    /// the [`Limits`](crate::Limits): ask for no more than a few parts per thread.
    ///
    /// One after the other the parts deliver exactly what one reader would. The head of the trace, definitions and threads
    /// are delivered to the sink of the part in which they stand; the parts after it know of them. What cannot be stepped
    /// over because it is damaged or cut off is in the last part, which says what is wrong. Damage inside a block of events
    /// ends its part only, where one reader would end altogether.
    ///
    /// [`join`](Self::join) adds up what the parts counted.
    ///
    /// ```
    /// use std::thread;
    /// use nettrace::{Error, Event, Reader, Statistics};
    ///
    /// /// Events without a stack, and what was in the stream.
    /// fn count(bytes: &[u8], threads: usize) -> Result<(u64, Statistics), Error> {
    ///     let mut parts = Reader::new(bytes).split(threads);
    ///     let counts: Vec<_> = thread::scope(|scope| {
    ///         let read = |part: &mut Reader<'_>| {
    ///             let mut count = 0;
    ///             part.read(&mut |event: &Event<'_>| count += u64::from(event.stack.is_empty())).map(|()| count)
    ///         };
    ///         let threads: Vec<_> = parts.iter_mut().map(|part| scope.spawn(move || read(part))).collect();
    ///         threads.into_iter().map(|thread| thread.join().expect("reading does not panic")).collect()
    ///     });
    ///     let count = counts.into_iter().sum::<Result<u64, Error>>()?;
    ///     let whole = parts.into_iter().reduce(Reader::join);
    ///     Ok((count, whole.map_or_else(Statistics::default, |whole| whole.decoder().statistics())))
    /// }
    /// # assert!(count(b"GET / HTTP/1.1", 2).is_err());
    /// ```
    #[must_use]
    pub fn split(self, parts: usize) -> Vec<Self> {
        let Self { bytes, decoder, is_part, .. } = self;
        let cuts = outline::cuts(bytes, self.position, &decoder, parts);
        let ends: Vec<_> = cuts.iter().map(|cut| cut.position).chain([bytes.len()]).collect();
        let first = Cut { position: self.position, decoder };
        let last = cuts.len();
        let part = |(index, (Cut { position, decoder }, end))| Self {
            bytes: bytes.get(..end).unwrap_or(bytes),
            position,
            decoder,
            is_part: index < last || is_part,
        };
        std::iter::once(first).chain(cuts).zip(ends).enumerate().map(part).collect()
    }

    /// Puts this part and the one that follows it together, both of which must have been read. What
    /// [`decoder`](Self::decoder) tells of the result is what it tells of a reader that has read both: the counts are added
    /// up, and lost events that only show from both sides of a cut are found. [`split`](Self::split) has an example.
    ///
    /// It makes no difference which parts are joined first. Where a stream has so many threads that
    /// [`Limits::max_threads`](crate::Limits::max_threads) makes a decoder forget some, parts may remember other threads than
    /// one reader would.
    #[must_use]
    pub fn join(self, mut next: Self) -> Self {
        next.decoder.join(self.decoder);
        next
    }

    /// How far the stream was read, in bytes from its beginning.
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
