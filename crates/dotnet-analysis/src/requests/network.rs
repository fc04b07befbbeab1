//! What requests rest on: DNS lookups, connections of sockets, TLS handshakes.

use dotnet_events::event_sources::{name_resolution, security, sockets};
use nettrace::{Event, Uuid};

use super::open::Open;
use super::phases::Phase;
use super::{MAX_OPEN, MAX_TEXTS};
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::texts::{TextId, Texts};

/// Names, addresses and hosts told apart, of each.
const MAX_KEYS: usize = 1_000;

/// Operations of one kind.
#[derive(Debug)]
pub(super) struct Operations {
    open: Open<Uuid, Operation>,
    pub(super) started: u64,
    /// Of those whose both ends were seen.
    pub(super) durations: Distribution,
    pub(super) failed: u64,
    pub(super) by_target: Bounded<TextId, Of>,
}

/// An operation that has begun.
#[derive(Debug)]
struct Operation {
    start: i64,
    parent: Uuid,
    target: TextId,
    has_failed: bool,
}

/// Operations on one target.
#[derive(Debug, Default)]
pub(super) struct Of {
    pub(super) failed: u64,
    pub(super) durations: Distribution,
}

/// Time that was spent for whatever has that activity.
pub(super) type Spent = (Uuid, Phase, i64);

/// What is known of the network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) texts: Texts,
    pub(super) lookups: Operations,
    pub(super) connects: Operations,
    /// Of clients.
    pub(super) handshakes: Operations,
    /// Of servers.
    pub(super) served_handshakes: Operations,
    /// Handshakes by protocol.
    pub(super) protocols: Bounded<u32, u64>,
    pub(super) accepted: u64,
    pub(super) accepts_failed: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            texts: Texts::new(MAX_TEXTS),
            lookups: Operations::default(),
            connects: Operations::default(),
            handshakes: Operations::default(),
            served_handshakes: Operations::default(),
            protocols: Bounded::new(MAX_KEYS),
            accepted: 0,
            accepts_failed: 0,
        }
    }
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            open: Open::new(MAX_OPEN),
            started: 0,
            durations: Distribution::default(),
            failed: 0,
            by_target: Bounded::new(MAX_KEYS),
        }
    }
}

impl Network {
    pub(super) fn name_resolution(
        &mut self,
        event: &Event<'_>,
        decoded: &name_resolution::Event<'_>,
    ) -> Option<Spent> {
        match decoded {
            name_resolution::Event::ResolutionStart(start) => {
                self.lookups.begin(event, self.texts.keep(start.hostNameOrAddress));
            }
            name_resolution::Event::ResolutionFailed(_) => self.lookups.fail(event),
            name_resolution::Event::ResolutionStop(_) => return self.lookups.end(event, Phase::Dns),
            _ => {}
        }
        None
    }

    pub(super) fn sockets(&mut self, event: &Event<'_>, decoded: &sockets::Event<'_>) -> Option<Spent> {
        match decoded {
            sockets::Event::ConnectStart(start) => {
                self.connects.begin(event, self.texts.keep(start.address));
            }
            sockets::Event::ConnectFailed(_) => self.connects.fail(event),
            sockets::Event::ConnectStop(_) => return self.connects.end(event, Phase::Connect),
            // A server waits for connections all the time: that it does so is not worth a duration.
            sockets::Event::AcceptStop(_) => self.accepted += 1,
            sockets::Event::AcceptFailed(_) => self.accepts_failed += 1,
            _ => {}
        }
        None
    }

    pub(super) fn security(&mut self, event: &Event<'_>, decoded: &security::Event<'_>) -> Option<Spent> {
        match decoded {
            security::Event::HandshakeStart(start) => {
                let target = self.texts.keep(start.targetHost);
                let handshakes =
                    if start.isServer { &mut self.served_handshakes } else { &mut self.handshakes };
                handshakes.begin(event, target);
            }
            security::Event::HandshakeFailed(failed) => {
                let handshakes =
                    if failed.isServer { &mut self.served_handshakes } else { &mut self.handshakes };
                handshakes.fail(event);
            }
            security::Event::HandshakeStop(stop) => {
                let bits = stop.protocol.bits();
                if bits != 0
                    && let Some(count) = self.protocols.entry(bits, || 0)
                {
                    *count += 1;
                }
                let spent = self.handshakes.end(event, Phase::Tls);
                return spent.or_else(|| self.served_handshakes.end(event, Phase::Tls));
            }
            _ => {}
        }
        None
    }

    /// Operations that were forgotten since there were too many at a time.
    pub(super) fn dropped(&self) -> u64 {
        [&self.lookups, &self.connects, &self.handshakes, &self.served_handshakes]
            .iter()
            .map(|operations| operations.open.dropped())
            .sum()
    }
}

impl Operations {
    fn begin(&mut self, event: &Event<'_>, target: TextId) {
        self.started += 1;
        if !event.activity_id.is_nil() {
            let (start, parent) = (event.relative_nanos(), event.related_activity_id);
            self.open.begin(event.activity_id, Operation { start, parent, target, has_failed: false });
        }
    }

    /// The end is told too, behind this.
    fn fail(&mut self, event: &Event<'_>) {
        self.failed += 1;
        if let Some(operation) = self.open.get_mut(&event.activity_id) {
            operation.has_failed = true;
        }
    }

    fn end(&mut self, event: &Event<'_>, phase: Phase) -> Option<Spent> {
        let operation = self.open.end(&event.activity_id)?;
        let nanos = event.relative_nanos() - operation.start;
        self.durations.record(nanos);
        if let Some(of) = self.by_target.entry(operation.target, Of::default) {
            of.durations.record(nanos);
            of.failed += u64::from(operation.has_failed);
        }
        Some((operation.parent, phase, nanos))
    }
}
