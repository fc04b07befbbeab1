//! How a monitor behaves.

use std::time::Duration;

use crate::counters::{CounterRequest, CounterSelection};

/// How a [`Monitor`](super::Monitor) behaves.
#[derive(Debug, Clone)]
pub struct MonitorConfig {
    /// Which counters, how often, within which limits.
    pub counters: CounterRequest,
    /// Time between two looks for processes that came or went.
    pub discovery_interval: Duration,
    /// How far the history in memory reaches back.
    pub history: Duration,
}

impl Default for MonitorConfig {
    /// The built-in counters and meters every second, a look for processes every second, fifteen minutes of history.
    fn default() -> Self {
        Self {
            counters: CounterRequest {
                selection: CounterSelection::built_in(),
                interval: Duration::from_secs(1),
                ..CounterRequest::default()
            },
            discovery_interval: Duration::from_secs(1),
            history: Duration::from_secs(15 * 60),
        }
    }
}
