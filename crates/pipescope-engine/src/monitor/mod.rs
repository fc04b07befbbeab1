//! Every .NET process of the machine, watched.
//!
//! A [`Monitor`] looks for processes, keeps one counters session on each, and remembers what they said. Tasks own
//! what they work on: the discovery loop the set of processes, each watcher its session and its figures. What they
//! publish meets in one table, behind a lock that is never held across a wait.

mod board;
mod config;
mod discovery;
mod history;
mod identity;
mod process;
mod table;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use diagnostics_ipc::client::Client;
use tokio::sync::broadcast;
use uuid::Uuid;

pub use board::{Part, Standing, Track, TrackId};
pub use config::{MonitorConfig, ProcessFilter};
pub use history::HistorySnapshot;
pub use process::{ProcessState, ProcessSummary};
pub use table::ProcessView;
use table::Table;

/// Updates that a subscriber may fall behind before it loses the oldest (and is told how many).
const UPDATE_BACKLOG: usize = 256;

/// How long [`Monitor::shutdown`] waits for sessions to end in good order.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// Something changed.
#[derive(Debug, Clone)]
pub enum Update {
    /// A process came, went, or changed its state: the whole list, by label.
    Processes(Arc<[ProcessSummary]>),
    /// A process has new tracks: all of them, by [`TrackId`].
    Tracks {
        /// Which process.
        uid: Uuid,
        /// Its tracks.
        tracks: Arc<[Track]>,
    },
    /// A process's values of one interval.
    Samples(Arc<SampleBatch>),
}

/// The values of one process at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleBatch {
    /// Which process.
    pub uid: Uuid,
    /// When, milliseconds since the Unix epoch.
    pub time_unix_ms: i64,
    /// The tracks that said something, and what.
    pub values: Vec<(TrackId, f64)>,
}

/// The recent past of one process.
#[derive(Debug, Clone)]
pub struct CountersSnapshot {
    /// The process.
    pub process: ProcessSummary,
    /// Seconds between two values.
    pub interval_seconds: f64,
    /// Its tracks, by [`TrackId`].
    pub tracks: Arc<[Track]>,
    /// Their values.
    pub history: HistorySnapshot,
}

/// Watches every .NET process that it can see. Cheap to clone; all clones are the same monitor.
#[derive(Debug, Clone)]
pub struct Monitor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: MonitorConfig,
    table: Table,
    updates: broadcast::Sender<Update>,
    stop: tokio::sync::watch::Sender<bool>,
    discovery: std::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Monitor {
    /// Starts watching, on the tokio runtime this is called in.
    #[must_use]
    pub fn start(config: MonitorConfig) -> Self {
        let (updates, _) = broadcast::channel(UPDATE_BACKLOG);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let shared = Arc::new(Shared {
            config,
            table: Table::default(),
            updates,
            stop,
            discovery: std::sync::Mutex::default(),
        });
        let task = tokio::spawn(discovery::run(Arc::clone(&shared), stopped));
        if let Ok(mut slot) = shared.discovery.lock() {
            *slot = Some(task);
        }
        Self { shared }
    }

    /// The processes there are, by label.
    #[must_use]
    pub fn processes(&self) -> Arc<[ProcessSummary]> {
        self.shared.table.processes()
    }

    /// One of them.
    #[must_use]
    pub fn process(&self, uid: Uuid) -> Option<ProcessSummary> {
        self.processes().iter().find(|process| process.uid == uid).cloned()
    }

    /// A client for commands to one of them.
    #[must_use]
    pub fn client(&self, uid: Uuid) -> Option<Client> {
        self.process(uid).map(|process| process.client)
    }

    /// What the counters of a process said after `since_unix_ms`, or all that is remembered.
    #[must_use]
    pub fn counters(&self, uid: Uuid, since_unix_ms: Option<i64>) -> Option<CountersSnapshot> {
        self.shared.table.read(uid, |view| CountersSnapshot {
            process: view.summary.clone(),
            interval_seconds: self.shared.config.counters.interval.as_secs_f64(),
            tracks: Arc::clone(view.tracks),
            history: view.history.snapshot(since_unix_ms),
        })
    }

    /// Processes that are there but cannot be watched at all, one line each: another user's, a stale socket.
    #[must_use]
    pub fn problems(&self) -> Arc<[String]> {
        self.shared.table.problems()
    }

    /// Shows every process's figures to `visit`, by label. The table is locked meanwhile: be brief, do not wait.
    pub fn visit(&self, visit: &mut dyn FnMut(&ProcessView<'_>)) {
        self.shared.table.visit(visit);
    }

    /// How this monitor was configured.
    #[must_use]
    pub fn config(&self) -> &MonitorConfig {
        &self.shared.config
    }

    /// Changes from now on. A subscriber that falls behind loses the oldest and is told how many.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.shared.updates.subscribe()
    }

    /// Stops every session and every task; returns when all have ended, or after five seconds.
    pub async fn shutdown(&self) {
        // Without receivers there is nobody left to stop.
        let _ = self.shared.stop.send(true);
        let task = self.shared.discovery.lock().ok().and_then(|mut slot| slot.take());
        if let Some(task) = task
            && tokio::time::timeout(SHUTDOWN_LIMIT, task).await.is_err()
        {
            tracing::warn!("some sessions did not end within {SHUTDOWN_LIMIT:?}");
        }
    }
}
