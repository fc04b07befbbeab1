//! Modules, assemblies, domains; how assemblies are found.

use super::{enumerations, flags};

enumerations! {
    /// What was tried to find an assembly.
    ResolutionAttemptedStage: u16 {
        0 FindInLoadContext,
        1 AssemblyLoadContextLoad,
        2 ApplicationAssemblies,
        3 DefaultAssemblyLoadContextFallback,
        4 ResolveSatelliteAssembly,
        5 AssemblyLoadContextResolvingEvent,
        6 AppDomainAssemblyResolveEvent,
    }

    /// What came of it.
    ResolutionAttemptedResult: u16 {
        0 Success,
        1 AssemblyNotFound,
        2 MismatchedAssemblyName,
        3 IncompatibleVersion,
        4 Failure,
        5 Exception,
    }

    /// Where a path came from that was looked at.
    KnownPathSource: u16 {
        0 ApplicationAssemblies,
        1 AppNativeImagePaths,
        2 AppPaths,
        3 PlatformResourceRoots,
        4 SatelliteSubdirectory,
    }
}

flags! {
    /// What is said of a module.
    ModuleFlags: u32 {
        0x1 DomainNeutral,
        /// Has a native image.
        0x2 Native,
        /// Made at run time: it has no file.
        0x4 Dynamic,
        /// Holds the manifest of its assembly.
        0x8 Manifest,
        0x10 IbcOptimized,
        0x20 ReadyToRunModule,
        0x40 PartialReadyToRunModule,
    }

    /// What is said of an assembly.
    AssemblyFlags: u32 {
        0x1 DomainNeutral,
        /// Made at run time.
        0x2 Dynamic,
        0x4 Native,
        /// Can be unloaded.
        0x8 Collectible,
        0x10 ReadyToRun,
    }

    /// What is said of a domain.
    AppDomainFlags: u32 { 0x1 Default, 0x2 Executable, 0x4 Shared }
}
