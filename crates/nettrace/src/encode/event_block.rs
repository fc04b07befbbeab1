//! The data of event blocks, and of the metadata blocks of version 4, which have the same form.

use crate::encode::head::EventHead;
use crate::encode::put::Put;
use crate::header::MAX_COMPRESSED;

/// A block being filled.
#[derive(Debug)]
pub(super) struct EventBlock {
    /// The events, and room in front of them.
    data: Vec<u8>,
    /// The header of the latest event.
    latest: EventHead,
    /// First and last in time.
    times: Option<(i64, i64)>,
}

/// Bytes in front of a block's events.
pub(super) const PREFIX: usize = 20;

impl EventBlock {
    pub(super) fn new() -> Self {
        Self { data: vec![0; PREFIX], latest: EventHead::default(), times: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.times.is_none()
    }

    /// The thread whose events were written last; none at the start of a block.
    pub(super) fn capture_thread(&self) -> Option<u64> {
        self.times.map(|_| self.latest.capture_thread)
    }

    /// The time of the earliest event.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.times.map(|(first, _)| first)
    }

    /// Bytes that the events may take with one more.
    pub(super) fn size_with(&self, payload: usize) -> usize {
        (self.data.len() - PREFIX).saturating_add(MAX_COMPRESSED).saturating_add(payload)
    }

    pub(super) fn push(&mut self, head: &EventHead, payload: &[u8]) {
        self.data.reserve(MAX_COMPRESSED + payload.len());
        head.write(&self.latest, &mut self.data);
        self.data.put(payload);
        self.latest = *head;
        let time = head.timestamp;
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }

    /// The block's data: the size of what is in front of the events, the mark of compressed headers, bounds of time, and the
    /// events (NetTrace 4, event block).
    pub(super) fn data(&mut self) -> &[u8] {
        let (first, last) = self.times.unwrap_or_default();
        let bounds = first.to_le_bytes().into_iter().chain(last.to_le_bytes());
        let prefix = [20, 0, 1, 0].into_iter().chain(bounds);
        self.data.iter_mut().zip(prefix).for_each(|(slot, byte)| *slot = byte);
        &self.data
    }

    /// Begins another block.
    pub(super) fn clear(&mut self) {
        self.data.truncate(PREFIX);
        self.data.shrink_to(KEEP);
        self.latest = EventHead::default();
        self.times = None;
    }
}

/// Capacity that is kept for the next block; a rare large event does not hold on to its memory.
const KEEP: usize = 1 << 20;
