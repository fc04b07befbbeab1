//! Collections, allocations, segments.

use super::{enumerations, flags};

enumerations! {
    /// Why a collection began.
    GCReason: u32 {
        /// The budget of generation 0 was used up.
        0 AllocSmall,
        /// The program asked for it, `GC.Collect`.
        1 Induced,
        /// The machine is short of memory.
        2 LowMemory,
        3 Empty,
        /// The budget for large objects was used up.
        4 AllocLarge,
        5 OutOfSpaceSOH,
        6 OutOfSpaceLOH,
        /// The program asked for it, if the collector thinks it worthwhile.
        7 InducedNotForced,
        /// Stress testing of the collector.
        8 Internal,
        9 InducedLowMemory,
        10 InducedCompacting,
        /// The host, such as a container, is short of memory.
        11 LowMemoryHost,
        12 PMFullGC,
        13 LowMemoryHostBlocking,
    }

    /// How a collection runs.
    GCType: u32 {
        /// All managed threads stand still until it is over.
        0 NonConcurrentGC,
        /// Of generation 2, while the program runs.
        1 BackgroundGC,
        /// Of generation 0 or 1, during one in the background.
        2 ForegroundGC,
    }

    /// Why managed threads are stopped.
    GCSuspendEEReason: u32 {
        /// The sampler, a debugger's stack walk, and others.
        0 SuspendOther,
        1 SuspendForGC,
        2 SuspendForAppDomainShutdown,
        3 SuspendForCodePitching,
        4 SuspendForShutdown,
        5 SuspendForDebugger,
        /// A phase of a collection in the background.
        6 SuspendForGCPrep,
        7 SuspendForDebuggerSweep,
    }

    /// Which heap an object was allocated on.
    GCAllocationKind: u32 {
        0 Small,
        /// From 85,000 bytes on, if not set otherwise.
        1 Large,
        2 Pinned,
    }

    /// What a segment or region is for.
    GCSegmentType: u32 { 0 SmallObjectHeap, 1 LargeObjectHeap, 2 ReadOnlyHeap, 3 PinnedObjectHeap }

    /// `GCSettings.LatencyMode` of the program.
    GCPauseMode: u32 {
        0xffff_ffff Invalid,
        0 Batch,
        1 Interactive,
        2 LowLatency,
        3 SustainedLowLatency,
        4 NoGC,
    }

    /// Where the references come from that a collection marks objects by.
    MarkRootType: u32 {
        0 MarkStack,
        /// The queue of finalizers.
        1 MarkFQ,
        2 MarkHandles,
        /// Objects of older generations.
        3 MarkOlder,
        4 MarkSizedRef,
        5 MarkOverflow,
        6 MarkDependentHandles,
        /// Objects that became ready for their finalizers.
        7 MarkNewFQ,
        8 MarkSteal,
        9 MarkBGCRoots,
    }

    /// Which of the threads of a collection that meet this is.
    GcJoinType: u32 { 0 LastJoin, 1 Join, 2 Restart, 3 FirstJoin }

    /// Whether a thread of a collection begins to wait for others, or ends.
    GcJoinTime: u32 { 0 Start, 1 End }

    /// What size classes are of.
    GCBucketKind: u16 { 0 LargestFreeListItems, 1 PlugsInCondemned }

    /// Why an allocation waits for a collection in the background.
    BGCAllocWaitReason: u32 { 9 GetLOHSeg, 10 AllocDuringSweep, 11 AllocDuringBGC }
}

flags! {
    /// What a collection did.
    GCGlobalMechanisms: u32 {
        0x1 Concurrent,
        0x2 Compaction,
        0x4 Promotion,
        0x8 Demotion,
        0x10 CardBundles,
    }
}
