//! Collections, allocations, the state of the heap.
//!
//! Generations are numbered 0, 1, 2, then 3 for large objects and 4 for pinned ones. The histories at the end of a collection
//! have bits and indices that the collector's source defines (`gcrecord.h`).

use super::table::{events, group};
use crate::enumerations::{
    GCAllocationKind, GCBucketKind, GCGlobalMechanisms, GCPauseMode, GCReason, GCSegmentType,
    GCSuspendEEReason, GCType, GcJoinTime, GcJoinType, MarkRootType,
};

group! {
    /// What a collection did to a generation, in bytes. `NewAllocation` is its budget until the next.
    GenerationHistory {
        SizeBefore: ptr,
        FreeListSpaceBefore: ptr,
        FreeObjSpaceBefore: ptr,
        SizeAfter: ptr,
        FreeListSpaceAfter: ptr,
        FreeObjSpaceAfter: ptr,
        In: ptr,
        PinnedSurv: ptr,
        NonePinnedSurv: ptr,
        NewAllocation: ptr,
    }
}

group! {
    /// Compaction of the large objects of one heap: times in microseconds, numbers of references. A C structure, with its padding.
    LohCompactHeap {
        TimePlan: u32,
        TimeCompact: u32,
        TimeRelocate: u32,
        Padding: padding64,
        TotalRefs: ptr,
        ZeroRefs: ptr,
    }
}

group! {
    /// Free items, or plugs to place, of one size class.
    FitBucket { Index: u32, Count: u32, Size: ptr }
}

