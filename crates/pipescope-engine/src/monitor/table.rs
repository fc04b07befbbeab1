//! Where the watchers publish and everybody else reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::board::{Board, Standing, Track};
use super::history::History;
use super::identity::Labels;
use super::process::{ProcessState, ProcessSummary};
use crate::counters::Series;

/// A process as the system knows it: pid and start time.
pub(super) type Key = (u32, u64);

#[derive(Debug, Default)]
pub(super) struct Table {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    labels: Labels,
    problems: Arc<[String]>,
}

#[derive(Debug)]
struct Entry {
    summary: ProcessSummary,
    series: Vec<Series>,
    standings: Vec<Standing>,
    tracks: Arc<[Track]>,
    history: History,
    lost_events: u64,
}

/// One process's figures, as [`Monitor::visit`](super::Monitor::visit) shows them.
#[derive(Debug)]
pub struct ProcessView<'a> {
    /// The process.
    pub summary: &'a ProcessSummary,
    /// Its series, by `SeriesId`.
    pub series: &'a [Series],
    /// Their figures, by `SeriesId`.
    pub standings: &'a [Standing],
    /// Events that the runtime dropped because the session's buffer was full.
    pub lost_events: u64,
    pub(super) tracks: &'a Arc<[Track]>,
    pub(super) history: &'a History,
}

impl Entry {
    fn view(&self) -> ProcessView<'_> {
        ProcessView {
            summary: &self.summary,
            series: &self.series,
            standings: &self.standings,
            lost_events: self.lost_events,
            tracks: &self.tracks,
            history: &self.history,
        }
    }
}

impl Table {
    /// Adds a process that was found; its label comes when it is known who it is.
    pub(super) fn add(&self, key: Key, summary: ProcessSummary, history_capacity: usize) {
        let mut state = self.lock();
        let entry = Entry {
            summary,
            series: Vec::new(),
            standings: Vec::new(),
            tracks: Arc::new([]),
            history: History::new(history_capacity),
            lost_events: 0,
        };
        state.entries.insert(key, entry);
        state.label(key);
    }

    /// Removes a process that is gone.
    pub(super) fn remove(&self, key: Key) {
        let mut state = self.lock();
        if let Some(entry) = state.entries.remove(&key) {
            state.labels.free(entry.summary.uid);
        }
    }

    /// Changes what is known of a process, and labels it anew should that tell who it is.
    pub(super) fn change(&self, key: Key, change: impl FnOnce(&mut ProcessSummary)) {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(&key) else { return };
        let before = entry.summary.uid;
        change(&mut entry.summary);
        state.labels.free(before);
        state.label(key);
    }

    /// Sets a process's state; says whether it was another one before.
    pub(super) fn set_state(&self, key: Key, new: ProcessState) -> bool {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(&key) else { return false };
        let changed = entry.summary.state != new;
        entry.summary.state = new;
        changed
    }

    /// Publishes a process's figures of one interval.
    pub(super) fn publish(
        &self,
        key: Key,
        board: &Board,
        series: &[Series],
        lost_events: u64,
        tracks: Option<&Arc<[Track]>>,
        batch: &super::SampleBatch,
    ) {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(&key) else { return };
        if entry.series.len() != series.len() {
            entry.series = series.to_vec();
        }
        entry.standings.clear();
        entry.standings.extend(board.standings().map(|(_, standing)| standing.clone()));
        if let Some(tracks) = tracks {
            entry.tracks = Arc::clone(tracks);
        }
        entry.lost_events = lost_events;
        if !batch.values.is_empty() {
            entry.history.push(batch.time_unix_ms, &batch.values);
        }
    }

    pub(super) fn set_problems(&self, problems: Vec<String>) -> bool {
        let mut state = self.lock();
        let changed = *state.problems != *problems;
        if changed {
            state.problems = problems.into();
        }
        changed
    }

    pub(super) fn problems(&self) -> Arc<[String]> {
        Arc::clone(&self.lock().problems)
    }

    /// Every process, by label.
    pub(super) fn processes(&self) -> Arc<[ProcessSummary]> {
        let state = self.lock();
        let mut all: Vec<ProcessSummary> =
            state.entries.values().map(|entry| entry.summary.clone()).collect();
        all.sort_by(|a, b| a.label.cmp(&b.label).then(a.pid.cmp(&b.pid)));
        all.into()
    }

    pub(super) fn read<T>(&self, uid: Uuid, read: impl FnOnce(&ProcessView<'_>) -> T) -> Option<T> {
        let state = self.lock();
        state.entries.values().find(|entry| entry.summary.uid == uid).map(|entry| read(&entry.view()))
    }

    pub(super) fn visit(&self, visit: &mut dyn FnMut(&ProcessView<'_>)) {
        let state = self.lock();
        let mut entries: Vec<&Entry> = state.entries.values().collect();
        entries.sort_by(|a, b| a.summary.label.cmp(&b.summary.label));
        for entry in entries {
            visit(&entry.view());
        }
    }

    /// The table stays usable after a panic elsewhere: every change to it is complete in itself.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn label(&mut self, key: Key) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.summary.label = self.labels.take(entry.summary.application(), entry.summary.uid);
        }
    }
}
