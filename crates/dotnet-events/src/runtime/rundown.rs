//! What exists when a session ends (or begins): `Microsoft-Windows-DotNETRuntimeRundown`.
//!
//! `DCStart` is said of the beginning, `DCStop` of the end.

use super::groups::{
    CODE_SYMBOLS, DOMAIN_MODULE, METHOD, METHOD_NAME, MODULE, MODULE_RANGE, NATIVE_MAP, PDBS,
    RUNTIME_INFORMATION, STACK_WALK, THREAD,
};
use super::table::events;

events! {
    EVENTS:

    0 CLRStackWalkDCStart "ClrStack/Walk" { STACK_WALK }
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
    141 MethodDCStart "Method/DCStart" { METHOD, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    142 MethodDCEnd "Method/DCStop" { METHOD, ClrInstanceID: u16 since 1, ReJITID: u64 since 2 }
    143 MethodDCStartVerbose "Method/DCStartVerbose" {
        METHOD,
        METHOD_NAME,
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    144 MethodDCEndVerbose "Method/DCStopVerbose" {
        METHOD,
        METHOD_NAME,
        ClrInstanceID: u16 since 1,
        ReJITID: u64 since 2,
    }
    145 DCStartComplete "Method/DCStartComplete" { ClrInstanceID: u16 since 1 }
    146 DCEndComplete "Method/DCStopComplete" { ClrInstanceID: u16 since 1 }
    147 DCStartInit "Method/DCStartInit" { ClrInstanceID: u16 since 1 }
    148 DCEndInit "Method/DCStopInit" { ClrInstanceID: u16 since 1 }
    149 MethodDCStartILToNativeMap "Method/ILToNativeMapDCStart" { NATIVE_MAP }
    150 MethodDCEndILToNativeMap "Method/ILToNativeMapDCStop" { NATIVE_MAP }
    151 DomainModuleDCStart "Loader/DomainModuleDCStart" { DOMAIN_MODULE, ClrInstanceID: u16 since 1 }
    152 DomainModuleDCEnd "Loader/DomainModuleDCStop" { DOMAIN_MODULE, ClrInstanceID: u16 since 1 }
    153 ModuleDCStart "Loader/ModuleDCStart" { MODULE, ClrInstanceID: u16 since 1, PDBS since 2 }
    154 ModuleDCEnd "Loader/ModuleDCStop" {
        MODULE,
        ClrInstanceID: u16 since 1,
        PDBS since 2,
        NativeBuildID: utf16 since 3,
    }
    155 AssemblyDCStart "Loader/AssemblyDCStart" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    156 AssemblyDCEnd "Loader/AssemblyDCStop" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    157 AppDomainDCStart "Loader/AppDomainDCStart" {
        AppDomainID: u64,
        AppDomainFlags: u32,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    158 AppDomainDCEnd "Loader/AppDomainDCStop" {
        AppDomainID: u64,
        AppDomainFlags: u32,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    159 ThreadDC "Loader/ThreadDCStop" { THREAD }
    160 ModuleRangeDCStart "ClrPerfTrack/ModuleRangeDCStart" { MODULE_RANGE }
    161 ModuleRangeDCEnd "ClrPerfTrack/ModuleRangeDCStop" { MODULE_RANGE }
    187 RuntimeInformationDCStart "Runtime/Start" { ClrInstanceID: u16, RUNTIME_INFORMATION }
    188 CodeSymbolsRundown "CodeSymbolsRundown/Start" { CODE_SYMBOLS }
    280 TieredCompilationSettingsDCStart "TieredCompilationRundown/SettingsDCStart" {
        ClrInstanceID: u16,
        Flags: u32,
    }
    300 ExecutionCheckpointDCEnd "ExecutionCheckpointRundown/ExecutionCheckpointDCEnd" {
        ClrInstanceID: u16,
        CheckpointName: utf16,
        CheckpointTimestamp: i64,
    }
}
