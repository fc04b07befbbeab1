//! Named sets of providers.
//!
//! Two tables: the profiles of `dotnet-trace collect` and the trace profiles of dotnet-monitor's `/trace`. A profile
//! also says what of the runtime's rundown (the description of methods and modules that a stopping session gets, and
//! by which stacks are read) it needs, and what to take where a runtime is too old to give exactly that.

use diagnostics_ipc::request::{EventLevel, Rundown};

use super::clr_events::CLR_PROVIDER;

/// The rundown of the collector's own state only.
const GC_RUNDOWN: Rundown = Rundown::Keywords(0x1);

/// The sampler: stacks of all managed threads, about a thousand times a second.
pub const SAMPLE_PROFILER: &str = "Microsoft-DotNETCore-SampleProfiler";
/// What a provider gets that declares no keywords of its own.
const NO_OWN_KEYWORDS: u64 = 0xF000_0000_0000;

/// A provider of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileProvider {
    /// Name of the provider.
    pub name: &'static str,
    /// Keywords, 0 for a provider of counters.
    pub keywords: u64,
    /// Level up to which events are wanted.
    pub level: EventLevel,
    /// Arguments, key and value.
    pub arguments: &'static [(&'static str, &'static str)],
}

/// A named set of providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Name on the command line or in the URL.
    pub name: &'static str,
    /// One sentence for `list-profiles`.
    pub description: &'static str,
    /// What it turns on.
    pub providers: &'static [ProfileProvider],
    /// The rundown it needs.
    pub rundown: Rundown,
    /// What to take of a runtime that cannot be told the keywords of the rundown (before .NET 9): all of it or none.
    pub rundown_of_old_runtime: Rundown,
}

