//! A running target.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tempfile::TempDir;

use crate::builder::Builder;
use crate::http;
use crate::runtime::{Program, Runtime};

/// How long anything here waits before it gives up. Generous: a busy machine is slow, and only failures wait so long.
const DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks at something that can only be polled.
const POLL: Duration = Duration::from_millis(5);
/// How many of the last lines of output a failure shows.
const LOG_LINES: usize = 50;

/// What the runtime itself counted, as the programs [`Program::Work`] and [`Program::Culprits`] print it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Figures {
    /// The process id as the process sees it.
    pub pid: u32,
    /// `Environment.Version`.
    pub version: String,
    /// Exceptions that the program threw.
    pub thrown: u64,
    /// Exceptions that the runtime counted: what its `exception-count` counter reads.
    pub exceptions: Option<u64>,
    /// `GC.CollectionCount(0)`: collections of generation 0 and older ones.
    pub gen0_collections: u64,
    /// `GC.CollectionCount(1)`.
    pub gen1_collections: u64,
    /// `GC.CollectionCount(2)`.
    pub gen2_collections: u64,
    /// `GC.GetTotalAllocatedBytes(true)`.
    pub allocated_bytes: u64,
    /// `GC.GetTotalAllocatedBytes(false)`: what the runtime's allocation counters read. Counts whole allocation buffers
    /// of some kB as they are handed to threads, so it runs ahead of `allocated_bytes`.
    pub allocated_bytes_counted: u64,
    /// `Monitor.LockContentionCount`.
    pub lock_contentions: u64,
    /// `ThreadPool.CompletedWorkItemCount`.
    pub completed_work_items: u64,
    /// `ThreadPool.ThreadCount`.
    pub thread_pool_threads: u64,
    /// `Timer.ActiveCount`.
    pub active_timers: u64,
    /// Assemblies loaded.
    pub assemblies: u64,
    /// `GC.GetTotalPauseDuration()` in milliseconds. From .NET 9 on.
    pub pause_ms: Option<f64>,
    /// `JitInfo.GetCompiledMethodCount()`. From .NET 9 on.
    pub methods_jitted: Option<u64>,
    /// `JitInfo.GetCompiledILBytes()`. From .NET 9 on.
    pub il_bytes_jitted: Option<u64>,
    /// `JitInfo.GetCompilationTime()` in milliseconds. [`Program::Culprits`] only, from .NET 9 on.
    pub jit_ms: Option<f64>,
    /// `GC.GetGCMemoryInfo().HeapSizeBytes`, as of the last collection. [`Program::Culprits`] only.
    pub heap_bytes: Option<u64>,
    /// `GC.GetGCMemoryInfo().FragmentedBytes`, as of the last collection. [`Program::Culprits`] only.
    pub fragmented_bytes: Option<u64>,
}

/// A running process. Dropping it kills and reaps it and removes its folder.
#[derive(Debug)]
pub struct Target {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    log: Arc<Mutex<VecDeque<String>>>,
    program: Program,
    shown: String,
    ready: Option<String>,
    tmpdir: PathBuf,
    // Removed after the child is gone: fields are dropped after `Target::drop`.
    _own_tmpdir: TempDir,
}

impl Target {
    /// Starts a target with a `TMPDIR` of its own and waits until it is ready.
    ///
    /// # Panics
    /// As [`Builder::start`].
    #[must_use]
    pub fn start(runtime: Runtime, program: Program, arguments: &[&str]) -> Target {
        arguments.iter().fold(Target::builder(runtime, program), Builder::arg).start()
    }

    /// Sets up a target that is to be started.
    pub fn builder(runtime: Runtime, program: Program) -> Builder {
        Builder::new(runtime, program)
    }

