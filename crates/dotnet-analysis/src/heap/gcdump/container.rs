//! The container: little-endian numbers, texts, objects with their types, and what may be skipped.

use std::io::{self, Read, Write};

/// What a file begins with, as a text.
pub(super) const SIGNATURE: &str = "!FastSerialization.1";

/// What comes next.
pub(super) mod tag {
    pub(crate) const NULL: u8 = 1;
    pub(crate) const BEGIN: u8 = 4;
    pub(crate) const BEGIN_PRIVATE: u8 = 5;
    pub(crate) const END: u8 = 6;
    pub(crate) const BYTE: u8 = 8;
    pub(crate) const SKIP: u8 = 12;
    pub(crate) const TEXT: u8 = 13;
}

/// Writes a container. Positions in it have 32 bits.
#[derive(Debug)]
pub(super) struct Writer<W> {
    output: W,
    position: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, position: 0 }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.position += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    pub(super) fn u8(&mut self, value: u8) -> io::Result<()> {
        self.bytes(&[value])
    }

    pub(super) fn i32(&mut self, value: i32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    pub(super) fn i64(&mut self, value: i64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    pub(super) fn f32(&mut self, value: f32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    /// Its length in units of UTF-16, then its bytes of UTF-8.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        // Names are far shorter.
        self.i32(i32::try_from(text.encode_utf16().count()).unwrap_or(i32::MAX))?;
        self.bytes(text.as_bytes())
    }

    /// The beginning of an object of a type that was not written before.
    pub(super) fn begin(&mut self, name: &str, version: i32, minimum_reader: i32) -> io::Result<()> {
        self.bytes(&[tag::BEGIN, tag::BEGIN, tag::NULL])?;
        self.i32(version)?;
        self.i32(minimum_reader)?;
        self.text(name)?;
        self.u8(tag::END)
    }

    /// Where the next byte goes.
    pub(super) fn position(&self) -> io::Result<u32> {
        u32::try_from(self.position).map_err(|_| io::ErrorKind::FileTooLarge.into())
    }

    pub(super) fn label(&mut self, position: u32) -> io::Result<()> {
        self.bytes(&position.to_le_bytes())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Why a container cannot be read further.
#[derive(Debug)]
pub(super) enum Stop {
    /// It ended.
    Ended,
    /// It makes no sense: what.
    Nonsense(&'static str),
    /// Its bytes cannot be had.
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Ended,
            _ => Self::Failed(error),
        }
    }
}

/// Reads a container from its beginning on.
#[derive(Debug)]
pub(super) struct Reader<R> {
    input: R,
}

/// A type of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectType {
    pub(super) name: String,
    pub(super) version: i32,
    pub(super) minimum_reader: i32,
}

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 16 << 20;
/// How much is made room for before it was read.
const ROOM: usize = 1 << 16;

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Stop> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Stop> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Stop> {
        self.array().map(i64::from_le_bytes)
    }

    /// A number of things, which cannot be negative.
    pub(super) fn count(&mut self) -> Result<usize, Stop> {
        usize::try_from(self.i32()?).map_err(|_| Stop::Nonsense("a negative number of things"))
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::with_capacity(count.min(ROOM));
        let read = self.input.by_ref().take(count as u64).read_to_end(&mut bytes)?;
        if read == count { Ok(bytes) } else { Err(Stop::Ended) }
    }

    /// A text; `None` for none.
    pub(super) fn text(&mut self) -> Result<Option<String>, Stop> {
        let length = self.i32()?;
        let Ok(mut left) = usize::try_from(length) else { return Ok(None) };
        if left > LONGEST_TEXT {
            return Err(Stop::Nonsense("a text that is too long"));
        }
        let mut bytes = Vec::with_capacity(left.min(ROOM));
        // The length counts UTF-16: characters of four bytes count twice.
        while left > 0 {
            let first = self.u8()?;
            let (more, units) = match first {
                0xc0..=0xdf => (1, 1),
                0xe0..=0xef => (2, 1),
                0xf0..=0xff => (3, 2),
                _ => (0, 1),
            };
            bytes.push(first);
            for _ in 0..more {
                bytes.push(self.u8()?);
            }
            left = left.saturating_sub(units);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The beginning of an object: its type, which is written where it is first used and pointed to later; `None` for no
    /// object.
    pub(super) fn begin(&mut self) -> Result<Option<ObjectType>, Stop> {
        match self.u8()? {
            tag::NULL => Ok(None),
            tag::BEGIN | tag::BEGIN_PRIVATE => {
                let begin = self.u8()?;
                if begin != tag::BEGIN && begin != tag::BEGIN_PRIVATE {
                    return Err(Stop::Nonsense("an object without its type"));
                }
                self.expect(tag::NULL, "a type that has a type")?;
                let (version, minimum_reader) = (self.i32()?, self.i32()?);
                let name = self.text()?.ok_or(Stop::Nonsense("a type without a name"))?;
                self.expect(tag::END, "a type without an end")?;
                Ok(Some(ObjectType { name, version, minimum_reader }))
            }
            _ => Err(Stop::Nonsense("something else where an object begins")),
        }
    }

    pub(super) fn expect(&mut self, tag: u8, otherwise: &'static str) -> Result<(), Stop> {
        if self.u8()? == tag { Ok(()) } else { Err(Stop::Nonsense(otherwise)) }
    }
}