events! {
    EVENTS, visit:

    1 GCStart "GC/Start" {
        Count: u32,
        Depth: u32 since 1,
        Reason: u32 as GCReason,
        Type: u32 as GCType since 1,
        ClrInstanceID: u16 since 1,
        ClientSequenceNumber: u64 since 2,
    }
    2 GCEnd "GC/Stop" { Count: u32, Depth: u32 was u16 until 1, ClrInstanceID: u16 since 1 }
    3 GCRestartEEEnd "GC/RestartEEStop" { ClrInstanceID: u16 since 1 }
    4 GCHeapStats "GC/HeapStats" {
        GenerationSize0: u64,
        TotalPromotedSize0: u64,
        GenerationSize1: u64,
        TotalPromotedSize1: u64,
        GenerationSize2: u64,
        TotalPromotedSize2: u64,
        GenerationSize3: u64,
        TotalPromotedSize3: u64,
        FinalizationPromotedSize: u64,
        FinalizationPromotedCount: u64,
        PinnedObjectCount: u32,
        SinkBlockCount: u32,
        GCHandleCount: u32,
        ClrInstanceID: u16 since 1,
        GenerationSize4: u64 since 2,
        TotalPromotedSize4: u64 since 2,
    }
    5 GCCreateSegment "GC/CreateSegment" { Address: u64, Size: u64, Type: u32 as GCSegmentType, ClrInstanceID: u16 since 1 }
    6 GCFreeSegment "GC/FreeSegment" { Address: u64, ClrInstanceID: u16 since 1 }
    7 GCRestartEEBegin "GC/RestartEEStart" { ClrInstanceID: u16 since 1 }
    8 GCSuspendEEEnd "GC/SuspendEEStop" { ClrInstanceID: u16 since 1 }
    9 GCSuspendEEBegin "GC/SuspendEEStart" {
        Reason: u32 as GCSuspendEEReason was u16 until 1,
        Count: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    10 GCAllocationTick "GC/AllocationTick" {
        AllocationAmount: u32,
        AllocationKind: u32 as GCAllocationKind,
        ClrInstanceID: u16 since 1,
        AllocationAmount64: u64 since 2,
        TypeID: ptr since 2,
        TypeName: utf16 since 2,
        HeapIndex: u32 since 2,
        Address: ptr since 3,
        ObjectSize: u64 since 4,
    }
    11 GCCreateConcurrentThread "GC/CreateConcurrentThread" { ClrInstanceID: u16 since 1 }
    12 GCTerminateConcurrentThread "GC/TerminateConcurrentThread" { ClrInstanceID: u16 since 1 }
    13 GCFinalizersEnd "GC/FinalizersStop" { Count: u32, ClrInstanceID: u16 since 1 }
    14 GCFinalizersBegin "GC/FinalizersStart" { ClrInstanceID: u16 since 1 }
    20 GCSampledObjectAllocationHigh "GC/SampledObjectAllocation" {
        Address: ptr,
        TypeID: ptr,
        ObjectCountForTypeSample: u32,
        TotalSizeForTypeSample: u64,
        ClrInstanceID: u16,
    }
    23 GCGenerationRange "GC/GenerationRange" {
        Generation: u8,
        RangeStart: ptr,
        RangeUsedLength: u64,
        RangeReservedLength: u64,
        ClrInstanceID: u16,
    }
    25 GCMarkStackRoots "GC/MarkStackRoots" { HeapNum: u32, ClrInstanceID: u16 }
    26 GCMarkFinalizeQueueRoots "GC/MarkFinalizeQueueRoots" { HeapNum: u32, ClrInstanceID: u16 }
    27 GCMarkHandles "GC/MarkHandles" { HeapNum: u32, ClrInstanceID: u16 }
    28 GCMarkOlderGenerationRoots "GC/MarkCards" { HeapNum: u32, ClrInstanceID: u16 }
    32 GCSampledObjectAllocationLow "GC/SampledObjectAllocation" {
        Address: ptr,
        TypeID: ptr,
        ObjectCountForTypeSample: u32,
        TotalSizeForTypeSample: u64,
        ClrInstanceID: u16,
    }
    33 PinObjectAtGCTime "GC/PinObjectAtGCTime" {
        HandleID: ptr,
        ObjectID: ptr,
        ObjectSize: u64,
        TypeName: utf16,
        ClrInstanceID: u16,
    }
    35 GCTriggered "GC/Triggered" { Reason: u32 as GCReason, ClrInstanceID: u16 }
    39 GCDynamicEvent "GC/DynamicTraceEvent" { Name: utf16, DataSize: count32, Data: [u8], ClrInstanceID: u16 }
    200 IncreaseMemoryPressure "GC/IncreaseMemoryPressure" { BytesAllocated: u64, ClrInstanceID: u16 }
    201 DecreaseMemoryPressure "GC/DecreaseMemoryPressure" { BytesFreed: u64, ClrInstanceID: u16 }
    202 GCMarkWithType "GC/MarkWithType" { HeapNum: u32, ClrInstanceID: u16, Type: u32 as MarkRootType, Bytes: u64 }
    203 GCJoin "GC/Join" { Heap: u32, JoinTime: u32 as GcJoinTime, JoinType: u32 as GcJoinType, ClrInstanceID: u16, JoinID: u32 }
    204 GCPerHeapHistory "GC/PerHeapHistory" {
        ClrInstanceID: u16,
        FreeListAllocated: ptr,
        FreeListRejected: ptr,
        EndOfSegAllocated: ptr,
        CondemnedAllocated: ptr,
        PinnedAllocated: ptr,
        PinnedAllocatedAdvance: ptr,
        RunningFreeListEfficiency: u32,
        CondemnReasons0: u32,
        CondemnReasons1: u32,
        CompactMechanisms: u32,
        ExpandMechanisms: u32,
        HeapIndex: u32,
        ExtraGen0Commit: ptr,
        Count: count32,
        Values: [GenerationHistory],
    }
    205 GCGlobalHeapHistory "GC/GlobalHeapHistory" {
        FinalYoungestDesired: u64,
        NumHeaps: i32,
        CondemnedGeneration: u32,
        Gen0ReductionCount: u32,
        Reason: u32 as GCReason,
        GlobalMechanisms: u32 as GCGlobalMechanisms,
        ClrInstanceID: u16 since 1,
        PauseMode: u32 as GCPauseMode since 2,
        MemoryPressure: u32 since 2,
        CondemnReasons0: u32 since 3,
        CondemnReasons1: u32 since 3,
        Count: count32 since 4,
        Values: [u32] since 4,
    }
    206 GenAwareBegin "GC/GenAwareBegin" { Count: u32, ClrInstanceID: u16 }
    207 GenAwareEnd "GC/GenAwareEnd" { Count: u32, ClrInstanceID: u16 }
    208 GCLOHCompact "GC/LOHCompact" { ClrInstanceID: u16, Count: count16, Values: [LohCompactHeap] }
    209 GCFitBucketInfo "GC/FitBucketInfo" {
        ClrInstanceID: u16,
        BucketKind: u16 as GCBucketKind,
        TotalSize: u64,
        Count: count16,
        Values: [FitBucket],
    }
    303 AllocationSampled "AllocationSampling" {
        AllocationKind: u32 as GCAllocationKind,
        ClrInstanceID: u16,
        TypeID: ptr,
        TypeName: utf16,
        Address: ptr,
        ObjectSize: u64,
        SampledByteOffset: u64,
    }
}
