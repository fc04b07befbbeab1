//! The loop that finds processes and gives each a watcher.

use std::collections::HashMap;
use std::sync::Arc;

use diagnostics_ipc::discovery::{Process, Scanner};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::identity;
use super::process::ProcessSummary;
use super::table::Key;
use super::{Shared, Update};

/// Runs until told to stop, then ends every watcher.
pub(super) async fn run(shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut scanner = Scanner::new();
    let boot_id = identity::boot_id();
    let mut watched: HashMap<Key, watch::Sender<bool>> = HashMap::new();
    let mut watchers = JoinSet::new();
    let mut tick = tokio::time::interval(shared.config.discovery_interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopped.changed() => break,
        }
        let scan = scanner.scan();
        let mut changed = shared.table.set_problems(scan.problems.iter().map(ToString::to_string).collect());
        let present: HashMap<Key, Process> = scan
            .processes
            .into_iter()
            .filter(|process| shared.config.filter.passes(process))
            .map(|process| ((process.pid, process.start_key), process))
            .collect();
        watched.retain(|key, gone| {
            let stays = present.contains_key(key);
            if !stays {
                // The watcher may have ended already; then nobody needs to hear of it.
                let _ = gone.send(true);
                shared.table.remove(*key);
                changed = true;
            }
            stays
        });
        for (key, process) in present {
            if let std::collections::hash_map::Entry::Vacant(slot) = watched.entry(key) {
                let summary = summary_of(&process, boot_id);
                let (end, ended) = watch::channel(false);
                slot.insert(end);
                shared.table.add(key, summary.clone(), history_capacity(&shared));
                watchers.spawn(super::watch::run(Arc::clone(&shared), key, summary, ended));
                changed = true;
            }
        }
        // Reap watchers of processes that are gone.
        while watchers.try_join_next().is_some() {}
        if changed {
            shared.announce();
        }
    }
    for end in watched.values() {
        let _ = end.send(true);
    }
    while watchers.join_next().await.is_some() {}
}

fn summary_of(process: &Process, boot_id: Uuid) -> ProcessSummary {
    ProcessSummary::found(process, identity::without_cookie(boot_id, process.pid, process.start_key))
}

fn history_capacity(shared: &Shared) -> usize {
    let interval = shared.config.counters.interval.as_secs_f64().max(0.1);
    (shared.config.history.as_secs_f64() / interval).ceil() as usize
}

impl Shared {
    /// Tells subscribers what processes there are.
    pub(super) fn announce(&self) {
        if self.updates.receiver_count() > 0 {
            // Fails only when the last subscriber left meanwhile.
            let _ = self.updates.send(Update::Processes(self.table.processes()));
        }
    }
}
