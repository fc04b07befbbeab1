//! Details of the collector and of start-up: `Microsoft-Windows-DotNETRuntimePrivate`.
//!
//! Most of these come from the .NET Framework only.

use super::table::{events, group};
use crate::enumerations::{
    BGCAllocWaitReason, GCGlobalMechanisms, GCHandleKind, GCReason, GcJoinTime, GcJoinType,
};

group! {
    /// What a collection did to a generation, in bytes.
    GenerationV0 {
        SizeBefore: ptr,
        SizeAfter: ptr,
        CurrentSize: ptr,
        PreviousSize: ptr,
        Fragmentation: ptr,
        In: ptr,
        Out: ptr,
        NewAllocation: ptr,
        Surv: ptr,
        Growth: ptr,
    }
}

group! {
    /// The same, told in more detail.
    GenerationV2 {
        SizeBefore: ptr,
        FreeListBefore: ptr,
        FreeObjBefore: ptr,
        SizeAfter: ptr,
        FreeListAfter: ptr,
        FreeObjAfter: ptr,
        In: ptr,
        Out: ptr,
        NewAllocation: ptr,
        SurvRate: ptr,
    }
}

group! {
    /// What a collection did to a heap, up to version 1.
    PerHeapV0 {
        Values: [GenerationV0; 5],
        MemPressure: u32,
        ExpandMechanisms: u32,
        CompactMechanisms: u32,
        ConcurrentCompact: u32,
        CondemnReasons: u32,
        HeapIndex: u32,
    }
}

group! {
    /// What a collection did to a heap, from version 2 on.
    PerHeapV2 {
        Values: [GenerationV2; 5],
        CondemnReasons0: u32,
        CondemnReasons1: u32,
        MemPressure: u32,
        ExpandMechanisms: u32,
        CompactMechanisms: u32,
        HeapIndex: u32,
        ExtraGen0Commit: u64,
    }
}

