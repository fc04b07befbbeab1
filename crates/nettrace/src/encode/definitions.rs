//! Definitions on their way into metadata blocks.
//!
//! In version 4 they have the form of events, with a thread and a time, which runtimes take from the first event that needs
//! them. So they wait for that event, or for the end of the block.

use std::ops::Range;

use crate::encode::event_block::EventBlock;
use crate::encode::head::EventHead;
use crate::encode::ids::Ids;
use crate::encode::put::Put;
use crate::encode::{EncodeError, Version, definition, row};
use crate::header::NO_PROCESSOR;
use crate::metadata::Metadata;

#[derive(Debug)]
pub(super) struct Definitions {
    version: Version,
    ids: Ids,
    /// In version 4 definitions that wait, in version 6 rows of the next block.
    bytes: Vec<u8>,
    /// The definitions that wait.
    waiting: Vec<(u32, Range<usize>)>,
    /// The next block of version 4.
    block: EventBlock,
}

impl Definitions {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            ids: Ids::new(version),
            bytes: Vec::new(),
            waiting: Vec::new(),
            block: EventBlock::new(),
        }
    }

    #[inline]
    pub(super) fn contains(&self, id: u32) -> bool {
        self.ids.contains(id)
    }

    /// Takes up a definition. Its id is the one it asks for, if that is free.
    pub(super) fn define(&mut self, metadata: &Metadata) -> Result<u32, EncodeError> {
        let no_id = EncodeError::NotInVersion { version: self.version, what: "room for more definitions" };
        let id = self.ids.choose(metadata.id).ok_or(no_id)?;
        match self.version {
            Version::V4 => {
                let start = self.bytes.len();
                definition::check(metadata)?;
                definition::write(metadata, id, &mut self.bytes);
                self.waiting.push((id, start..self.bytes.len()));
            }
            Version::V6 => {
                let start = self.bytes.len();
                if self.bytes.is_empty() {
                    // The block's head, which has no bytes beside its size.
                    self.bytes.put_u16(0);
                }
                if let Err(error) = row::write(metadata, id, &mut self.bytes) {
                    self.bytes.truncate(start);
                    return Err(error);
                }
            }
        }
        self.ids.insert(id);
        Ok(id)
    }

    /// An event is about to be written: its definition need not wait any more.
    #[inline]
    pub(super) fn used_by(&mut self, event: &EventHead) {
        if !self.waiting.is_empty() {
            self.stop_waiting(event);
        }
    }

    #[cold]
    fn stop_waiting(&mut self, event: &EventHead) {
        let Some(position) = self.waiting.iter().position(|(id, _)| *id == event.metadata_id) else { return };
        // Those before it, too: readers number them in the order of the stream.
        for (_, range) in self.waiting.drain(..=position) {
            let blob = self.bytes.get(range).unwrap_or_default();
            self.block.push(&head(event, blob.len()), blob);
        }
    }

    /// Whether none is still to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.block.is_empty()
    }

    /// Bytes of the next block.
    pub(super) fn pending_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The data of the next block. Definitions that still wait are given the time `now`.
    pub(super) fn data(&mut self, now: i64) -> &[u8] {
        if self.version == Version::V6 {
            return &self.bytes;
        }
        let event = EventHead { timestamp: now, processor: NO_PROCESSOR, ..EventHead::default() };
        for (_, range) in self.waiting.drain(..) {
            let blob = self.bytes.get(range).unwrap_or_default();
            self.block.push(&head(&event, blob.len()), blob);
        }
        self.block.data()
    }

    /// The block was written.
    pub(super) fn set_written(&mut self) {
        self.bytes.clear();
        self.waiting.clear();
        self.block.clear();
    }

    /// Frees all ids, as a sequence point of version 6 may demand.
    pub(super) fn forget(&mut self) {
        self.ids.clear();
    }
}

/// The header of a definition: as that of the event, without number and capture thread.
fn head(event: &EventHead, size: usize) -> EventHead {
    EventHead {
        thread: event.thread,
        processor: event.processor,
        timestamp: event.timestamp,
        sorted: true,
        payload_size: u32::try_from(size).unwrap_or(u32::MAX),
        ..EventHead::default()
    }
}
