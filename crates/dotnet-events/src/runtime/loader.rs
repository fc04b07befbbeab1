//! Modules, assemblies, domains and types; how assemblies were found.

use super::groups::{DomainModule, Module, ModuleRange, Pdbs, SymbolsChunk};
use super::table::{events, group};
use crate::enumerations::{
    AppDomainFlags, AssemblyFlags, KnownPathSource, ResolutionAttemptedResult, ResolutionAttemptedStage,
};

group! {
    /// What is loaded, and for whom.
    AssemblyLoadRequest {
        AssemblyName: utf16,
        AssemblyPath: utf16,
        RequestingAssembly: utf16,
        AssemblyLoadContext: utf16,
        RequestingAssemblyLoadContext: utf16,
    }
}

events! {
    EVENTS, visit:

    73 TypeLoadStart "TypeLoad/Start" { TypeLoadStartID: u32, ClrInstanceID: u16 }
    74 TypeLoadStop "TypeLoad/Stop" {
        TypeLoadStartID: u32,
        ClrInstanceID: u16,
        LoadLevel: u16,
        TypeID: u64,
        TypeName: utf16,
    }
    149 ModuleDCStartV2 "Loader/ModuleDCStartV2" { module: {Module} }
    150 ModuleDCEndV2 "Loader/ModuleDCStopV2" { module: {Module} }
    151 DomainModuleLoad "Loader/DomainModuleLoad" { domain_module: {DomainModule}, ClrInstanceID: u16 since 1 }
    152 ModuleLoad "Loader/ModuleLoad" {
        module: {Module},
        ClrInstanceID: u16 since 1,
        pdbs: {Pdbs} since 2,
        NativeBuildID: utf16 since 3,
    }
    153 ModuleUnload "Loader/ModuleUnload" { module: {Module}, ClrInstanceID: u16 since 1, pdbs: {Pdbs} since 2 }
    154 AssemblyLoad "Loader/AssemblyLoad" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32 as AssemblyFlags,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    155 AssemblyUnload "Loader/AssemblyUnload" {
        AssemblyID: u64,
        AppDomainID: u64,
        BindingID: u64 since 1,
        AssemblyFlags: u32 as AssemblyFlags,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    156 AppDomainLoad "Loader/AppDomainLoad" {
        AppDomainID: u64,
        AppDomainFlags: u32 as AppDomainFlags,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    157 AppDomainUnload "Loader/AppDomainUnload" {
        AppDomainID: u64,
        AppDomainFlags: u32 as AppDomainFlags,
        AppDomainName: utf16,
        AppDomainIndex: u32 since 1,
        ClrInstanceID: u16 since 1,
    }
    158 ModuleRangeLoad "ClrPerfTrack/ModuleRangeLoad" { module_range: {ModuleRange} }
    181 StrongNameVerificationStart "StrongNameVerification/Start" {
        VerificationFlags: u32,
        ErrorCode: u32,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    182 StrongNameVerificationStop "StrongNameVerification/Stop" {
        VerificationFlags: u32,
        ErrorCode: u32,
        FullyQualifiedAssemblyName: utf16,
        ClrInstanceID: u16 since 1,
    }
    183 AuthenticodeVerificationStart "AuthenticodeVerification/Start" {
        VerificationFlags: u32,
        ErrorCode: u32,
        ModulePath: utf16,
        ClrInstanceID: u16 since 1,
    }
    184 AuthenticodeVerificationStop "AuthenticodeVerification/Stop" {
        VerificationFlags: u32,
        ErrorCode: u32,
        ModulePath: utf16,
        ClrInstanceID: u16 since 1,
    }
    260 CodeSymbols "CodeSymbols/Start" { chunk: {SymbolsChunk} }
    290 AssemblyLoadStart "AssemblyLoader/Start" { ClrInstanceID: u16, load: {AssemblyLoadRequest} }
    291 AssemblyLoadStop "AssemblyLoader/Stop" {
        ClrInstanceID: u16,
        load: {AssemblyLoadRequest},
        Success: bool32,
        ResultAssemblyName: utf16,
        ResultAssemblyPath: utf16,
        Cached: bool32,
    }
    292 ResolutionAttempted "AssemblyLoader/ResolutionAttempted" {
        ClrInstanceID: u16,
        AssemblyName: utf16,
        Stage: u16 as ResolutionAttemptedStage,
        AssemblyLoadContext: utf16,
        Result: u16 as ResolutionAttemptedResult,
        ResultAssemblyName: utf16,
        ResultAssemblyPath: utf16,
        ErrorMessage: utf16,
    }
    293 AssemblyLoadContextResolvingHandlerInvoked "AssemblyLoader/AssemblyLoadContextResolvingHandlerInvoked" {
        ClrInstanceID: u16,
        AssemblyName: utf16,
        HandlerName: utf16,
        AssemblyLoadContext: utf16,
        ResultAssemblyName: utf16,
        ResultAssemblyPath: utf16,
    }
    294 AppDomainAssemblyResolveHandlerInvoked "AssemblyLoader/AppDomainAssemblyResolveHandlerInvoked" {
        ClrInstanceID: u16,
        AssemblyName: utf16,
        HandlerName: utf16,
        ResultAssemblyName: utf16,
        ResultAssemblyPath: utf16,
    }
    295 AssemblyLoadFromResolveHandlerInvoked "AssemblyLoader/AssemblyLoadFromResolveHandlerInvoked" {
        ClrInstanceID: u16,
        AssemblyName: utf16,
        IsTrackedLoad: bool32,
        RequestingAssemblyPath: utf16,
        ComputedRequestedAssemblyPath: utf16,
    }
    296 KnownPathProbed "AssemblyLoader/KnownPathProbed" {
        ClrInstanceID: u16,
        FilePath: utf16,
        Source: u16 as KnownPathSource,
        Result: i32,
    }
}
