//! What a decoder has seen so far.

use std::ops::AddAssign;

/// Counts of what a [`Decoder`](crate::Decoder) has seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Bytes pushed; a [`Reader`](crate::Reader) has all of its bytes from the beginning.
    pub bytes: u64,
    /// Blocks begun, of all kinds.
    pub blocks: u64,
    /// Events delivered.
    pub events: u64,
    /// Bytes of payload of the events delivered.
    pub payload_bytes: u64,
    /// Events that the writer dropped, from gaps in sequence numbers.
    pub lost_events: u64,
    /// Definitions of events.
    pub metadata: u64,
    /// Definitions whose list of fields could not be read; their events are delivered without fields.
    pub unreadable_fields: u64,
    /// Definitions that replaced an earlier one of the same id.
    pub redefined_metadata: u64,
    /// Events left out because nothing defines their metadata id.
    pub undefined_events: u64,
    /// Blocks of unknown kind, skipped.
    pub unknown_blocks: u64,
    /// Blocks left at damage, which [`Tolerance::Damage`](crate::Tolerance::Damage) permits.
    pub damaged_blocks: u64,
    /// Definitions and threads of which a part of unknown kind, and what follows it, was left out (version 6).
    pub unknown_parts: u64,
    /// Threads defined (version 6).
    pub threads: u64,
    /// Threads that replaced another of the same index that was still there (version 6).
    pub redefined_threads: u64,
    /// Events, and entries of sequence points and removals, that refer to a thread that nothing defines (version 6).
    pub undefined_threads: u64,
    /// Lists of labels defined (version 6).
    pub label_lists: u64,
    /// Lists of labels dropped because of [`Limits`](crate::Limits) (version 6).
    pub dropped_label_lists: u64,
    /// Events that refer to a list of labels that is not there (version 6).
    pub undefined_label_lists: u64,
    /// Stacks defined.
    pub stacks: u64,
    /// Stacks dropped because of [`Limits`](crate::Limits).
    pub dropped_stacks: u64,
    /// Sequence points.
    pub sequence_points: u64,
    /// Times a thread's sequence numbers went backwards: its id was reused by another thread. Not counted as loss.
    pub sequence_resets: u64,
    /// Times a thread was not followed because of [`Limits::max_threads`](crate::Limits::max_threads).
    pub untracked_threads: u64,
    /// Events delivered in time order that are earlier than one delivered before them: the stream does not keep what it
    /// promises of time, or [`Limits::max_order_bytes`](crate::Limits::max_order_bytes) was reached.
    pub late_events: u64,
    /// Bytes after the end of the stream, ignored.
    pub trailing_bytes: u64,
    /// Whether those bytes begin another stream.
    pub trailing_stream: bool,
}

/// Adds what was counted in another stream. Parts of one stream are better added up by
/// [`Reader::join`](crate::Reader::join), which finds what was lost between them.
impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        let Self {
            bytes,
            blocks,
            events,
            payload_bytes,
            lost_events,
            metadata,
            unreadable_fields,
            redefined_metadata,
            undefined_events,
            unknown_blocks,
            damaged_blocks,
            unknown_parts,
            threads,
            redefined_threads,
            undefined_threads,
            label_lists,
            dropped_label_lists,
            undefined_label_lists,
            stacks,
            dropped_stacks,
            sequence_points,
            sequence_resets,
            untracked_threads,
            late_events,
            trailing_bytes,
            trailing_stream,
        } = other;
        self.bytes += bytes;
        self.blocks += blocks;
        self.events += events;
        self.payload_bytes += payload_bytes;
        self.metadata += metadata;
        self.unreadable_fields += unreadable_fields;
        self.redefined_metadata += redefined_metadata;
        self.undefined_events += undefined_events;
        self.unknown_blocks += unknown_blocks;
        self.damaged_blocks += damaged_blocks;
        self.unknown_parts += unknown_parts;
        self.threads += threads;
        self.redefined_threads += redefined_threads;
        self.undefined_threads += undefined_threads;
        self.label_lists += label_lists;
        self.dropped_label_lists += dropped_label_lists;
        self.undefined_label_lists += undefined_label_lists;
        self.stacks += stacks;
        self.dropped_stacks += dropped_stacks;
        self.sequence_points += sequence_points;
        self.sequence_resets += sequence_resets;
        self.untracked_threads += untracked_threads;
        self.late_events += late_events;
        self.trailing_bytes += trailing_bytes;
        self.lost_events = self.lost_events.saturating_add(lost_events);
        self.trailing_stream |= trailing_stream;
    }
}
