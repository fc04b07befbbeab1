//! What every managed thread of a process is doing now.
//!
//! The shortest session there is: opened, and stopped at once. The runtime lets the sampler finish its first round before it
//! ends the session, so every thread has been seen by then. What takes the time is the runtime's own pace: it writes a
//! session's events ten times a second.
//!
//! What the system knows of the threads is read twice, before and after, which tells the threads that ran in between from those
//! that did not.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use diagnostics_ipc::client::{Client, Error, Session};
use diagnostics_ipc::discovery::Process;
use diagnostics_ipc::request::SessionRequest;
use dotnet_analysis::Analysis;
use dotnet_analysis::report::Facts;
use dotnet_analysis::snapshot::{Moment, Snapshot, SnapshotAnswer, SystemThread};
use nettrace::Decoder;
use tokio::time::{Instant, sleep_until};

use crate::native_code;

/// How long a session is left open so that the sampler begins. It does so at once, but on a busy machine.
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// How long the sampler is waited for where it was not seen in that time.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `/proc` gives at once.
const PAGE: usize = 4096;

/// How much of a stream is read at once.
const CHUNK: usize = 64 * 1024;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The session could not be opened or stopped.
    #[error(transparent)]
    Session(#[from] Error),
    /// The sampler was not seen.
    #[error(
        "no thread of process {process} was seen in {} s: none has run managed code yet, or the machine is too busy for \
         the runtime to look at them",
        PATIENCE.as_secs()
    )]
    Nothing {
        /// The process, as it was chosen.
        process: u32,
    },
    /// The stream could not be read.
    #[error("the stream of process {process} could not be followed: {source}")]
    Stream {
        /// The process, as it was chosen.
        process: u32,
        /// What is wrong.
        source: nettrace::Error,
    },
}

/// Takes a snapshot of a process, to which the client belongs. `request` asks for what [`dotnet_analysis::snapshot::NEEDS`] says.
///
/// # Errors
/// When the process refuses, does not answer in time, is gone, or runs no managed code.
pub async fn take(
    client: &Client,
    process: &Process,
    request: &SessionRequest,
) -> Result<SnapshotAnswer, SnapshotError> {
    let answer = attempt(client, process, request, FIRST_LOOK).await?;
    match answer {
        Some(answer) => Ok(answer),
        None => attempt(client, process, request, PATIENCE)
            .await?
            .ok_or(SnapshotError::Nothing { process: process.pid }),
    }
}

/// A session that is stopped when a sample has come, and after that time at the latest. `None` when none has come.
async fn attempt(
    client: &Client,
    process: &Process,
    request: &SessionRequest,
    limit: Duration,
) -> Result<Option<SnapshotAnswer>, SnapshotError> {
    let before = system_threads(process.pid);
    let mut session = client.start_session(request).await?;
    let mut reading = Reading::new(Decoder::new());
    let mut snapshot = Snapshot::new(Moment::First);
    let mut analysis = Analysis::new().with(&mut snapshot);
    watch(&mut session, limit, &mut reading, &mut analysis).await?;
    session.stop(|bytes| reading.push(bytes, &mut analysis)).await?;
    let last = analysis.last_ticks();
    let code = analysis.into_code_with(|addresses| native_code::frames_at(process, addresses));
    if !snapshot.has_samples() {
        return match reading.damage {
            Some(source) => Err(SnapshotError::Stream { process: process.pid, source }),
            None => Ok(None),
        };
    }
    let facts = Facts::new(&reading.decoder, last, None);
    Ok(Some(snapshot.answer(&facts, &code, &both(before, &system_threads(process.pid)))))
}

/// A stream that is read, up to where it makes no sense.
struct Reading {
    decoder: Decoder,
    damage: Option<nettrace::Error>,
    /// Whether anything but the beginning has come.
    has_events: bool,
}

impl Reading {
    fn new(decoder: Decoder) -> Self {
        Self { decoder, damage: None, has_events: false }
    }

    fn push(&mut self, bytes: &[u8], analysis: &mut Analysis<'_>) {
        if self.damage.is_none() {
            self.damage = self.decoder.push(bytes, analysis).err();
        }
        self.has_events = self.decoder.statistics().events > 0;
    }
}