    pub(crate) fn new(
        mut child: Child,
        program: Program,
        shown: String,
        tmpdir: PathBuf,
        own_tmpdir: TempDir,
    ) -> Target {
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, lines) = channel();
        let stdin = child.stdin.take();
        if let Some(stdout) = child.stdout.take() {
            read_lines(stdout, Arc::clone(&log), Some(sender));
        }
        if let Some(stderr) = child.stderr.take() {
            read_lines(stderr, Arc::clone(&log), None);
        }
        Target { child, stdin, lines, log, program, shown, ready: None, tmpdir, _own_tmpdir: own_tmpdir }
    }

    /// Waits until the program says that it is ready. Only needed after [`Builder::do_not_wait`].
    ///
    /// # Panics
    /// When it does not become ready in 60 seconds.
    pub fn wait_until_ready(&mut self) {
        if self.program == Program::Server {
            let line =
                self.line_that("the address it listens on", |line| line.contains("Now listening on: "));
            let url = line.split("Now listening on: ").nth(1).unwrap_or_default().trim().to_owned();
            self.until("it answers requests", |_| http::get(&url).ok());
            self.ready = Some(url);
        } else {
            let line = self.line("ready ");
            self.ready = Some(line["ready ".len()..].to_owned());
        }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its `TMPDIR`, where the diagnostics socket is.
    #[must_use]
    pub fn tmpdir(&self) -> &Path {
        &self.tmpdir
    }

    /// What the program said of itself when it was ready: figures as JSON, or a URL.
    ///
    /// # Panics
    /// When the program was not waited for.
    #[must_use]
    pub fn ready_line(&self) -> &str {
        self.ready.as_deref().expect("wait_until_ready was called")
    }

    /// The address of a web program, without a slash at its end.
    #[must_use]
    pub fn http_url(&self) -> Option<String> {
        self.ready
            .as_deref()
            .filter(|ready| ready.starts_with("http://"))
            .map(|url| url.trim_end_matches('/').to_owned())
    }

    /// `GET` of a path of a web program.
    ///
    /// # Panics
    /// When the program is not a web program or does not answer.
    #[must_use]
    pub fn get(&self, path: &str) -> http::Response {
        let url = self.http_url().unwrap_or_else(|| panic!("{} is not a web program", self.shown));
        http::get(&format!("{url}{path}"))
            .unwrap_or_else(|error| panic!("GET {path} of {}: {error}", self.shown))
    }

    /// Waits for the diagnostics socket and gives its path.
    ///
    /// # Panics
    /// When there is none after 60 seconds.
    #[must_use]
    pub fn socket(&mut self) -> PathBuf {
        let prefix = format!("dotnet-diagnostic-{}-", self.pid());
        self.until("its diagnostics socket appears", |target| {
            let names = fs::read_dir(&target.tmpdir).ok()?.flatten();
            names.map(|entry| entry.path()).find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(&prefix) && name.ends_with("-socket")
            })
        })
    }

    /// Writes a line to the program's standard input.
    ///
    /// # Panics
    /// When the program no longer reads.
    pub fn say(&mut self, line: &str) {
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        match written {
            Some(Ok(())) => {}
            _ => self.fail(&format!("it no longer reads its standard input (`{line}`)")),
        }
    }

    /// Closes the program's standard input, at which the testbed's own programs end.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits for the next line of standard output that starts so, passing over others, and gives the whole line.
    ///
    /// # Panics
    /// When there is none in 60 seconds or the program has ended, with the last lines it printed.
    pub fn line(&mut self, prefix: &str) -> String {
        self.line_that(&format!("a line that starts with `{prefix}`"), |line| line.starts_with(prefix))
    }

    fn line_that(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if is_it(&line) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.fail(&format!("waited {DEADLINE:?} in vain for {what}"))
                }
                Err(RecvTimeoutError::Disconnected) => self.fail(&format!("it ended before {what}")),
            }
        }
    }

    /// Has the program carry out a command and waits until it is done.
    ///
    /// # Panics
    /// When the program does not know the command or does not answer in 60 seconds.
    pub fn run(&mut self, command: &str) {
        let answer = self.ask(command);
        if answer != format!("done {command}") {
            self.fail(&format!("`{command}` was answered by `{answer}`"));
        }
    }

    /// Has the program carry out a command and gives the line it answers.
    ///
    /// # Panics
    /// When it does not answer in 60 seconds.
    pub fn ask(&mut self, command: &str) -> String {
        self.say(command);
        self.line_that(&format!("the answer to `{command}`"), |_| true)
    }

    /// What the runtime counted so far. [`Program::Work`] and [`Program::Culprits`] only.
    ///
    /// # Panics
    /// When the program does not answer, or not with figures.
    pub fn figures(&mut self) -> Figures {
        let answer = self.ask("figures");
        match answer.strip_prefix("figures ").map(serde_json::from_str) {
            Some(Ok(figures)) => figures,
            _ => self.fail(&format!("not figures: {answer}")),
        }
    }

    /// The number of the process's threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.pid())).map_or(0, Iterator::count)
    }

    /// Stops the process as `SIGSTOP` does, and waits until it has stopped.
    ///
    /// # Panics
    /// When it has not stopped after 60 seconds.
    pub fn stop_signal(&mut self) {
        self.signal("STOP");
        self.until("it stops", |target| (target.state() == Some('T')).then_some(()));
    }

    /// Lets a stopped process go on as `SIGCONT` does, and waits until it does.
    ///
    /// # Panics
    /// When it is still stopped after 60 seconds.
    pub fn cont_signal(&mut self) {
        self.signal("CONT");
        self.until("it goes on", |target| (target.state() != Some('T')).then_some(()));
    }

    /// Sends a signal by its name, for instance `TERM`.
    ///
    /// # Panics
    /// When there is no such signal or process.
    pub fn signal(&mut self, name: &str) {
        // `kill` by the process's own id; the child has not been reaped, so the id is still its own.
        let sent = Command::new("kill").args(["-s", name]).arg(self.pid().to_string()).status();
        if !sent.is_ok_and(|status| status.success()) {
            self.fail(&format!("cannot send it the signal {name}"));
        }
    }

    /// Kills the process as `SIGKILL` does, and reaps it.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Panics
    /// When it has not after 60 seconds.
    pub fn wait_exit(&mut self) -> ExitStatus {
        self.until("it ends", |target| target.child.try_wait().ok().flatten())
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Polls until there is an answer.
    ///
    /// # Panics
    /// When there is none after 60 seconds.
    pub fn until<T>(&mut self, what: &str, mut poll: impl FnMut(&mut Target) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(answer) = poll(self) {
                return answer;
            }
            if Instant::now() > deadline {
                self.fail(&format!("waited {DEADLINE:?} in vain until {what}"));
            }
            thread::sleep(POLL);
        }
    }

    /// The process's state letter of `/proc/PID/stat`.
    fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).ok()?;
        // The name before it is in parentheses and may itself hold some.
        stat.rsplit_once(") ")?.1.chars().next()
    }

    /// Fails the test and shows what the target printed last.
    fn fail(&mut self, why: &str) -> ! {
        let mut message = format!("{} (process {}): {why}", self.shown, self.pid());
        if let Ok(Some(status)) = self.child.try_wait() {
            let _ = write!(message, "; it has ended: {status}");
        }
        for line in self.log.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = write!(message, "\n  | {line}");
        }
        panic!("{message}");
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Keeps the last lines for failures and passes all on to whoever waits for them.
fn read_lines(
    from: impl Read + Send + 'static,
    log: Arc<Mutex<VecDeque<String>>>,
    to: Option<Sender<String>>,
) {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.len() == LOG_LINES {
                log.pop_front();
            }
            log.push_back(line.clone());
            drop(log);
            // Nobody may be waiting any more; the pipe is still emptied, so that the target never blocks on it.
            let _ = to.as_ref().map(|to| to.send(line));
        }
    });
}
