//! What the indices in event headers of version 6 mean.

use crate::block::Tables;
use crate::labels::Labels;
use crate::statistics::Statistics;
use crate::thread::Thread;
use crate::tolerance::Tolerance;

/// The threads and labels of an event. Looked up where the indices change only.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meanings<'a> {
    indices: Option<(u64, u64, u32, usize)>,
    thread: Option<&'a Thread>,
    capture_thread: Option<&'a Thread>,
    labels: Option<Labels<'a>>,
}

impl<'a> Meanings<'a> {
    /// `removals`: how many threads were removed of those that are about to leave.
    #[inline]
    pub(crate) fn look_up(
        &mut self,
        (thread, capture_thread, labels): (u64, u64, u32),
        removals: usize,
        tables: &Tables<'a>,
    ) {
        let indices = (thread, capture_thread, labels, removals);
        if self.indices != Some(indices) {
            self.indices = Some(indices);
            self.thread = tables.directory.get_after(removals, thread);
            self.capture_thread = tables.directory.get_after(removals, capture_thread);
            // No labels are no list at all, and need no definition.
            self.labels = if labels == 0 { Some(Labels::NONE) } else { tables.labels.find(labels) };
        }
    }

    /// Counts what is not defined.
    #[inline]
    pub(crate) fn check(
        &self,
        tolerance: Tolerance,
        statistics: &mut Statistics,
    ) -> Result<(), &'static str> {
        if self.thread.is_none() || self.capture_thread.is_none() {
            if tolerance == Tolerance::Strict {
                return Err("an event refers to a thread that is not defined");
            }
            statistics.undefined_threads += 1;
        }
        if self.labels.is_none() {
            if tolerance == Tolerance::Strict {
                return Err("an event refers to a list of labels that is not defined");
            }
            statistics.undefined_label_lists += 1;
        }
        Ok(())
    }

    /// The thread and the capture thread as the stream has them.
    pub(crate) fn thread_indices(&self) -> Option<(u64, u64)> {
        self.indices.map(|(thread, capture_thread, ..)| (thread, capture_thread))
    }

    pub(crate) fn thread(&self) -> Option<&'a Thread> {
        self.thread
    }

    pub(crate) fn thread_id(&self) -> u64 {
        self.thread.and_then(|thread| thread.thread_id).unwrap_or(0)
    }

    pub(crate) fn capture_thread_id(&self) -> u64 {
        self.capture_thread.and_then(|thread| thread.thread_id).unwrap_or(0)
    }

    pub(crate) fn labels(&self) -> Labels<'a> {
        self.labels.unwrap_or(Labels::NONE)
    }
}
