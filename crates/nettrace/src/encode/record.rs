//! An event to be written.

use uuid::Uuid;

use crate::labels::Label;

/// An event to be written by [`Encoder::event`](crate::Encoder::event), without its definition.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventRecord<'a> {
    /// When it happened, in ticks of the trace's clock.
    pub timestamp: i64,
    /// The thread it is about, by the operating system's id.
    pub thread_id: u64,
    /// The thread that wrote it, if that is another one.
    pub capture_thread_id: Option<u64>,
    /// The processor it was written on, if that is known.
    pub processor: Option<u32>,
    /// Its number among those of its capture thread, which begin with 1 and count what was lost. `None` for the next one.
    pub sequence_number: Option<u32>,
    /// The instruction pointers of the thread's call stack, leaf first: little-endian, of the trace's pointer size. Empty when
    /// the stack is not known.
    pub stack: &'a [u8],
    /// Activity it belongs to; nil when none.
    pub activity_id: Uuid,
    /// Activity that caused that one; nil when none.
    pub related_activity_id: Uuid,
    /// What version 6 can say beside the payload. The two activities need not be said again.
    pub labels: &'a [Label<'a>],
    /// Whether no event that is written later is earlier in time. To be set on the first event of every capture thread's run of
    /// events, for readers to take note of the change; where it is not, the run gets a block of its own.
    pub sorted: bool,
    /// Its values, encoded as its definition says.
    pub payload: &'a [u8],
}
