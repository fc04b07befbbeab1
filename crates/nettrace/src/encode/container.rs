//! What blocks are written into: objects in version 4, frames in version 6. The opposite of `object` and `frame`.

use crate::encode::put::Put;
use crate::encode::{EncodeError, Version};
use crate::error::BlockKind;
use crate::object::{MAGIC, SERIALIZATION, tag};

/// The written stream, as far as it has not been taken away.
#[derive(Debug)]
pub(super) struct Container {
    version: Version,
    output: Vec<u8>,
    /// Bytes of the stream before those in `output`.
    taken: u64,
}

/// Most bytes of a frame's data, whose size has 24 bits.
const MAX_FRAME: usize = 0x00ff_ffff;

/// Most bytes of an object's block, whose size is a positive 32-bit number.
const MAX_OBJECT: usize = 0x7fff_ffff;

impl Container {
    pub(super) fn new(version: Version) -> Self {
        Self { version, output: Vec::new(), taken: 0 }
    }

    /// Most bytes of a block's data.
    pub(super) fn max_data(&self) -> usize {
        match self.version {
            Version::V4 => MAX_OBJECT,
            Version::V6 => MAX_FRAME,
        }
    }

    /// What a stream begins with.
    pub(super) fn begin(&mut self) {
        self.output.put(MAGIC);
        match self.version {
            Version::V4 => self.output.put(SERIALIZATION),
            Version::V6 => {
                self.output.put_u32(0);
                self.output.put_u32(self.version.number());
                // The minor version.
                self.output.put_u32(0);
            }
        }
    }

    /// The object with the trace's head, in version 4.
    pub(super) fn trace_object(&mut self, record: &[u8]) {
        self.begin_object(b"Trace", 4);
        self.output.put(record);
        self.output.put_u8(tag::END_OBJECT);
    }

    /// A block of these pieces of data.
    pub(super) fn block(&mut self, kind: BlockKind, data: &[&[u8]]) -> Result<(), EncodeError> {
        let size: usize = data.iter().map(|piece| piece.len()).sum();
        let max = self.max_data();
        let Some(size) = u32::try_from(size).ok().filter(|_| size <= max) else {
            return Err(EncodeError::TooLarge { what: "a block", size, max });
        };
        match self.version {
            Version::V4 => {
                let Some(name) = object_name(kind) else {
                    return Err(EncodeError::NotInVersion { version: self.version, what: "such blocks" });
                };
                self.begin_object(name, 2);
                self.output.put_u32(size);
                // The data begins at a multiple of four bytes, counted from the start of the stream.
                while !self.position().is_multiple_of(4) {
                    self.output.put_u8(0);
                }
            }
            Version::V6 => self.output.put_u32(size | u32::from(frame_code(kind)) << 24),
        }
        for piece in data {
            self.output.put(piece);
        }
        if self.version == Version::V4 {
            self.output.put_u8(tag::END_OBJECT);
        }
        Ok(())
    }

    /// The end mark.
    pub(super) fn end(&mut self) {
        match self.version {
            Version::V4 => self.output.put_u8(tag::NULL_REFERENCE),
            Version::V6 => self.output.put_u32(0),
        }
    }

    fn begin_object(&mut self, name: &[u8], version: i32) {
        self.output.put(&[tag::BEGIN_PRIVATE_OBJECT, tag::BEGIN_PRIVATE_OBJECT, tag::NULL_REFERENCE]);
        self.output.put_i32(version);
        // The reader must be of that version, too.
        self.output.put_i32(version);
        self.output.put_u32(u32::try_from(name.len()).unwrap_or(0));
        self.output.put(name);
        self.output.put_u8(tag::END_OBJECT);
    }

    /// Bytes of the stream so far.
    pub(super) fn position(&self) -> u64 {
        self.taken + self.output.len() as u64
    }

    pub(super) fn output(&self) -> &[u8] {
        &self.output
    }

    /// Forgets the first bytes of the output, and keeps the room they took.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.output.len());
        self.output.drain(..count);
        self.taken += count as u64;
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken = self.position();
        std::mem::take(&mut self.output)
    }
}

/// Names of objects of version 4.
fn object_name(kind: BlockKind) -> Option<&'static [u8]> {
    Some(match kind {
        BlockKind::Metadata => b"MetadataBlock",
        BlockKind::Event => b"EventBlock",
        BlockKind::Stack => b"StackBlock",
        BlockKind::SequencePoint => b"SPBlock",
        _ => return None,
    })
}

/// Kinds of blocks of version 6.
fn frame_code(kind: BlockKind) -> u8 {
    match kind {
        BlockKind::Trace => 1,
        BlockKind::Event => 2,
        BlockKind::Metadata => 3,
        BlockKind::SequencePoint => 4,
        BlockKind::Stack => 5,
        BlockKind::Thread => 6,
        BlockKind::RemoveThread => 7,
        BlockKind::LabelList => 8,
        // Never written; readers skip it.
        BlockKind::Unknown => u8::MAX,
    }
}
