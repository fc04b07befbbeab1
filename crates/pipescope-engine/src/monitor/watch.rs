//! The watcher of one process: connects, listens, publishes once per interval, and tries again when that fails.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diagnostics_ipc::message::ProcessInfo;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::board::{Board, Track, TrackId};
use super::process::{ProcessState, ProcessSummary};
use super::table::Key;
use super::{SampleBatch, Shared, Update};
use crate::counters::{CounterError, CounterFold, CounterSession, Precedence, Reading, Status};
use crate::settling;

/// Pauses between attempts on a process that cannot be watched.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// Intervals without a value after which a process counts as silent.
const SILENT_AFTER: u32 = 5;

/// A runtime hands its stream over in pieces of a few bytes. Waiting this long after the first of them lets a batch
/// gather, which saves us and the target most of the wake-ups; what is shown is as old anyway.
const GATHER: Duration = Duration::from_millis(20);

/// Watches the process until told that it is gone or that the program ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    key: Key,
    summary: ProcessSummary,
    mut ended: watch::Receiver<bool>,
) {
    let mut watcher = Watcher {
        fold: CounterFold::new(shared.config.counters.selection.clone(), Precedence::Both),
        shared,
        key,
        summary,
        board: Board::default(),
        values: Vec::new(),
        tracks: Arc::new([]),
    };
    let mut pause = FIRST_RETRY;
    loop {
        let outcome = tokio::select! {
            outcome = watcher.open() => outcome,
            _ = ended.changed() => return,
        };
        let failed = match outcome {
            Ok(session) => {
                pause = FIRST_RETRY;
                match watcher.listen(session, &mut ended).await {
                    End::Told => return,
                    // Nearly always the process is ending, and discovery will say so in a moment.
                    End::Stream => None,
                    End::Failed(error) => Some(error),
                }
            }
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            tracing::debug!(pid = watcher.summary.pid, %error, "not watched");
            watcher.state(ProcessState::Failed { reason: error.to_string().into() });
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ended.changed() => return,
        }
        pause = (pause * 2).min(LAST_RETRY);
    }
}

/// Why listening ended.
enum End {
    /// The process is gone, or the program ends.
    Told,
    /// The runtime closed the stream.
    Stream,
    /// The connection or the stream failed.
    Failed(CounterError),
}

struct Watcher {
    shared: Arc<Shared>,
    key: Key,
    summary: ProcessSummary,
    fold: CounterFold,
    board: Board,
    values: Vec<(TrackId, f64)>,
    tracks: Arc<[Track]>,
}

impl Watcher {
    /// Asks who the process is and opens the session.
    async fn open(&mut self) -> Result<CounterSession, CounterError> {
        let info = self.identify().await?;
        let (pid, start_key) = self.key;
        if !settling::is_settled(pid, start_key) {
            self.state(ProcessState::Starting);
            settling::settled(pid, start_key).await;
        }
        let fold = CounterFold::new(self.shared.config.counters.selection.clone(), Precedence::Both);
        let fold = std::mem::replace(&mut self.fold, fold);
        let request = &self.shared.config.counters;
        CounterSession::resume(&self.summary.client, info.as_ref(), request, fold).await
    }

    async fn identify(&mut self) -> Result<Option<ProcessInfo>, CounterError> {
        match self.summary.client.process_info().await {
            Ok(info) => {
                self.summary.learn(&info);
                let learned = info.clone();
                self.shared.table.change(self.key, |summary| summary.learn(&learned));
                Ok(Some(info))
            }
            // .NET Core 3.1 does not answer this question, and is watched all the same.
            Err(error) if error.is_unsupported() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn listen(&mut self, mut session: CounterSession, ended: &mut watch::Receiver<bool>) -> End {
        self.state(ProcessState::Watching);
        let interval = self.shared.config.counters.interval;
        let nominal_seconds = interval.as_secs_f64();
        let mut tick = tokio::time::interval_at(Instant::now() + interval, interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent_ticks = 0;
        loop {
            let board = &mut self.board;
            let mut deliver = |reading: &Reading<'_>| board.read(reading, nominal_seconds);
            tokio::select! {
                status = session.next(&mut deliver) => match status {
                    Ok(Status::Open) => tokio::time::sleep(GATHER).await,
                    Ok(Status::Ended) => {
                        self.fold = session.into_fold();
                        return End::Stream;
                    }
                    Err(error) => {
                        self.fold = session.into_fold();
                        return End::Failed(error);
                    }
                },
                _ = tick.tick() => {
                    for notice in session.take_notices() {
                        tracing::info!(pid = self.summary.pid, "{notice}");
                    }
                    let said_something = self.publish(&session);
                    silent_ticks = if said_something { 0 } else { silent_ticks + 1 };
                    let state = if silent_ticks < SILENT_AFTER { ProcessState::Watching } else { ProcessState::Silent };
                    self.state(state);
                }
                _ = ended.changed() => {
                    if let Err(error) = session.stop(&mut |_| {}).await {
                        tracing::debug!(pid = self.summary.pid, %error, "the session's end was not confirmed");
                    }
                    return End::Told;
                }
            }
        }
    }

    /// Publishes the values of one interval; says whether there were any.
    fn publish(&mut self, session: &CounterSession) -> bool {
        self.board.take_values(&mut self.values);
        let time_unix_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let batch =
            SampleBatch { uid: self.summary.uid, time_unix_ms, values: std::mem::take(&mut self.values) };
        let new_tracks = self.board.take_changed().then(|| {
            self.tracks = self.board.tracks().into();
            &self.tracks
        });
        self.shared.table.publish(
            self.key,
            &self.board,
            session.series(),
            session.lost_events(),
            new_tracks,
            &batch,
        );
        let said_something = !batch.values.is_empty();
        if self.shared.updates.receiver_count() == 0 {
            self.values = batch.values;
            return said_something;
        }
        // Sending fails only when the last subscriber left meanwhile.
        if let Some(tracks) = new_tracks {
            let _ = self.shared.updates.send(Update::Tracks { uid: batch.uid, tracks: Arc::clone(tracks) });
        }
        if said_something {
            let _ = self.shared.updates.send(Update::Samples(Arc::new(batch)));
        }
        said_something
    }

    fn state(&mut self, state: ProcessState) {
        if self.shared.table.set_state(self.key, state) {
            self.shared.announce();
        }
    }
}
