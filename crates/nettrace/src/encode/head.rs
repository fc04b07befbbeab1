//! The header in front of each event's payload, relative to that of the event before.

use uuid::Uuid;

use crate::encode::put::Put;
use crate::header::flag;

/// What a header says, absolute. All zero at the start of every block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EventHead {
    pub(super) metadata_id: u32,
    pub(super) sequence: u32,
    /// An id, in version 6 an index; as is `thread`.
    pub(super) capture_thread: u64,
    pub(super) processor: u32,
    pub(super) thread: u64,
    pub(super) stack: u32,
    pub(super) timestamp: i64,
    /// The two activities are of version 4.
    pub(super) activity: Uuid,
    pub(super) related_activity: Uuid,
    /// Of version 6: the index of a list of labels.
    pub(super) labels: u32,
    pub(super) sorted: bool,
    pub(super) payload_size: u32,
}

impl EventHead {
    /// Writes the header, leaving out what is as `previous` makes readers expect it (NetTrace 4 and 6, compressed event
    /// header).
    pub(super) fn write(&self, previous: &Self, out: &mut Vec<u8>) {
        let at = out.len();
        out.put_u8(0);
        let mut flags = 0;
        if self.metadata_id != previous.metadata_id {
            flags |= flag::METADATA;
            out.put_var(self.metadata_id.into());
        }
        // Readers count on by themselves, but for definitions.
        let expected = previous.sequence.wrapping_add(u32::from(self.metadata_id != 0));
        if self.sequence != expected
            || self.capture_thread != previous.capture_thread
            || self.processor != previous.processor
        {
            flags |= flag::SEQUENCE;
            out.put_var(self.sequence.wrapping_sub(previous.sequence).wrapping_sub(1).into());
            out.put_var(self.capture_thread);
            out.put_var(self.processor.into());
        }
        if self.thread != previous.thread {
            flags |= flag::THREAD;
            out.put_var(self.thread);
        }
        if self.stack != previous.stack {
            flags |= flag::STACK;
            out.put_var(self.stack.into());
        }
        out.put_var(self.timestamp.wrapping_sub(previous.timestamp).cast_unsigned());
        if self.labels != previous.labels {
            flags |= flag::LABELS;
            out.put_var(self.labels.into());
        }
        if self.activity != previous.activity {
            flags |= flag::ACTIVITY;
            out.put_guid(&self.activity);
        }
        if self.related_activity != previous.related_activity {
            flags |= flag::RELATED_ACTIVITY;
            out.put_guid(&self.related_activity);
        }
        if self.sorted {
            flags |= flag::SORTED;
        }
        if self.payload_size != previous.payload_size {
            flags |= flag::PAYLOAD_SIZE;
            out.put_var(self.payload_size.into());
        }
        if let Some(first) = out.get_mut(at) {
            *first = flags;
        }
    }
}