impl Profile {
    /// The profile of that name, in any case, among `table`.
    #[must_use]
    pub fn find(table: &'static [Profile], name: &str) -> Option<&'static Profile> {
        table.iter().find(|profile| profile.name.eq_ignore_ascii_case(name))
    }
}

/// What `dotnet-trace collect` takes when nothing is chosen.
pub const DEFAULT_PROFILES: [&str; 2] = ["dotnet-common", "dotnet-sampled-thread-time"];

/// The profiles of `dotnet-trace collect`.
pub const TRACE_PROFILES: &[Profile] = &[
    Profile {
        name: "dotnet-common",
        description: "The runtime at low cost: GC, assembly loads, JIT, exceptions, thread pool.",
        providers: &[clr(0x10_0003_801D, EventLevel::Informational)],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "dotnet-sampled-thread-time",
        description: "Stacks of every managed thread about 1000 times a second: wall-clock time, waiting included.",
        providers: &[SAMPLER],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "gc-verbose",
        description: "Collections, and a sample of object allocations with their stacks.",
        providers: &[clr(0x8003, EventLevel::Verbose)],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "gc-collect",
        description: "Collections only, at very low cost; good for long traces.",
        providers: GC_COLLECT,
        rundown: GC_RUNDOWN,
        rundown_of_old_runtime: Rundown::None,
    },
    Profile {
        name: "database",
        description: "Commands of ADO.NET (SqlClient) and Entity Framework with their text and duration.",
        providers: &[
            TASKS,
            ProfileProvider {
                name: DIAGNOSTIC_SOURCE,
                keywords: DIAGNOSTIC_SOURCE_KEYWORDS,
                level: EventLevel::Verbose,
                arguments: &[(FILTER_AND_PAYLOAD_SPECS, DATABASE_SPECS)],
            },
        ],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "cpu-sampling",
        description: "What dotnet-trace took by default before its version 10: the sampler and most of the runtime.",
        providers: CPU,
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
];

/// The profiles of dotnet-monitor's `/trace`.
///
/// Differences on purpose: `Metrics` asks at level Critical, since a higher level also turns on events that have
/// nothing to do with counters (ASP.NET Core writes one per request).
pub const MONITOR_PROFILES: &[Profile] = &[
    Profile {
        name: "Cpu",
        description: "The sampler and most of the runtime's events.",
        providers: CPU,
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "Http",
        description: "Requests that ASP.NET Core serves and that HttpClient sends.",
        providers: &[ProfileProvider {
            name: DIAGNOSTIC_SOURCE,
            keywords: DIAGNOSTIC_SOURCE_KEYWORDS,
            level: EventLevel::Verbose,
            arguments: &[(FILTER_AND_PAYLOAD_SPECS, HTTP_SPECS)],
        }],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "Metrics",
        description: "The counters of the runtime, of ASP.NET Core hosting and of gRPC.",
        providers: &[
            counters("System.Runtime"),
            counters("Microsoft.AspNetCore.Hosting"),
            counters("Grpc.AspNetCore.Server"),
        ],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
    Profile {
        name: "GcCollect",
        description: "Collections only, at very low cost.",
        providers: GC_COLLECT,
        rundown: GC_RUNDOWN,
        rundown_of_old_runtime: Rundown::None,
    },
    Profile {
        name: "Logs",
        description: "What the application logs through Microsoft.Extensions.Logging.",
        providers: &[
            ProfileProvider {
                name: "Microsoft-Extensions-Logging",
                // FormattedMessage and JsonMessage.
                keywords: 0x4 | 0x8,
                level: EventLevel::Informational,
                arguments: &[],
            },
            TASKS,
        ],
        rundown: Rundown::Default,
        rundown_of_old_runtime: Rundown::Default,
    },
];

const fn clr(keywords: u64, level: EventLevel) -> ProfileProvider {
    ProfileProvider { name: CLR_PROVIDER, keywords, level, arguments: &[] }
}

const fn counters(name: &'static str) -> ProfileProvider {
    ProfileProvider {
        name,
        keywords: 0,
        level: EventLevel::Critical,
        arguments: &[("EventCounterIntervalSec", "5")],
    }
}

const SAMPLER: ProfileProvider = ProfileProvider {
    name: SAMPLE_PROFILER,
    keywords: NO_OWN_KEYWORDS,
    level: EventLevel::Informational,
    arguments: &[],
};

/// Keyword 0x80 makes tasks carry the activity ids that tie events of one operation together.
const TASKS: ProfileProvider = ProfileProvider {
    name: "System.Threading.Tasks.TplEventSource",
    keywords: 0x80,
    level: EventLevel::Informational,
    arguments: &[],
};

const CPU: &[ProfileProvider] = &[SAMPLER, clr(0x14_C14F_CCBD, EventLevel::Informational)];

const GC_COLLECT: &[ProfileProvider] = &[
    clr(0x1, EventLevel::Informational),
    ProfileProvider {
        name: "Microsoft-Windows-DotNETRuntimePrivate",
        keywords: 0x1,
        level: EventLevel::Informational,
        arguments: &[],
    },
];

/// The bridge from `DiagnosticSource` to event sources.
const DIAGNOSTIC_SOURCE: &str = "Microsoft-Diagnostics-DiagnosticSource";
/// Its keywords Messages and Events.
const DIAGNOSTIC_SOURCE_KEYWORDS: u64 = 0x3;
/// Its argument: one line per event, `listener/event@name:fields`. Fields that begin with `-` leave out the payload's
/// own; `name=*Activity.X` takes from the current activity.
pub(super) const FILTER_AND_PAYLOAD_SPECS: &str = "FilterAndPayloadSpecs";

/// Start and end of database commands. The connection string is left out, since it may hold a password; the
/// database and the server are there by name.
const DATABASE_SPECS: &str = concat!(
    "SqlClientDiagnosticListener/System.Data.SqlClient.WriteCommandBefore@Activity1Start:",
    "-Command.CommandText;ConnectionId;Operation;Command.CommandTimeout;Command.CommandType;",
    "Command.Connection.Database;Command.Connection.DataSource;Command.Connection.PacketSize;",
    "Command.Connection.ServerVersion\r\n",
    "SqlClientDiagnosticListener/System.Data.SqlClient.WriteCommandAfter@Activity1Stop:\r\n",
    "Microsoft.EntityFrameworkCore/Microsoft.EntityFrameworkCore.Database.Command.CommandExecuting@Activity2Start:",
    "-Command.CommandText;ConnectionId;IsAsync;Command.CommandTimeout;Command.CommandType;",
    "Command.Connection.Database;Command.Connection.DataSource;Command.Connection.ServerVersion\r\n",
    "Microsoft.EntityFrameworkCore/Microsoft.EntityFrameworkCore.Database.Command.CommandExecuted@Activity2Stop:",
);

/// Start and end of requests, served and sent. Query strings are left out: they carry keys and tokens.
///
/// The lines that end in `@Event:-` bring no event of their own: a source that nobody else listens to (no logger, no
/// tracing library) makes activities only when somebody asks for them by their bare name.
const HTTP_SPECS: &str = concat!(
    "Microsoft.AspNetCore/Microsoft.AspNetCore.Hosting.HttpRequestIn@Event:-\r\n",
    "Microsoft.AspNetCore/Microsoft.AspNetCore.Hosting.HttpRequestIn.Start@Activity1Start:",
    "-Request.Method;Request.Scheme;Request.Host;Request.PathBase;Request.Path;",
    "ActivityId=*Activity.Id;ActivityParentId=*Activity.ParentId;StartTicks=*Activity.StartTimeUtc.Ticks\r\n",
    "Microsoft.AspNetCore/Microsoft.AspNetCore.Hosting.HttpRequestIn.Stop@Activity1Stop:",
    "-Response.StatusCode;ActivityId=*Activity.Id;DurationTicks=*Activity.Duration.Ticks\r\n",
    "HttpHandlerDiagnosticListener/System.Net.Http.HttpRequestOut@Event:-\r\n",
    "HttpHandlerDiagnosticListener/System.Net.Http.HttpRequestOut.Start@Activity2Start:",
    "-Request.Method;Request.RequestUri.Scheme;Request.RequestUri.Authority;Request.RequestUri.AbsolutePath;",
    "ActivityId=*Activity.Id;ActivityParentId=*Activity.ParentId;StartTicks=*Activity.StartTimeUtc.Ticks\r\n",
    "HttpHandlerDiagnosticListener/System.Net.Http.HttpRequestOut.Stop@Activity2Stop:",
    "-Response.StatusCode;ActivityId=*Activity.Id;DurationTicks=*Activity.Duration.Ticks",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(Profile::find(TRACE_PROFILES, "GC-Verbose").map(|p| p.name), Some("gc-verbose"));
        assert_eq!(Profile::find(MONITOR_PROFILES, "gccollect").map(|p| p.name), Some("GcCollect"));
        assert_eq!(Profile::find(TRACE_PROFILES, "nothing"), None);
        assert!(DEFAULT_PROFILES.iter().all(|name| Profile::find(TRACE_PROFILES, name).is_some()));
    }

    #[test]
    fn only_the_collector_profiles_do_with_less_rundown() {
        for profile in TRACE_PROFILES.iter().chain(MONITOR_PROFILES) {
            let gc_only = profile.name.eq_ignore_ascii_case("gc-collect") || profile.name == "GcCollect";
            assert_eq!(profile.rundown == Rundown::Default, !gc_only, "{}", profile.name);
            assert_eq!(profile.rundown_of_old_runtime == Rundown::Default, !gc_only, "{}", profile.name);
        }
    }

    #[test]
    fn no_profile_records_a_connection_string() {
        assert!(!DATABASE_SPECS.contains("ConnectionString"));
        assert_eq!(DATABASE_SPECS.lines().count(), 4);
        assert_eq!(HTTP_SPECS.lines().count(), 6);
    }
}
