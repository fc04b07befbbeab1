//! Methods: JIT, tiers, ready-to-run code, inlining, stubs.

use super::groups::{Method, MethodBeingCompiled, MethodName, NativeMap};
use super::table::{events, group};
use crate::enumerations::{MethodFlags, TailCallType, TieredCompilationFlags};

group! {
    /// The method that is inlined, and where.
    InlinerAndInlinee {
        InlinerNamespace: utf16,
        InlinerName: utf16,
        InlinerNameSignature: utf16,
        InlineeNamespace: utf16,
        InlineeName: utf16,
        InlineeNameSignature: utf16,
    }
}

group! {
    /// The two ends of a tail call.
    CallerAndCallee {
        CallerNamespace: utf16,
        CallerName: utf16,
        CallerNameSignature: utf16,
        CalleeNamespace: utf16,
        CalleeName: utf16,
        CalleeNameSignature: utf16,
    }
}

events! {
    EVENTS, visit:

    72 MethodDetails "Method/MethodDetails" {
        MethodID: u64,
        TypeID: u64,
        MethodToken: u32,
        TypeParameterCount: count32,
        LoaderModuleID: u64,
        TypeParameters: [u64],
    }
    88 ILStubGenerated "ILStub/StubGenerated" {
        ClrInstanceID: u16,
        ModuleID: u64,
        StubMethodID: u64,
        StubFlags: u32,
        ManagedInteropMethodToken: u32,
        ManagedInteropMethodNamespace: utf16,
        ManagedInteropMethodName: utf16,
        ManagedInteropMethodSignature: utf16,
        NativeMethodSignature: utf16,
        StubMethodSignature: utf16,
        StubMethodILCode: utf16,
    }
    89 ILStubCacheHit "ILStub/StubCacheHit" {
        ClrInstanceID: u16,
        ModuleID: u64,
        StubMethodID: u64,
        ManagedInteropMethodToken: u32,
        ManagedInteropMethodNamespace: utf16,
        ManagedInteropMethodName: utf16,
        ManagedInteropMethodSignature: utf16,
    }
    135 DCStartCompleteV2 "Method/DCStartCompleteV2" {}
    136 DCEndCompleteV2 "Method/DCStopCompleteV2" {}
    137 MethodDCStartV2 "Method/DCStartV2" { method: {Method} }
    138 MethodDCEndV2 "Method/DCStopV2" { method: {Method} }
    139 MethodDCStartVerboseV2 "Method/DCStartVerboseV2" { method: {Method}, method_name: {MethodName} }
    140 MethodDCEndVerboseV2 "Method/DCStopVerboseV2" { method: {Method}, method_name: {MethodName} }
    141 MethodLoad "Method/Load" { method: {Method}, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    142 MethodUnload "Method/Unload" { method: {Method}, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    143 MethodLoadVerbose "Method/LoadVerbose" {
        method: {Method},
        method_name: {MethodName},
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    144 MethodUnloadVerbose "Method/UnloadVerbose" {
        method: {Method},
        method_name: {MethodName},
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    145 MethodJittingStarted "Method/JittingStarted" {
        MethodID: u64,
        ModuleID: u64,
        MethodToken: u32,
        MethodILSize: u32,
        method_name: {MethodName},
        ClrInstanceID: u16 since 1,
    }
    146 MethodJitMemoryAllocatedForCode "Method/MemoryAllocatedForJitCode" {
        MethodID: u64,
        ModuleID: u64,
        JitHotCodeRequestSize: u64,
        JitRODataRequestSize: u64,
        AllocatedSizeForJitCode: u64,
        JitAllocFlag: u32,
        ClrInstanceID: u16,
    }
    159 R2RGetEntryPoint "Method/R2RGetEntryPoint" {
        MethodID: u64,
        method_name: {MethodName},
        EntryPoint: u64,
        ClrInstanceID: u16,
    }
    160 R2RGetEntryPointStart "Method/R2RGetEntryPointStart" { MethodID: u64, ClrInstanceID: u16 }
    185 MethodJitInliningSucceeded "Method/InliningSucceeded" {
        method_being_compiled: {MethodBeingCompiled},
        inliner_and_inlinee: {InlinerAndInlinee},
        ClrInstanceID: u16,
    }
    186 MethodJitInliningFailedAnsi "Method/InliningFailedAnsi" {
        method_being_compiled: {MethodBeingCompiled},
        inliner_and_inlinee: {InlinerAndInlinee},
        FailAlways: bool32,
        FailReason: text8,
        ClrInstanceID: u16,
    }
    188 MethodJitTailCallSucceeded "Method/TailCallSucceeded" {
        method_being_compiled: {MethodBeingCompiled},
        caller_and_callee: {CallerAndCallee},
        TailPrefix: bool32,
        TailCallType: u32 as TailCallType,
        ClrInstanceID: u16,
    }
    189 MethodJitTailCallFailedAnsi "Method/TailCallFailedAnsi" {
        method_being_compiled: {MethodBeingCompiled},
        caller_and_callee: {CallerAndCallee},
        TailPrefix: bool32,
        FailReason: text8,
        ClrInstanceID: u16,
    }
    190 MethodILToNativeMap "Method/ILToNativeMap" { native_map: {NativeMap} }
    191 MethodJitTailCallFailed "Method/TailCallFailed" {
        method_being_compiled: {MethodBeingCompiled},
        caller_and_callee: {CallerAndCallee},
        TailPrefix: bool32,
        FailReason: utf16,
        ClrInstanceID: u16,
    }
    192 MethodJitInliningFailed "Method/InliningFailed" {
        method_being_compiled: {MethodBeingCompiled},
        inliner_and_inlinee: {InlinerAndInlinee},
        FailAlways: bool32,
        FailReason: utf16,
        ClrInstanceID: u16,
    }
    280 TieredCompilationSettings "TieredCompilation/Settings" { ClrInstanceID: u16, Flags: u32 as TieredCompilationFlags }
    281 TieredCompilationPause "TieredCompilation/Pause" { ClrInstanceID: u16 }
    282 TieredCompilationResume "TieredCompilation/Resume" { ClrInstanceID: u16, NewMethodCount: u32 }
    283 TieredCompilationBackgroundJitStart "TieredCompilation/BackgroundJitStart" {
        ClrInstanceID: u16,
        PendingMethodCount: u32,
    }
    284 TieredCompilationBackgroundJitStop "TieredCompilation/BackgroundJitStop" {
        ClrInstanceID: u16,
        PendingMethodCount: u32,
        JittedMethodCount: u32,
    }
    297 JitInstrumentationData "JitInstrumentationData/InstrumentationData" {
        ClrInstanceID: u16,
        MethodFlags: u32 as MethodFlags,
        DataSize: count32,
        MethodID: u64,
        Data: [u8],
    }
    298 JitInstrumentationDataVerbose "JitInstrumentationDataVerbose/InstrumentationData" {
        ClrInstanceID: u16,
        MethodFlags: u32 as MethodFlags,
        DataSize: count32,
        MethodID: u64,
        ModuleID: u64,
        MethodToken: u32,
        method_name: {MethodName},
        Data: [u8],
    }
}
