//! How much memory a stream may make a decoder hold.

/// Bounds on what a [`Decoder`](crate::Decoder) keeps, so that no stream can exhaust memory.
///
/// The defaults are far above what runtimes write (blocks of 100 KiB, a few hundred definitions, a few MB of stacks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one block's data; a longer block of a known kind is an error. Default 256 MiB; blocks are not held in memory.
    pub max_block_bytes: u32,
    /// Bytes of one item: an event with its payload, a definition, a stack, a sequence point. An item is held in memory
    /// only when it spans two pushes; a larger one is an error. Default 64 MiB.
    pub max_item_bytes: u32,
    /// Definitions of events; one more is an error. Default 65,536.
    pub max_metadata: u32,
    /// Bytes of memory that all definitions take, about; more is an error. Default 64 MiB.
    pub max_metadata_bytes: usize,
    /// Threads whose sequence numbers are followed. Beyond it in version 4 lost events of further threads stay unnoticed, and
    /// [`untracked_threads`](crate::Statistics::untracked_threads) counts. Default 65,536.
    pub max_threads: u32,
    /// Bytes of stacks held between two sequence points. Stacks beyond it are dropped, and
    /// [`dropped_stacks`](crate::Statistics::dropped_stacks) counts. Default 64 MiB.
    pub max_stack_bytes: u32,
    /// Stacks held between two sequence points; as `max_stack_bytes`. Default 4,194,304.
    pub max_stacks: u32,
    /// Bytes of memory that lists of labels take between two sequence points, about. Lists beyond it are dropped, and
    /// [`dropped_label_lists`](crate::Statistics::dropped_label_lists) counts. Default 64 MiB.
    pub max_label_bytes: u32,
    /// Bytes of memory that events take which are held back to deliver them in time order, about. Where a stream has more of
    /// them between two points at which some can go, the earlier half goes too soon, and
    /// [`late_events`](crate::Statistics::late_events) counts what should have come before. Default 64 MiB.
    pub max_order_bytes: u32,
    /// Bytes of memory that the live threads of version 6 take, about; more is an error, and so are more threads than
    /// `max_threads`. Default 64 MiB.
    pub max_thread_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_block_bytes: 256 << 20,
            max_item_bytes: 64 << 20,
            max_metadata: 1 << 16,
            max_metadata_bytes: 64 << 20,
            max_threads: 1 << 16,
            max_stack_bytes: 64 << 20,
            max_stacks: 1 << 22,
            max_label_bytes: 64 << 20,
            max_order_bytes: 64 << 20,
            max_thread_bytes: 64 << 20,
        }
    }
}
