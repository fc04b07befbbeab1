//! A fold over events: how many there are of each kind.

use std::collections::HashMap;

use dotnet_events::names;
use nettrace::{Event, Sink};

/// Kinds that are told apart; runtimes have a few hundred. Events of further kinds are counted together.
const MAX_KINDS: usize = 1 << 16;

/// Bytes of providers and names of those. Beyond it they are counted together too.
const MAX_KIND_BYTES: usize = 64 << 20;

/// Definitions whose kind is found by their number. That of further ones is looked up for every event.
const MAX_NUMBERED: usize = 1 << 16;

/// Counts events by kind.
#[derive(Debug, Default)]
pub(crate) struct EventCounts {
    kinds: Vec<(Kind, Count)>,
    positions: HashMap<Kind, usize>,
    /// Bytes of their providers and names.
    kind_bytes: usize,
    /// Position in `kinds` by number of the definition.
    by_definition: Vec<Option<usize>>,
    /// Events of kinds for which there was no room.
    of_other_kinds: Count,
    last_ticks: Option<i64>,
}

/// What makes events the same. The order is that of reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) provider: String,
    pub(crate) id: u32,
    pub(crate) version: u32,
    pub(crate) name: String,
}

/// How many events there are, and how large they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: u64,
    pub(crate) payload_bytes: u64,
}

impl Count {
    fn add(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.payload_bytes += event.payload.len() as u64;
    }
}

impl EventCounts {
    /// The kinds with their counts, by provider, id, version and name.
    pub(crate) fn sorted(&self) -> Vec<(&Kind, Count)> {
        let mut kinds: Vec<_> = self.kinds.iter().map(|(kind, count)| (kind, *count)).collect();
        kinds.sort_unstable_by_key(|(kind, _)| *kind);
        kinds
    }

    /// Events of kinds beyond the number of kinds that are told apart.
    pub(crate) fn of_other_kinds(&self) -> Count {
        self.of_other_kinds
    }

    /// When the last event happened, in ticks of the trace's clock; `None` where there is no event.
    pub(crate) fn last_ticks(&self) -> Option<i64> {
        self.last_ticks
    }

    /// The position of an event's kind, `None` where there is no room for it.
    fn position(&mut self, event: &Event<'_>) -> Option<usize> {
        let number = event.metadata.index as usize;
        // Labels may say otherwise than the definition.
        let is_as_defined = event.labels().is_empty();
        if let (true, Some(Some(position))) = (is_as_defined, self.by_definition.get(number)) {
            return Some(*position);
        }
        let position = self.look_up(event)?;
        if is_as_defined && number < MAX_NUMBERED && !names::is_named_by_payload(event.metadata) {
            if self.by_definition.len() <= number {
                self.by_definition.resize(number + 1, None);
            }
            self.by_definition[number] = Some(position);
        }
        Some(position)
    }

    fn look_up(&mut self, event: &Event<'_>) -> Option<usize> {
        let kind = Kind {
            provider: event.metadata.provider.clone(),
            id: event.metadata.event_id,
            version: event.version(),
            name: names::event_name(event).into_owned(),
        };
        if let Some(position) = self.positions.get(&kind) {
            return Some(*position);
        }
        let position = self.kinds.len();
        let bytes = self.kind_bytes.saturating_add(kind.provider.len()).saturating_add(kind.name.len());
        if position >= MAX_KINDS || bytes > MAX_KIND_BYTES {
            return None;
        }
        self.kind_bytes = bytes;
        self.kinds.push((kind.clone(), Count::default()));
        self.positions.insert(kind, position);
        Some(position)
    }
}

impl Sink for EventCounts {
    fn event(&mut self, event: &Event<'_>) {
        let position = self.position(event);
        match position.and_then(|position| self.kinds.get_mut(position)) {
            Some((_, count)) => count.add(event),
            None => self.of_other_kinds.add(event),
        }
        self.last_ticks = self.last_ticks.max(Some(event.timestamp));
    }
}
