//! What a request of the HTTP client spends its time with.

use serde::Serialize;

use crate::distribution::Distribution;

/// A part of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Waiting for a connection, or for a place on one. Setting up a connection is a part of it.
    Queue,
    /// Looking up the address of the host, in the queue.
    Dns,
    /// Connecting, in the queue.
    Connect,
    /// The TLS handshake, in the queue.
    Tls,
    /// Sending the headers of the request.
    RequestHeaders,
    /// Sending the content of the request.
    RequestContent,
    /// From the request's last byte to the answer's first: the server and the network.
    Waiting,
    /// Reading the headers of the answer.
    ResponseHeaders,
    /// Reading the content of the answer.
    ResponseContent,
}

impl Phase {
    /// All, in their order in time.
    pub const ALL: [Self; 9] = [
        Self::Queue,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::RequestHeaders,
        Self::RequestContent,
        Self::Waiting,
        Self::ResponseHeaders,
        Self::ResponseContent,
    ];

    /// What it is called in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Dns => "DNS",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::RequestHeaders => "send headers",
            Self::RequestContent => "send content",
            Self::Waiting => "wait for answer",
            Self::ResponseHeaders => "read headers",
            Self::ResponseContent => "read content",
        }
    }

    /// What a request is doing in it, in a sentence.
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::Queue => "waiting for a connection",
            Self::Dns => "looking up the host's address",
            Self::Connect => "connecting",
            Self::Tls => "in TLS handshakes",
            Self::RequestHeaders => "sending headers",
            Self::RequestContent => "sending content",
            Self::Waiting => "waiting for the server's answer",
            Self::ResponseHeaders => "reading headers",
            Self::ResponseContent => "reading content",
        }
    }

    /// Whether it is a part of another phase.
    fn is_part(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::Tls)
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|phase| *phase == self).unwrap_or(0)
    }
}

/// Time by phase, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PhaseTimes([u64; Phase::ALL.len()]);

impl PhaseTimes {
    pub(super) fn add(&mut self, phase: Phase, nanos: i64) {
        if let Some(sum) = self.0.get_mut(phase.index()) {
            *sum = sum.saturating_add(u64::try_from(nanos).unwrap_or(0));
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (sum, nanos) in self.0.iter_mut().zip(&other.0) {
            *sum = sum.saturating_add(*nanos);
        }
    }

    pub(super) fn of(&self, phase: Phase) -> u64 {
        self.0.get(phase.index()).copied().unwrap_or(0)
    }

    /// The longest phase, the parts of one instead of it where they make up most of it; `None` when there is no time in any.
    pub(super) fn longest(&self) -> Option<(Phase, u64)> {
        let whole = Phase::ALL.into_iter().filter(|phase| !phase.is_part());
        let (phase, nanos) = whole.map(|phase| (phase, self.of(phase))).max_by_key(|(_, nanos)| *nanos)?;
        let part = Phase::ALL.into_iter().filter(|part| part.is_part() && phase == Phase::Queue);
        let part = part.map(|part| (part, self.of(part))).max_by_key(|(_, nanos)| *nanos);
        let longest = part.filter(|(_, part)| *part > nanos / 2).unwrap_or((phase, nanos));
        (longest.1 > 0).then_some(longest)
    }
}

/// How long requests were in a phase, of those that had it.
#[derive(Debug, Clone, Default)]
pub(super) struct PhaseDistributions([Distribution; Phase::ALL.len()]);

impl PhaseDistributions {
    /// A request has ended.
    pub(super) fn record(&mut self, times: &PhaseTimes) {
        for (distribution, nanos) in self.0.iter_mut().zip(&times.0).filter(|(_, nanos)| **nanos > 0) {
            distribution.record(i64::try_from(*nanos).unwrap_or(i64::MAX));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Phase, &Distribution)> {
        Phase::ALL.into_iter().zip(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phase_is_told_as_exactly_as_it_is_known() {
        let mut times = PhaseTimes::default();
        assert_eq!(times.longest(), None);
        times.add(Phase::Waiting, 40);
        times.add(Phase::Queue, 100);
        times.add(Phase::Connect, 10);
        assert_eq!(times.longest(), Some((Phase::Queue, 100)));
        times.add(Phase::Tls, 80);
        assert_eq!(times.longest(), Some((Phase::Tls, 80)));
        times.add(Phase::Waiting, 100);
        assert_eq!(times.longest(), Some((Phase::Waiting, 140)));
        times.add(Phase::Waiting, -5);
        assert_eq!(times.of(Phase::Waiting), 140);
    }
}
