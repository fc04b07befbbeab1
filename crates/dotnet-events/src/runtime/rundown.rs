//! What exists when a session ends (or begins): `Microsoft-Windows-DotNETRuntimeRundown`.
//!
//! `DCStart` is said of the beginning, `DCStop` of the end.

use super::groups::{
    DomainModule, Method, MethodName, Module, ModuleRange, NativeMap, Pdbs, RuntimeInformation, StackWalk,
    SymbolsChunk, Thread,
};
use super::table::events;
use crate::enumerations::{AppDomainFlags, AssemblyFlags, TieredCompilationFlags};

events! {
    EVENTS, visit:

    0 CLRStackWalkDCStart "ClrStack/Walk" { stack_walk: {StackWalk} }
    10 GCSettingsRundown "GC/SettingsRundown" {
        HardLimit: u64,
        LOHThreshold: u64,
        PhysicalMemoryConfig: u64,
        Gen0MinBudgetConfig: u64,
        Gen0MaxBudgetConfig: u64,
        HighMemPercentConfig: u32,
        BitSettings: u32,
        ClrInstanceID: u16,
    }
    141 MethodDCStart "Method/DCStart" { method: {Method}, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    142 MethodDCEnd "Method/DCStop" { method: {Method}, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    143 MethodDCStartVerbose "Method/DCStartVerbose" {
        method: {Method},
        method_name: {MethodName},
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    144 MethodDCEndVerbose "Method/DCStopVerbose" {
        method: {Method},
        method_name: {MethodName},
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    145 DCStartComplete "Method/DCStartComplete" { ClrInstanceID: u16 since 1 }
    146 DCEndComplete "Method/DCStopComplete" { ClrInstanceID: u16 since 1 }
    147 DCStartInit "Method/DCStartInit" { ClrInstanceID: u16 since 1 }
    148 DCEndInit "Method/DCStopInit" { ClrInstanceID: u16 since 1 }
    149 MethodDCStartILToNativeMap "Method/ILToNativeMapDCStart" { native_map: {NativeMap} }
    150 MethodDCEndILToNativeMap "Method/ILToNativeMapDCStop" { native_map: {NativeMap} }
    151 DomainModuleDCStart "Loader/DomainModuleDCStart" { domain_module: {DomainModule}, ClrInstanceID: u16 since 1 }
    152 DomainModuleDCEnd "Loader/DomainModuleDCStop" { domain_module: {DomainModule}, ClrInstanceID: u16 since 1 }
    153 ModuleDCStart "Loader/ModuleDCStart" { module: {Module}, ClrInstanceID: u16 since 1, pdbs: {Pdbs} since 2 }
    154 ModuleDCEnd "Loader/ModuleDCStop" {
        module: {Module},
        ClrInstanceID: u16 since 1,
        pdbs: {Pdbs} since 2,
        NativeBuildID: utf16 since 3,
    }
    155 AssemblyDCStart "Loader/AssemblyDCStart" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32 as AssemblyFlags,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    156 AssemblyDCEnd "Loader/AssemblyDCStop" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32 as AssemblyFlags,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    157 AppDomainDCStart "Loader/AppDomainDCStart" {
        AppDomainID: u64,
        AppDomainFlags: u32 as AppDomainFlags,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    158 AppDomainDCEnd "Loader/AppDomainDCStop" {
        AppDomainID: u64,
        AppDomainFlags: u32 as AppDomainFlags,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    159 ThreadDC "Loader/ThreadDCStop" { thread: {Thread} }
    160 ModuleRangeDCStart "ClrPerfTrack/ModuleRangeDCStart" { module_range: {ModuleRange} }
    161 ModuleRangeDCEnd "ClrPerfTrack/ModuleRangeDCStop" { module_range: {ModuleRange} }
    187 RuntimeInformationDCStart "Runtime/Start" { ClrInstanceID: u16, runtime_information: {RuntimeInformation} }
    188 CodeSymbolsRundown "CodeSymbolsRundown/Start" { chunk: {SymbolsChunk} }
    280 TieredCompilationSettingsDCStart "TieredCompilationRundown/SettingsDCStart" {
        ClrInstanceID: u16,
        Flags: u32 as TieredCompilationFlags,
    }
    300 ExecutionCheckpointDCEnd "ExecutionCheckpointRundown/ExecutionCheckpointDCEnd" {
        ClrInstanceID: u16,
        CheckpointName: utf16,
        CheckpointTimestamp: i64,
    }
}
