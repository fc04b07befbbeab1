//! Names of well-known providers.

/// A provider that .NET or ASP.NET Core brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// What its events tell.
    pub about: &'static str,
}

macro_rules! providers {
    ($($constant:ident = $name:literal, $about:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $about, ".")]
            pub const $constant: &str = $name;
        )*

        /// All of the above, in the order of this table.
        pub const ALL: &[Provider] = &[$(Provider { name: $constant, about: $about }),*];
    };
}

providers! {
    // The runtime itself.
    RUNTIME = "Microsoft-Windows-DotNETRuntime", "garbage collection, JIT, loader, exceptions, contention, threads";
    RUNTIME_RUNDOWN = "Microsoft-Windows-DotNETRuntimeRundown", "what exists when a session ends: methods, modules, assemblies";
    RUNTIME_PRIVATE = "Microsoft-Windows-DotNETRuntimePrivate", "details of the garbage collector and of start-up";
    RUNTIME_STRESS = "Microsoft-Windows-DotNETRuntimeStress", "the stress log";
    SAMPLE_PROFILER = "Microsoft-DotNETCore-SampleProfiler", "stacks of all managed threads at fixed intervals";
    EVENT_PIPE = "Microsoft-DotNETCore-EventPipe", "the traced process: command line, operating system, architecture";
    NATIVE_RUNTIME_EVENT_SOURCE = "NativeRuntimeEventSource", "the runtime's events for listeners in the process";

    // The base library.
    SYSTEM_RUNTIME = "System.Runtime", "counters of the runtime";
    METRICS = "System.Diagnostics.Metrics", "values of instruments of the metrics API";
    TASKS = "System.Threading.Tasks.TplEventSource", "tasks and the flow of activities";
    FRAMEWORK = "System.Diagnostics.Eventing.FrameworkEventSource", "work items of the thread pool, timers";
    ARRAY_POOL = "System.Buffers.ArrayPoolEventSource", "rented and returned arrays";
    CONCURRENT_COLLECTIONS = "System.Collections.Concurrent.ConcurrentCollectionsEventSource", "contention in concurrent collections";
    DIAGNOSTIC_SOURCE = "Microsoft-Diagnostics-DiagnosticSource", "a bridge to the DiagnosticSource events of libraries";
    HTTP = "System.Net.Http", "requests of the HTTP client";
    NAME_RESOLUTION = "System.Net.NameResolution", "DNS lookups";
    SECURITY = "System.Net.Security", "TLS handshakes";
    SOCKETS = "System.Net.Sockets", "connections and bytes of sockets";

    // Libraries beside it.
    LOGGING = "Microsoft-Extensions-Logging", "log messages";
    DEPENDENCY_INJECTION = "Microsoft-Extensions-DependencyInjection", "services and their call sites";
    HOSTING = "Microsoft.AspNetCore.Hosting", "requests that a web application handles";
    KESTREL = "Microsoft-AspNetCore-Server-Kestrel", "connections and requests of the web server";
    HTTP_CONNECTIONS = "Microsoft.AspNetCore.Http.Connections", "long-lived connections of SignalR";
    ENTITY_FRAMEWORK = "Microsoft.EntityFrameworkCore", "counters of queries and saves";
    SQL_CLIENT = "Microsoft.Data.SqlClient.EventSource", "connections and commands to SQL Server";
}
