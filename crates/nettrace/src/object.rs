//! The frame of a NetTrace 4 stream: objects back to back, each with a typed head, and a one-byte end mark.

use crate::cursor::{Cursor, Stop};
use crate::error::{BlockKind, ErrorKind, Format};

/// The only version read.
pub(crate) const VERSION: u32 = 4;

/// Version of blocks that this reader understands; newer ones say by their minimum reader version whether it may try.
const BLOCK_VERSION: i32 = 2;

/// Longest name of an object.
const MAX_NAME: i32 = 38;

/// What a stream begins with.
pub(crate) const MAGIC: &[u8; 8] = b"Nettrace";
const SERIALIZATION: &[u8; 24] = b"\x14\0\0\0!FastSerialization.1";

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
mod tag {
    pub(super) const NULL_REFERENCE: u8 = 1;
    pub(super) const BEGIN_OBJECT: u8 = 4;
    pub(super) const BEGIN_PRIVATE_OBJECT: u8 = 5;
    pub(super) const END_OBJECT: u8 = 6;
}

/// What the first bytes say.
pub(crate) enum Head {
    /// NetTrace 4: objects follow.
    Supported,
    /// Some other version or no trace at all.
    Refused(ErrorKind),
}

/// The refusal of a version.
pub(crate) fn refuse(format: Format, requested: u32) -> ErrorKind {
    ErrorKind::UnsupportedVersion { format, requested, min: VERSION, max: VERSION }
}

/// Reads the head of a stream, as far as it needs to tell the versions apart.
pub(crate) fn read_stream_head(cursor: &mut Cursor<'_>) -> Result<Head, Stop> {
    let mut look = *cursor;
    let found: [u8; 8] = look.array()?;
    if &found == MAGIC {
        let mut marker = look;
        if marker.u32()? == 0 {
            return Ok(Head::Refused(refuse(Format::NetTrace, marker.u32()?)));
        }
        if &look.array::<24>()? != SERIALIZATION {
            return Ok(Head::Refused(ErrorKind::NotNetTrace { found }));
        }
        *cursor = look;
        return Ok(Head::Supported);
    }
    if !SERIALIZATION.starts_with(&found) {
        return Ok(Head::Refused(ErrorKind::NotNetTrace { found }));
    }
    look = *cursor;
    if &look.array::<24>()? != SERIALIZATION {
        return Ok(Head::Refused(ErrorKind::NotNetTrace { found }));
    }
    // netperf: the first object, be it `Trace` or the older `EventPipeFile`, carries the version.
    let [begin, begin_type, _null] = look.array()?;
    let version = u32::try_from(look.i32()?).unwrap_or(0);
    Ok(Head::Refused(match (begin, begin_type) {
        (tag::BEGIN_OBJECT, tag::BEGIN_OBJECT) => refuse(Format::NetPerf, version),
        _ => ErrorKind::NotNetTrace { found },
    }))
}

/// What comes next between objects.
pub(crate) enum Object {
    /// The end mark of the stream.
    End,
    /// The trace object in this version; its record follows.
    Trace(u32),
    /// A block of this kind; its size follows.
    Block(BlockKind),
}

/// Reads the head of an object, up to its payload.
pub(crate) fn read_object_head(cursor: &mut Cursor<'_>) -> Result<Object, Stop> {
    match cursor.u8()? {
        tag::NULL_REFERENCE => return Ok(Object::End),
        tag::BEGIN_PRIVATE_OBJECT => {}
        _ => return Err(Stop::Malformed("neither an object nor the end of the stream where one must be")),
    }
    if cursor.u8()? != tag::BEGIN_PRIVATE_OBJECT || cursor.u8()? != tag::NULL_REFERENCE {
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
        b"MetadataBlock" => BlockKind::Metadata,
        b"EventBlock" => BlockKind::Event,
        b"StackBlock" => BlockKind::Stack,
        b"SPBlock" => BlockKind::SequencePoint,
        _ => return Ok(Object::Block(BlockKind::Unknown)),
    };
    if min_reader > BLOCK_VERSION {
        return Err(Stop::Malformed("a block demands a newer reader"));
    }
    Ok(Object::Block(kind))
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
