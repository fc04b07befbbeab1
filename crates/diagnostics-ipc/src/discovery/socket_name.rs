//! The name a runtime gives its socket.

use std::fmt;

/// `dotnet-diagnostic-{pid}-{key}-socket`.
///
/// The pid is the one the process sees itself. The key is when the process started, in clock ticks since boot
/// (field 22 of `/proc/PID/stat`); it keeps a process whose pid was used before apart from its predecessor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketName {
    /// The process id, in the process's own pid namespace.
    pub pid: u32,
    /// When the process started, in clock ticks since boot.
    pub start_key: u64,
}

const PREFIX: &str = "dotnet-diagnostic-";
const SUFFIX: &str = "-socket";

impl SocketName {
    /// Reads a file name.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<SocketName> {
        let (pid, key) = file_name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split_once('-')?;
        Some(SocketName { pid: decimal(pid)?, start_key: decimal(key)? })
    }
}

impl fmt::Display for SocketName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}-{}{SUFFIX}", self.pid, self.start_key)
    }
}

/// Digits only: `parse` alone would accept a sign.
fn decimal<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_runtimes_are_read() {
        let name = SocketName { pid: 1381, start_key: 214_188 };
        assert_eq!(SocketName::parse("dotnet-diagnostic-1381-214188-socket"), Some(name));
        assert_eq!(name.to_string(), "dotnet-diagnostic-1381-214188-socket");
        for other in [
            "dotnet-diagnostic-dsrouter-1381-1700000000-socket",
            "dotnet-diagnostic-1381-socket",
            "dotnet-diagnostic-1381-214188",
            "dotnet-diagnostic-+1-2-socket",
            "dotnet-diagnostic-1-2-3-socket",
            "dotnet-diagnostic--2-socket",
            "dotnet-diagnostic-99999999999-2-socket",
            "clr-debug-pipe-1-2-in",
            "",
        ] {
            assert_eq!(SocketName::parse(other), None, "{other}");
        }
    }
}
