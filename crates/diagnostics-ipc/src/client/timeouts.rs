//! How long to wait for what.

use std::time::Duration;

/// How long the client waits. Every wait has a limit, since a process that is stopped or hung accepts
/// connections and answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For commands a runtime answers at once (process info, starting a session, ...), from connecting to the
    /// end of the reply. Default: 3 s.
    ///
    /// A runtime handles one command at a time, so this includes what another tool asks for meanwhile.
    pub command: Duration,
    /// For commands that make the runtime work (perf maps, startup hooks, profilers). Default: 30 s.
    pub slow_command: Duration,
    /// For a dump, which a runtime answers when it is written. Default: 10 min.
    pub dump: Duration,
    /// For a session to stop while neither the answer nor any byte of its stream arrives. Default: 20 s.
    ///
    /// A runtime sends the first byte of its rundown when it has described everything, which takes more than
    /// proportionally long where much was compiled: 1 s for 27,000 methods of generic types, 7 s for 54,000.
    pub stop_idle: Duration,
    /// For a session to stop in all. Default: 5 min, since the rundown of a large process is long.
    pub stop: Duration,
    /// For the background stop of a session that was dropped without one. Default: 10 s.
    pub background_stop: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            command: Duration::from_secs(3),
            slow_command: Duration::from_secs(30),
            dump: Duration::from_secs(600),
            stop_idle: Duration::from_secs(20),
            stop: Duration::from_secs(300),
            background_stop: Duration::from_secs(10),
        }
    }
}
