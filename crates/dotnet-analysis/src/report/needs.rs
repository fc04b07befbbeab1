//! What has to be asked of a process so that a report can be made.

/// A request of a session: providers, whether events carry stacks, and what is told at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Providers.
    pub providers: &'static [Provider],
    /// Whether the report uses the stacks of events. They are most of what events cost.
    pub stacks: bool,
    /// Keywords of the rundown, by which code gets its names; 0 when it is not needed.
    pub rundown: u64,
}

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// Its keywords.
    pub keywords: u64,
    /// Its level: 1 critical to 5 verbose.
    pub level: u8,
    /// Arguments, key and value.
    pub arguments: &'static [(&'static str, &'static str)],
}

/// Keywords of a rundown that names all methods: loader, JIT, ready-to-run code, at the end of the session (nettrace.md C.1).
pub const RUNDOWN_OF_NAMES: u64 = 0x8 | 0x10 | 0x20 | 0x100;
