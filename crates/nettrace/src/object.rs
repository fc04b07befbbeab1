//! The frame of NetTrace 4 and netperf 3 streams: objects back to back, each with a typed head, and a one-byte end mark.

use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, ErrorKind, Format};

/// The lowest and the highest version that is read, whatever family of formats it belongs to.
const MIN_VERSION: u32 = 3;
const MAX_VERSION: u32 = 6;

/// Version of blocks that this reader understands; newer ones say by their minimum reader version whether it may try.
pub(crate) const BLOCK_VERSION: i32 = 2;

/// Longest name of an object.
const MAX_NAME: i32 = 38;

/// What a stream begins with.
pub(crate) const MAGIC: &[u8; 8] = b"Nettrace";
pub(crate) const SERIALIZATION: &[u8; 24] = b"\x14\0\0\0!FastSerialization.1";

/// Whether `bytes`, which come `position` bytes after a place where a stream may begin, are those of its first bytes.
pub(crate) fn continues_magic(position: u64, bytes: &[u8]) -> bool {
    let expected =
        usize::try_from(position).ok().and_then(|position| MAGIC.get(position..)).unwrap_or_default();
    expected.iter().zip(bytes).all(|(expected, byte)| expected == byte)
}

/// Whether a stream, in whatever version, may begin with `bytes`, which may be too few to tell.
pub(crate) fn may_begin_stream(bytes: &[u8]) -> bool {
    let begins = |head: &[u8]| head.iter().zip(bytes).all(|(expected, byte)| expected == byte);
    begins(MAGIC) || begins(SERIALIZATION)
}

/// Tags between objects and their parts.
pub(crate) mod tag {
    pub(crate) const NULL_REFERENCE: u8 = 1;
    /// Begins objects of netperf.
    pub(crate) const BEGIN_OBJECT: u8 = 4;
    /// Begins objects of NetTrace.
    pub(crate) const BEGIN_PRIVATE_OBJECT: u8 = 5;
    pub(crate) const END_OBJECT: u8 = 6;
}

/// How a stream is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Objects of the older format, version 3.
    NetPerf,
    /// Objects of version 4.
    Objects,
    /// The blocks of version 6.
    Frames,
}

impl Container {
    /// Version of the trace object in such a stream.
    pub(crate) fn version(self) -> u32 {
        match self {
            Self::NetPerf => 3,
            Self::Objects => 4,
            Self::Frames => 6,
        }
    }

    fn begin_tag(self) -> u8 {
        match self {
            Self::NetPerf => tag::BEGIN_OBJECT,
            Self::Objects | Self::Frames => tag::BEGIN_PRIVATE_OBJECT,
        }
    }

    /// Whether the head of the trace may have that version in such a stream.
    pub(crate) fn check_version(self, version: u32) -> Result<(), ErrorKind> {
        if version == self.version() {
            return Ok(());
        }
        if (MIN_VERSION..=MAX_VERSION).contains(&version) {
            return Err(ErrorKind::Malformed {
                reason: "the version of the trace's head is not the stream's",
            });
        }
        Err(self.refuse(version))
    }

    /// The refusal of a version of this family.
    pub(crate) fn refuse(self, requested: u32) -> ErrorKind {
        let format = if self == Self::NetPerf { Format::NetPerf } else { Format::NetTrace };
        ErrorKind::UnsupportedVersion { format, requested, min: MIN_VERSION, max: MAX_VERSION }
    }
}

/// Reads the head of a stream, as far as it needs to tell the containers apart. Refuses what is not read.
pub(crate) fn read_stream_head(cursor: &mut Cursor<'_>) -> Result<Result<Container, ErrorKind>, Stop> {
    let mut look = *cursor;
    let found: [u8; 8] = look.array()?;
    let not_a_trace = Ok(Err(ErrorKind::NotNetTrace { found }));
    let container = if &found == MAGIC {
        let mut marker = look;
        if marker.u32()? == 0 {
            let (major, _minor) = (marker.u32()?, marker.u32()?);
            *cursor = marker;
            return Ok(if major == MAX_VERSION {
                Ok(Container::Frames)
            } else {
                Err(Container::Frames.refuse(major))
            });
        }
        Container::Objects
    } else {
        if !SERIALIZATION.starts_with(&found) {
            return not_a_trace;
        }
        look = *cursor;
        Container::NetPerf
    };
    if &look.array::<24>()? != SERIALIZATION {
        return not_a_trace;
    }
    *cursor = look;
    Ok(Ok(container))
}

/// What comes next between objects.
pub(crate) enum Object {
    /// The end mark of the stream.
    End,
    /// The trace object in this version; its record follows.
    Trace(u32),
    /// A block of this kind; its size follows.
    Block {
        kind: BlockKind,
        /// Version of the block.
        version: i32,
    },
}

/// Name of the one object of netperf 1 and 2.
const EVENT_PIPE_FILE: &[u8] = b"Microsoft.DotNet.Runtime.EventPipeFile";

/// Reads the head of an object, up to its payload.
pub(crate) fn read_object_head(cursor: &mut Cursor<'_>, container: Container) -> Result<Object, Stop> {
    let begin = container.begin_tag();
    match cursor.u8()? {
        tag::NULL_REFERENCE => return Ok(Object::End),
        tag if tag == begin => {}
        _ => return Err(Stop::Malformed("neither an object nor the end of the stream where one must be")),
    }
    if cursor.u8()? != begin || cursor.u8()? != tag::NULL_REFERENCE {
        return Err(Stop::Malformed("an object does not begin with its type"));
    }
    let version = cursor.i32()?;
    let min_reader = cursor.i32()?;
    let name_length = cursor.i32()?;
    if !(0..=MAX_NAME).contains(&name_length) {
        return Err(Stop::Malformed("the length of an object's name is out of range"));
    }
    let name = cursor.take(name_length.unsigned_abs() as usize)?;
    if cursor.u8()? != tag::END_OBJECT {
        return Err(Stop::Malformed("an object's type does not end where it must"));
    }
    let kind = match name {
        b"Trace" => return Ok(Object::Trace(u32::try_from(version).unwrap_or(0))),
        EVENT_PIPE_FILE if container == Container::NetPerf => {
            return Ok(Object::Trace(u32::try_from(version).unwrap_or(0)));
        }
        b"EventBlock" => BlockKind::Event,
        // netperf has no other blocks.
        b"MetadataBlock" if container == Container::Objects => BlockKind::Metadata,
        b"StackBlock" if container == Container::Objects => BlockKind::Stack,
        b"SPBlock" if container == Container::Objects => BlockKind::SequencePoint,
        _ => BlockKind::Unknown,
    };
    if kind != BlockKind::Unknown && min_reader > BLOCK_VERSION {
        return Err(Stop::Malformed("a block demands a newer reader"));
    }
    Ok(Object::Block { kind, version })
}

/// Reads the size in front of a block's data, and the zeros that move the data to a multiple of four in the stream.
///
/// `offset` is where the size begins, counted from the start of the stream.
pub(crate) fn read_block_size(cursor: &mut Cursor<'_>, offset: u64) -> Result<u32, Stop> {
    let size =
        u32::try_from(cursor.i32()?).map_err(|_| Stop::Malformed("the size of a block is negative"))?;
    let padding = offset.wrapping_neg() % 4;
    cursor.take(padding.try_into().unwrap_or(0))?;
    Ok(size)
}

/// Reads the mark after an object's payload.
pub(crate) fn read_object_end(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    match cursor.u8()? {
        tag::END_OBJECT => Ok(()),
        _ => Err(Stop::Malformed("an object does not end where its size says")),
    }
}
