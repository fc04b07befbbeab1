//! The frame of a NetTrace 6 stream: blocks back to back, each with its kind and its size, and one kind for the end.

use crate::cursor::{Cursor, Stop};
use crate::error::BlockKind;

/// What comes next between blocks.
pub(crate) enum Frame {
    /// The end mark of the stream.
    End,
    /// A block of this kind and with so many bytes of data.
    Block(BlockKind, u32),
}

/// Reads the head of a block: 24 bits of size, 8 bits of kind (NetTrace 6, blocks).
pub(crate) fn read_head(cursor: &mut Cursor<'_>) -> Result<Frame, Stop> {
    let head = cursor.u32()?;
    let size = head & 0x00ff_ffff;
    let kind = match head >> 24 {
        0 if size == 0 => return Ok(Frame::End),
        0 => return Err(Stop::Malformed("the end mark of the stream has data")),
        1 => BlockKind::Trace,
        2 => BlockKind::Event,
        3 => BlockKind::Metadata,
        4 => BlockKind::SequencePoint,
        5 => BlockKind::Stack,
        6 => BlockKind::Thread,
        7 => BlockKind::RemoveThread,
        8 => BlockKind::LabelList,
        _ => BlockKind::Unknown,
    };
    Ok(Frame::Block(kind, size))
}
