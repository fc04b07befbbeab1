//! Fields that events of several providers have in common.

use super::table::group;
use crate::enumerations::{MethodFlags, ModuleFlags, RuntimeSku, StartupFlags, StartupMode, ThreadFlags};

group! {
    /// Code of a method.
    Method {
        MethodID: u64,
        ModuleID: u64,
        MethodStartAddress: u64,
        MethodSize: u32,
        MethodToken: u32,
        MethodFlags: u32 as MethodFlags,
    }
}

group! {
    /// What a method is called.
    MethodName { MethodNamespace: utf16, MethodName: utf16, MethodSignature: utf16 }
}

group! {
    /// The method that the JIT compiles.
    MethodBeingCompiled {
        MethodBeingCompiledNamespace: utf16,
        MethodBeingCompiledName: utf16,
        MethodBeingCompiledNameSignature: utf16,
    }
}

group! {
    /// Which native code came from which IL, as offsets from the start of either.
    NativeMap {
        MethodID: u64,
        ReJITID: u64,
        MethodExtent: u8,
        CountOfMapEntries: count16,
        ILOffsets: [u32],
        NativeOffsets: [u32],
        ClrInstanceID: u16,
        ILVersionID: u64 since 1,
    }
}

group! {
    /// A module.
    Module {
        ModuleID: u64,
        AssemblyID: u64,
        ModuleFlags: u32 as ModuleFlags,
        Reserved1: u32,
        ModuleILPath: utf16,
        ModuleNativePath: utf16,
    }
}

group! {
    /// A module in one of the domains it is loaded into.
    DomainModule {
        ModuleID: u64,
        AssemblyID: u64,
        AppDomainID: u64,
        ModuleFlags: u32 as ModuleFlags,
        Reserved1: u32,
        ModuleILPath: utf16,
        ModuleNativePath: utf16,
    }
}

group! {
    /// Where the symbols of a module are: of its IL, and of its native image.
    Pdbs {
        ManagedPdbSignature: guid,
        ManagedPdbAge: u32,
        ManagedPdbBuildPath: utf16,
        NativePdbSignature: guid,
        NativePdbAge: u32,
        NativePdbBuildPath: utf16,
    }
}

group! {
    /// A part of a module that was touched.
    ModuleRange { ClrInstanceID: u16, ModuleID: u64, RangeBegin: u32, RangeSize: u32, RangeType: u8 }
}

group! {
    /// A part of the symbols of a module in memory.
    SymbolsChunk {
        ModuleId: u64,
        TotalChunks: u16,
        ChunkNumber: u16,
        ChunkLength: count32,
        Chunk: [u8],
        ClrInstanceID: u16,
    }
}

group! {
    /// A managed thread.
    Thread {
        ManagedThreadID: u64,
        AppDomainID: u64,
        Flags: u32 as ThreadFlags,
        ManagedThreadIndex: u32,
        OSThreadID: u32,
        ClrInstanceID: u16,
    }
}

group! {
    /// The runtime and how it was started.
    RuntimeInformation {
        Sku: u16 as RuntimeSku,
        BclMajorVersion: u16,
        BclMinorVersion: u16,
        BclBuildNumber: u16,
        BclQfeNumber: u16,
        VMMajorVersion: u16,
        VMMinorVersion: u16,
        VMBuildNumber: u16,
        VMQfeNumber: u16,
        StartupFlags: u32 as StartupFlags,
        StartupMode: u8 as StartupMode,
        CommandLine: utf16,
        ComObjectGuid: guid,
        RuntimeDllPath: utf16,
    }
}

group! {
    /// A call stack. In streams of EventPipe every event has its own instead.
    StackWalk { ClrInstanceID: u16, Reserved1: u8, Reserved2: u8, FrameCount: count32, Stack: [ptr] }
}