/// Reads until events have come or the time is over.
async fn watch(
    session: &mut Session,
    limit: Duration,
    reading: &mut Reading,
    analysis: &mut Analysis<'_>,
) -> Result<(), Error> {
    let end = Instant::now() + limit;
    let mut chunk = Vec::with_capacity(CHUNK);
    while !reading.has_events {
        chunk.clear();
        tokio::select! {
            read = session.read_buf(&mut chunk) => match read? {
                0 => return Ok(()),
                _ => reading.push(&chunk, analysis),
            },
            () = sleep_until(end) => return Ok(()),
        }
    }
    Ok(())
}

/// A thread as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    name: String,
    /// Its id in its own process-id namespace.
    thread_id: u64,
    state: char,
    /// Whether it is the one that the process began with.
    is_first: bool,
    /// How often it was given a processor and lost it again.
    switches: u64,
}

/// The threads of a process, by their ids in its own namespace; none where the system does not show them.
fn system_threads(process: u32) -> HashMap<u64, Task> {
    let Ok(tasks) = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")) else {
        return HashMap::new();
    };
    // A status is a page at most, and read at once. There may be thousands.
    let mut page = [0; PAGE];
    let mut task = |path: &Path| {
        let length = File::open(path.join("status")).ok()?.read(&mut page).ok()?;
        Task::parse(page.get(..length)?)
    };
    tasks.filter_map(|entry| task(&entry.ok()?.path())).map(|task| (task.thread_id, task)).collect()
}

impl Task {
    fn parse(status: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(status);
        let mut task = Self { name: String::new(), thread_id: 0, state: '?', is_first: false, switches: 0 };
        let mut process = None;
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name {
                "Name" => value.clone_into(&mut task.name),
                "State" => task.state = value.chars().next()?,
                // Systems without namespaces have only the first.
                "Tgid" => process = Some(value),
                "Pid" => {
                    task.is_first = process == Some(value);
                    task.thread_id = value.parse().ok()?;
                }
                "NSpid" => task.thread_id = value.split_ascii_whitespace().last()?.parse().ok()?,
                "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => {
                    task.switches += value.parse::<u64>().ok()?;
                }
                _ => {}
            }
        }
        Some(task)
    }

    fn is_sleeping(&self) -> bool {
        matches!(self.state, 'S' | 'D')
    }
}

/// What two looks at the threads tell.
fn both(before: HashMap<u64, Task>, after: &HashMap<u64, Task>) -> HashMap<u64, SystemThread> {
    let thread = |(id, before): (u64, Task)| {
        let has_run = after
            .get(&id)
            .map(|after| after.switches != before.switches || !after.is_sleeping() || !before.is_sleeping());
        (id, SystemThread { is_sleeping: before.is_sleeping(), has_run, name: before.name })
    };
    // A thread without a name of its own has that of the thread that made it, mostly the process's.
    let inherited = before.values().find(|task| task.is_first).map(|task| task.name.clone());
    let named = before.into_iter().map(|(id, mut task)| {
        if Some(&task.name) == inherited.as_ref() {
            task.name.clear();
        }
        (id, task)
    });
    named.map(thread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tteller: one\nState:\tS (sleeping)\nTgid:\t900\nPid:\t912\nNSpid:\t912\t12\n\
                          voluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n";

    #[test]
    fn threads_have_the_ids_that_their_process_sees() {
        let task = Task::parse(STATUS.as_bytes()).expect("a task");
        assert_eq!(
            task,
            Task { name: "teller: one".to_owned(), thread_id: 12, state: 'S', is_first: false, switches: 42 }
        );
        assert_eq!(Task::parse(b"Name:\tx\nPid:\tnone\n"), None);
    }

    #[test]
    fn a_thread_that_sleeps_and_is_not_switched_has_not_run() {
        let asleep = Task::parse(STATUS.as_bytes()).expect("a task");
        let of = |after: Task| {
            let threads = both(HashMap::from([(12, asleep.clone())]), &HashMap::from([(12, after)]));
            threads.get(&12).and_then(|thread| thread.has_run)
        };
        assert_eq!(of(asleep.clone()), Some(false));
        assert_eq!(of(Task { switches: 43, ..asleep.clone() }), Some(true));
        assert_eq!(of(Task { state: 'R', ..asleep.clone() }), Some(true));
        assert_eq!(both(HashMap::from([(12, asleep.clone())]), &HashMap::new())[&12].has_run, None);
    }
}
