//! Which runtimes there are, and which programs run on them.

use std::fmt;
use std::process::Command;
use std::sync::OnceLock;

/// A .NET runtime that targets run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Runtime {
    /// .NET Core 3.1.23.
    Net31,
    /// .NET 9.0.5 with ASP.NET Core.
    Net9,
    /// .NET 10.0.9 with ASP.NET Core, as single-file programs.
    Net10,
    /// .NET 10.0.11 with ASP.NET Core, as single-file programs.
    Net10Newer,
    /// The newest runtime of the `dotnet` on `PATH`. Runs what was compiled for .NET 9, or for 3.1 where it is older.
    Installed,
}

impl Runtime {
    /// The runtimes that every installed testbed has.
    pub const OURS: [Runtime; 4] = [Runtime::Net31, Runtime::Net9, Runtime::Net10, Runtime::Net10Newer];

    /// Every runtime there is on this machine: [`Runtime::OURS`], and the installed one where there is one.
    #[must_use]
    pub fn all() -> Vec<Runtime> {
        let mut all = Runtime::OURS.to_vec();
        all.extend(installed().map(|_| Runtime::Installed));
        all
    }

    /// The version as the runtime itself gives it, for instance `9.0.5`.
    ///
    /// # Panics
    /// For [`Runtime::Installed`] where no `dotnet` is installed.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Runtime::Net31 => "3.1.23",
            Runtime::Net9 => "9.0.5",
            Runtime::Net10 => "10.0.9",
            Runtime::Net10Newer => "10.0.11",
            Runtime::Installed => {
                installed().expect("a `dotnet` on PATH has a Microsoft.NETCore.App runtime")
            }
        }
    }

    /// The major version: 3, 9, 10.
    #[must_use]
    pub fn major(self) -> u32 {
        major(self.version())
    }

    /// Whether programs for this runtime are single files that need no `dotnet` host.
    pub(crate) fn is_single_file(self) -> bool {
        matches!(self, Runtime::Net10 | Runtime::Net10Newer)
    }

    /// The runtime whose compiled programs this one runs.
    pub(crate) fn compiled_for(self) -> Runtime {
        match self {
            Runtime::Installed if self.major() >= 9 => Runtime::Net9,
            Runtime::Installed => Runtime::Net31,
            other => other,
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".NET {}", self.version())
    }
}

/// A program of the testbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// Does known work on command and prints the runtime's own figures. Runs everywhere.
    Work,
    /// `EventCounters` of its own and, from .NET 9 on, a `Meter` with every kind of instrument. Runs everywhere.
    Counters,
    /// Gives traces much to record, on command. Runs everywhere.
    Load,
    /// Has known troubles on command (a hot method, a leak, a deadlock ...) and prints the runtime's own figures. Runs everywhere.
    Culprits,
    /// Makes requests with the HTTP client, of known number and delay, on command. Not on .NET Core 3.1, which tells nothing of
    /// them.
    Requests,
    /// A minimal ASP.NET Core application. Not on .NET Core 3.1.
    Web,
    /// A large ready-made ASP.NET Core server, driven by HTTP requests only. .NET 10 only.
    Server,
}

impl Program {
    /// The programs that are compiled from source.
    pub(crate) const COMPILED: [Program; 6] =
        [Program::Work, Program::Counters, Program::Load, Program::Culprits, Program::Requests, Program::Web];

    /// The name of the program's source, assembly and, where it is a single file, process.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Program::Work => "work",
            Program::Counters => "counters",
            Program::Load => "load",
            Program::Culprits => "culprits",
            Program::Requests => "requests",
            Program::Web => "web",
            Program::Server => "azmcp",
        }
    }

    /// Whether there is such a program for the runtime.
    #[must_use]
    pub fn runs_on(self, runtime: Runtime) -> bool {
        match self {
            Program::Work | Program::Counters | Program::Load | Program::Culprits => true,
            Program::Requests | Program::Web => runtime.compiled_for() != Runtime::Net31,
            Program::Server => runtime.is_single_file(),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

/// The newest `Microsoft.NETCore.App` of the `dotnet` on `PATH`.
fn installed() -> Option<&'static str> {
    static INSTALLED: OnceLock<Option<String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let output = Command::new("dotnet").arg("--list-runtimes").output().ok()?;
            newest_runtime(&String::from_utf8_lossy(&output.stdout))
        })
        .as_deref()
}

/// Picks the newest `Microsoft.NETCore.App` out of what `dotnet --list-runtimes` prints.
fn newest_runtime(list: &str) -> Option<String> {
    let numbers = |version: &str| -> Vec<u32> {
        version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
    };
    list.lines()
        .filter_map(|line| line.strip_prefix("Microsoft.NETCore.App ")?.split(' ').next())
        .max_by_key(|version| numbers(version))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_runtime_is_the_highest_by_number() {
        let list = "Microsoft.AspNetCore.App 11.0.0 [/x]\nMicrosoft.NETCore.App 9.0.5 [/x]\n\
                    Microsoft.NETCore.App 10.0.1 [/x]\nMicrosoft.NETCore.App 10.0.0-rc.1.25451.107 [/x]\n";
        assert_eq!(newest_runtime(list).as_deref(), Some("10.0.1"));
        assert_eq!(newest_runtime(""), None);
    }
}