events! {
    EVENTS, visit:

    1 GCDecision "GC/Decision" { DoCompact: bool32, ClrInstanceID: u16 since 1 }
    2 GCSettings "GC/Settings" {
        SegmentSize: u64,
        LargeObjectSegmentSize: u64,
        ServerGC: bool32,
        ClrInstanceID: u16 since 1,
    }
    3 GCOptimized "GC/Optimized" {
        DesiredAllocation: u64,
        NewAllocation: u64,
        GenerationNumber: u32,
        ClrInstanceID: u16 since 1,
    }
    4 GCPerHeapHistory "GC/PerHeapHistory" {
        v0: {PerHeapV0} until 2,
        v2: {PerHeapV2} since 2,
        ClrInstanceID: u8,
    }
    5 GCGlobalHeapHistory "GC/GlobalHeapHistory" {
        FinalYoungestDesired: u64,
        NumHeaps: i32,
        CondemnedGeneration: u32,
        Gen0ReductionCount: u32,
        Reason: u32 as GCReason,
        GlobalMechanisms: u32 as GCGlobalMechanisms,
        ClrInstanceID: u16 since 1,
    }
    6 GCJoin "GC/Join" { Heap: u32, JoinTime: u32 as GcJoinTime, JoinType: u32 as GcJoinType, ClrInstanceID: u16 since 1 }
    7 PrvGCMarkStackRoots "GC/MarkStackRoots" { HeapNum: u32, ClrInstanceID: u16 since 1 }
    8 PrvGCMarkFinalizeQueueRoots "GC/MarkFinalizeQueueRoots" { HeapNum: u32, ClrInstanceID: u16 since 1 }
    9 PrvGCMarkHandles "GC/MarkHandles" { HeapNum: u32, ClrInstanceID: u16 since 1 }
    10 PrvGCMarkCards "GC/MarkCards" { HeapNum: u32, ClrInstanceID: u16 since 1 }
    11 BGCBegin "GC/BGCStart" { ClrInstanceID: u16 }
    12 BGC1stNonConEnd "GC/BGC1stNonCondStop" { ClrInstanceID: u16 }
    13 BGC1stConEnd "GC/BGC1stConStop" { ClrInstanceID: u16 }
    14 BGC2ndNonConBegin "GC/BGC2ndNonConStart" { ClrInstanceID: u16 }
    15 BGC2ndNonConEnd "GC/BGC2ndNonConStop" { ClrInstanceID: u16 }
    16 BGC2ndConBegin "GC/BGC2ndConStart" { ClrInstanceID: u16 }
    17 BGC2ndConEnd "GC/BGC2ndConStop" { ClrInstanceID: u16 }
    18 BGCPlanEnd "GC/BGCPlanStop" { ClrInstanceID: u16 }
    19 BGCSweepEnd "GC/BGCSweepStop" { ClrInstanceID: u16 }
    20 BGCDrainMark "GC/BGCDrainMark" { Objects: u64, ClrInstanceID: u16 }
    21 BGCRevisit "GC/BGCRevisit" { Pages: u64, Objects: u64, IsLarge: u32, ClrInstanceID: u16 }
    22 BGCOverflow "GC/BGCOverflow" { Min: u64, Max: u64, Objects: u64, IsLarge: u32, ClrInstanceID: u16 }
    23 BGCAllocWaitBegin "GC/BGCAllocWaitStart" { Reason: u32 as BGCAllocWaitReason, ClrInstanceID: u16 }
    24 BGCAllocWaitEnd "GC/BGCAllocWaitStop" { Reason: u32 as BGCAllocWaitReason, ClrInstanceID: u16 }
    25 GCFullNotify "GC/FullNotify" { GenNumber: u32, IsAlloc: u32, ClrInstanceID: u16 since 1 }
    80 EEStartupStart "Startup/EEStartupStart" { ClrInstanceID: u16 since 1 }
    81 EEStartupEnd "Startup/EEStartupStop" { ClrInstanceID: u16 since 1 }
    82 EEConfigSetupStart "Startup/EEConfigSetupStart" { ClrInstanceID: u16 since 1 }
    83 EEConfigSetupEnd "Startup/EEConfigSetupStop" { ClrInstanceID: u16 since 1 }
    84 LoadSystemBasesStart "Startup/LoadSystemBasesStart" { ClrInstanceID: u16 since 1 }
    85 LoadSystemBasesEnd "Startup/LoadSystemBasesStop" { ClrInstanceID: u16 since 1 }
    86 ExecExeStart "Startup/ExecExeStart" { ClrInstanceID: u16 since 1 }
    87 ExecExeEnd "Startup/ExecExeStop" { ClrInstanceID: u16 since 1 }
    88 MainStart "Startup/MainStart" { ClrInstanceID: u16 since 1 }
    89 MainEnd "Startup/MainStop" { ClrInstanceID: u16 since 1 }
    90 ApplyPolicyStart "Startup/ApplyPolicyStart" { ClrInstanceID: u16 since 1 }
    91 ApplyPolicyEnd "Startup/ApplyPolicyStop" { ClrInstanceID: u16 since 1 }
    92 LdLibShFolderStart "Startup/LdLibShFolderStart" { ClrInstanceID: u16 since 1 }
    93 LdLibShFolderEnd "Startup/LdLibShFolderStop" { ClrInstanceID: u16 since 1 }
    94 PrestubWorkerStart "Startup/PrestubWorkerStart" { ClrInstanceID: u16 since 1 }
    95 PrestubWorkerEnd "Startup/PrestubWorkerStop" { ClrInstanceID: u16 since 1 }
    96 GetInstallationStart "Startup/GetInstallationStart" { ClrInstanceID: u16 since 1 }
    97 GetInstallationEnd "Startup/GetInstallationStop" { ClrInstanceID: u16 since 1 }
    98 OpenHModuleStart "Startup/OpenHModuleStart" { ClrInstanceID: u16 since 1 }
    99 OpenHModuleEnd "Startup/OpenHModuleStop" { ClrInstanceID: u16 since 1 }
    100 ExplicitBindStart "Startup/ExplicitBindStart" { ClrInstanceID: u16 since 1 }
    101 ExplicitBindEnd "Startup/ExplicitBindStop" { ClrInstanceID: u16 since 1 }
    102 ParseXmlStart "Startup/ParseXmlStart" { ClrInstanceID: u16 since 1 }
    103 ParseXmlEnd "Startup/ParseXmlStop" { ClrInstanceID: u16 since 1 }
    104 InitDefaultDomainStart "Startup/InitDefaultDomainStart" { ClrInstanceID: u16 since 1 }
    105 InitDefaultDomainEnd "Startup/InitDefaultDomainStop" { ClrInstanceID: u16 since 1 }
    106 InitSecurityStart "Startup/InitSecurityStart" { ClrInstanceID: u16 since 1 }
    107 InitSecurityEnd "Startup/InitSecurityStop" { ClrInstanceID: u16 since 1 }
    108 AllowBindingRedirsStart "Startup/AllowBindingRedirsStart" { ClrInstanceID: u16 since 1 }
    109 AllowBindingRedirsEnd "Startup/AllowBindingRedirsStop" { ClrInstanceID: u16 since 1 }
    110 EEConfigSyncStart "Startup/EEConfigSyncStart" { ClrInstanceID: u16 since 1 }
    111 EEConfigSyncEnd "Startup/EEConfigSyncStop" { ClrInstanceID: u16 since 1 }
    112 BindingStart "Startup/BindingStart" { ClrInstanceID: u16 since 1 }
    113 BindingEnd "Startup/BindingStop" { ClrInstanceID: u16 since 1 }
    114 LoaderCatchCallStart "Startup/LoaderCatchCallStart" { ClrInstanceID: u16 since 1 }
    115 LoaderCatchCallEnd "Startup/LoaderCatchCallStop" { ClrInstanceID: u16 since 1 }
    116 FusionInitStart "Startup/FusionInitStart" { ClrInstanceID: u16 since 1 }
    117 FusionInitEnd "Startup/FusionInitStop" { ClrInstanceID: u16 since 1 }
    118 FusionAppCtxStart "Startup/FusionAppCtxStart" { ClrInstanceID: u16 since 1 }
    119 FusionAppCtxEnd "Startup/FusionAppCtxStop" { ClrInstanceID: u16 since 1 }
    120 Fusion2EEStart "Startup/Fusion2EEStart" { ClrInstanceID: u16 since 1 }
    121 Fusion2EEEnd "Startup/Fusion2EEStop" { ClrInstanceID: u16 since 1 }
    122 SecurityCatchCallStart "Startup/SecurityCatchCallStart" { ClrInstanceID: u16 since 1 }
    123 SecurityCatchCallEnd "Startup/SecurityCatchCallStop" { ClrInstanceID: u16 since 1 }
    188 NgenBindEvent "NgenBinder/NgenBind" {
        ClrInstanceID: u16,
        BindingID: u64,
        ReasonCode: u32,
        AssemblyName: utf16,
    }
    191 FailFast "FailFast/FailFast" {
        FailFastUserMessage: utf16,
        FailedEIP: ptr,
        OSExitCode: u32,
        ClrExitCode: u32,
        ClrInstanceID: u16,
    }
    192 PrvFinalizeObject "GC/FinalizeObject" { TypeID: ptr, ObjectID: ptr, ClrInstanceID: u16, TypeName: utf16 }
    193 CCWRefCountChange "GC/CCWRefCountChange" {
        HandleID: ptr,
        ObjectID: ptr,
        COMInterfacePointer: ptr,
        NewRefCount: u32,
        AppDomainID: u64,
        ClassName: text8,
        NameSpace: text8,
        Operation: utf16,
        ClrInstanceID: u16,
    }
    194 PrvSetGCHandle "GC/SetGCHandle" {
        HandleID: ptr,
        ObjectID: ptr,
        Kind: u32 as GCHandleKind,
        Generation: u32,
        AppDomainID: u64,
        ClrInstanceID: u16,
    }
    195 PrvDestroyGCHandle "GC/DestroyGCHandle" { HandleID: ptr, ClrInstanceID: u16 }
    198 PinObject "GC/PinObject" {
        HandleID: ptr,
        ObjectID: ptr,
        ObjectSize: u64,
        TypeName: utf16,
        ClrInstanceID: u16,
    }
    199 PinPlugAtGCTime "GC/PinPlugAtGCTime" {
        PlugStart: ptr,
        PlugEnd: ptr,
        GapBeforeSize: ptr,
        ClrInstanceID: u16,
    }
    201 MulticoreJit "MulticoreJit/Common" {
        ClrInstanceID: u16,
        String1: utf16,
        String2: utf16,
        Int1: i32,
        Int2: i32,
        Int3: i32,
    }
    202 MulticoreJitMethodCodeReturned "MulticoreJit/MethodCodeReturned" {
        ClrInstanceID: u16,
        ModuleID: u64,
        MethodID: u64,
    }
    310 AllocRequest "LoaderHeapAllocation/AllocRequest" {
        LoaderHeapPtr: ptr,
        MemoryAddress: ptr,
        RequestSize: u32,
        Unused1: u32,
        Unused2: u64,
        ClrInstanceID: u16,
    }
}
