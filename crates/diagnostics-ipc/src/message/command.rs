//! The commands of the protocol, as a table.

use std::fmt;

/// Declares the commands once: name, command set, id, and the first .NET version that has it.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $set:literal $id:literal $since:literal;)*) => {
        /// A command a tool can send to a runtime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Command {
            $($(#[$doc])* $name,)*
        }

        impl Command {
            /// Every command, in the order of the protocol.
            pub const ALL: &[Command] = &[$(Command::$name,)*];

            /// The name in the protocol's terms.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Command::$name => stringify!($name),)* }
            }

            /// The command set on the wire: 1 dump, 2 event pipe, 3 profiler, 4 process.
            #[must_use]
            pub const fn set(self) -> u8 {
                match self { $(Command::$name => $set,)* }
            }

            /// The command id on the wire, within its set.
            #[must_use]
            pub const fn id(self) -> u8 {
                match self { $(Command::$name => $id,)* }
            }

            /// The first .NET version whose runtime has the command, such as `6.0`.
            #[must_use]
            pub const fn since(self) -> &'static str {
                match self { $(Command::$name => $since,)* }
            }

            /// The command that a set and an id stand for.
            #[must_use]
            pub fn from_wire(set: u8, id: u8) -> Option<Command> {
                match (set, id) {
                    $(($set, $id) => Some(Command::$name),)*
                    _ => None,
                }
            }
        }
    };
}

commands! {
    /// Write a core dump.
    GenerateCoreDump 0x01 0x01 "3.0";
    /// Write a core dump, with flags.
    GenerateCoreDump2 0x01 0x02 "6.0";
    /// Write a core dump, with flags; a refusal carries a text.
    GenerateCoreDump3 0x01 0x03 "7.0";
    /// End a session.
    StopTracing 0x02 0x01 "3.0";
    /// Start a session.
    CollectTracing 0x02 0x02 "3.0";
    /// Start a session, with or without rundown.
    CollectTracing2 0x02 0x03 "3.1";
    /// Start a session, with or without stacks.
    CollectTracing3 0x02 0x04 "8.0";
    /// Start a session with chosen rundown keywords.
    CollectTracing4 0x02 0x05 "9.0";
    /// Start a session with event filters, or into `user_events`.
    CollectTracing5 0x02 0x06 "10.0";
    /// Start a session that blocks the writers instead of dropping events.
    CollectTracing6 0x02 0x07 "11.0";
    /// Load a profiler into the running process.
    AttachProfiler 0x03 0x01 "3.0";
    /// Name the profiler to load at startup.
    StartupProfiler 0x03 0x02 "6.0";
    /// Who are you?
    ProcessInfo 0x04 0x00 "5.0";
    /// Go on after a suspended startup.
    ResumeRuntime 0x04 0x01 "5.0";
    /// The environment variables.
    ProcessEnvironment 0x04 0x02 "6.0";
    /// Set an environment variable of the runtime.
    SetEnvironmentVariable 0x04 0x03 "6.0";
    /// Who are you, with entry assembly and version.
    ProcessInfo2 0x04 0x04 "6.0";
    /// Write symbol maps for `perf`.
    EnablePerfMap 0x04 0x05 "8.0";
    /// Stop writing symbol maps.
    DisablePerfMap 0x04 0x06 "8.0";
    /// Load a startup hook.
    ApplyStartupHook 0x04 0x07 "8.0";
    /// Who are you, with the portable runtime identifier.
    ProcessInfo3 0x04 0x08 "8.0";
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_its_number() {
        for command in Command::ALL {
            assert_eq!(Command::from_wire(command.set(), command.id()), Some(*command));
        }
        assert_eq!(Command::from_wire(4, 0x63), None);
        assert_eq!(Command::from_wire(0xFF, 0), None);
    }
}
