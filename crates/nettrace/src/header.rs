//! The header in front of each event's payload, compressed and uncompressed, in the forms of versions 4 and 6.

use uuid::Uuid;

use crate::cursor::{Cursor, Stop};

/// Longest compressed header: flags, ids, sequence, threads, stack, time, two GUIDs and the payload's size at full length.
/// That of version 6, with a number instead of the GUIDs, is shorter.
pub(crate) const MAX_COMPRESSED: usize = 1 + 5 + (5 + 10 + 5) + 10 + 5 + 10 + 16 + 16 + 5;

/// Bytes of an uncompressed header of version 4.
const UNCOMPRESSED: u32 = 80;

/// Bytes of an uncompressed header of version 6.
const UNCOMPRESSED_V6: u32 = 52;

/// Processor number that means "unknown".
pub(crate) const NO_PROCESSOR: u32 = u32::MAX;

/// Bits of a compressed header's first byte (NetTrace 4, compressed event header).
pub(crate) mod flag {
    pub(crate) const METADATA: u8 = 0x01;
    pub(crate) const SEQUENCE: u8 = 0x02;
    pub(crate) const THREAD: u8 = 0x04;
    pub(crate) const STACK: u8 = 0x08;
    pub(crate) const ACTIVITY: u8 = 0x10;
    /// Of version 6.
    pub(crate) const LABELS: u8 = 0x10;
    pub(crate) const RELATED_ACTIVITY: u8 = 0x20;
    pub(crate) const SORTED: u8 = 0x40;
    pub(crate) const PAYLOAD_SIZE: u8 = 0x80;
    pub(crate) const ALL: u8 = 0xff;
}

/// The header of the latest event, which is also what the next compressed header is relative to. Zero at the start of
/// every block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) metadata_id: u32,
    pub(crate) sequence: u32,
    /// The sequence number before this header: where the capture thread changes, the last one of the old thread.
    pub(crate) previous_sequence: u32,
    pub(crate) capture_thread: u64,
    pub(crate) thread: u64,
    pub(crate) timestamp: u64,
    pub(crate) processor: u32,
    pub(crate) stack: u32,
    pub(crate) payload_size: u32,
    /// Bytes after the payload that belong to the event but mean nothing.
    pub(crate) tail: u32,
    /// What was given rather than taken over from the header before; see [`flag`].
    flags: u8,
    pub(crate) activity: Uuid,
    pub(crate) related_activity: Uuid,
    /// Of version 6, which has it instead of the activities: the index of a list of labels.
    pub(crate) labels: u32,
}

impl Header {
    /// Reads a compressed header over the previous one. After a failure only `previous_sequence` is sure: the number of
    /// the event before.
    #[expect(clippy::inline_always, reason = "the loop over events; measured to double its speed")]
    #[inline(always)]
    pub(crate) fn read_compressed<const V6: bool>(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let flags = cursor.u8()?;
        self.flags = flags;
        self.previous_sequence = self.sequence;
        if flags & flag::METADATA != 0 {
            self.metadata_id = cursor.var_u32()?;
        }
        if flags & flag::SEQUENCE != 0 {
            // Writers take the difference with wrap-around, so 0xFFFF_FFFF means "as before".
            self.sequence = self.sequence.wrapping_add(cursor.var_u32()?).wrapping_add(1);
            self.capture_thread = cursor.var_u64()?;
            self.processor = cursor.var_u32()?;
        } else if self.metadata_id != 0 {
            self.sequence = self.sequence.wrapping_add(1);
        }
        if flags & flag::THREAD != 0 {
            self.thread = cursor.var_u64_of_usual_length()?;
        }
        if flags & flag::STACK != 0 {
            self.stack = cursor.var_u32()?;
        }
        // A step back in time, usual where the capture thread changes, is written as a wrapped difference.
        self.timestamp = self.timestamp.wrapping_add(cursor.var_u64_of_usual_length()?);
        if V6 {
            if flags & flag::LABELS != 0 {
                self.labels = cursor.var_u32()?;
            }
        } else {
            if flags & flag::ACTIVITY != 0 {
                self.activity = cursor.guid()?;
            }
            if flags & flag::RELATED_ACTIVITY != 0 {
                self.related_activity = cursor.guid()?;
            }
        }
        if flags & flag::PAYLOAD_SIZE != 0 {
            self.payload_size = cursor.var_u32()?;
        }
        Ok(())
    }

    /// Reads an uncompressed header. Untouched after a failure.
    pub(crate) fn read_uncompressed<const V6: bool>(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let header_size = if V6 { UNCOMPRESSED_V6 } else { UNCOMPRESSED };
        let mut cursor = Cursor::new(cursor.take(header_size as usize)?);
        let event_size = cursor.u32()?;
        let metadata_id = cursor.u32()?;
        let mut header = Self {
            metadata_id: metadata_id & 0x7fff_ffff,
            flags: if metadata_id & 0x8000_0000 == 0 { flag::ALL } else { flag::ALL & !flag::SORTED },
            sequence: cursor.u32()?,
            previous_sequence: self.sequence,
            thread: cursor.u64()?,
            capture_thread: cursor.u64()?,
            processor: cursor.u32()?,
            stack: cursor.u32()?,
            timestamp: cursor.u64()?,
            ..Self::default()
        };
        if V6 {
            header.labels = cursor.u32()?;
        } else {
            header.activity = cursor.guid()?;
            header.related_activity = cursor.guid()?;
        }
        header.payload_size = cursor.u32()?;
        if event_size > i32::MAX.unsigned_abs() {
            return Err(Stop::Malformed("the size of an uncompressed event is negative"));
        }
        if header.payload_size > i32::MAX.unsigned_abs() {
            return Err(Stop::Malformed("the payload size of an uncompressed event is negative"));
        }
        // The event's size leaves out its own four bytes. Where it is larger than header and payload, it counts padding.
        let end = event_size.saturating_add(4);
        header.tail = end.saturating_sub(header_size.saturating_add(header.payload_size));
        *self = header;
        Ok(())
    }

    /// Whether no later event of the stream is earlier in time.
    #[inline]
    pub(crate) fn sorted(&self) -> bool {
        self.flags & flag::SORTED != 0
    }

    /// Whether the sequence number and capture thread were given rather than implied.
    #[inline]
    pub(crate) fn sequence_given(&self) -> bool {
        self.flags & flag::SEQUENCE != 0
    }

    /// Whether it may differ from the one before in more than its own time, thread, stack and kind.
    #[inline]
    pub(crate) fn changes_origin(&self) -> bool {
        self.flags & (flag::SEQUENCE | flag::ACTIVITY | flag::RELATED_ACTIVITY | flag::SORTED) != 0
    }

    /// Bytes of the payload and what follows it.
    #[inline]
    pub(crate) fn body_size(&self) -> usize {
        (self.payload_size as usize).saturating_add(self.tail as usize)
    }
}
