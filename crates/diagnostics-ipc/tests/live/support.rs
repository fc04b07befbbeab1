//! What the tests share: clients for targets, waiting, processes started in special surroundings.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery::{self, Process, SocketName};
use diagnostics_ipc::request::{EventLevel, Provider, SessionRequest};
use testbed::{Layout, Program, Runtime, Target};

/// How long anything may take that is certain to happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Waits for something that is certain to happen.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(started.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The process of a target, once its runtime listens.
#[track_caller]
pub(crate) fn process(pid: u32) -> Process {
    let mut last = None;
    eventually("the runtime listens", || match discovery::find(pid) {
        Ok(process) => Some(process),
        Err(error) => {
            if last.as_ref() != Some(&error) {
                eprintln!("{error}");
            }
            last = Some(error);
            None
        }
    })
}

#[track_caller]
pub(crate) fn client(target: &Target) -> Client {
    Client::new(&process(target.pid()))
}

pub(crate) fn work(runtime: Runtime) -> Target {
    Target::start(runtime, Program::Work, &[])
}

/// `work`, with a client for it that nobody else can have.
///
/// Whatever watches every process of this machine, such as the tests of a monitor that run at the same time, would open
/// sessions in it too. So its socket gets another name as soon as it is there.
pub(crate) fn private_work(runtime: Runtime) -> (Target, Client) {
    let mut target = Target::builder(runtime, Program::Work).do_not_wait().start();
    let (name, shown) = eventually("the runtime listens", || {
        let mut paths = fs::read_dir(target.tmpdir()).ok()?.flatten().map(|entry| entry.path());
        paths.find_map(|path| Some((SocketName::parse(path.file_name()?.to_str()?)?, path)))
    });
    let socket = target.tmpdir().join("private");
    fs::rename(shown, &socket).expect("the socket is there");
    let pid = target.pid();
    assert_eq!(name.pid, pid);
    let process = Process {
        pid,
        namespace_pid: pid,
        start_key: name.start_key,
        socket,
        uid: 0,
        name: "work".to_owned(),
        command_line: Vec::new(),
    };
    target.wait_until_ready();
    (target, Client::new(&process))
}

/// The exceptions of a process, with stacks and without rundown.
pub(crate) fn exceptions() -> SessionRequest {
    let provider =
        Provider::new("Microsoft-Windows-DotNETRuntime").keywords(0x8000).level(EventLevel::Informational);
    SessionRequest::new([provider])
}

/// A session that stays idle unless the target is told to do something.
pub(crate) fn heartbeat() -> SessionRequest {
    SessionRequest::new([Provider::counters("System.Runtime", 1)]).without_stacks()
}

/// How many sessions a process has, by its threads: the runtime names the one that serves the port and the one of each
/// session alike. From .NET 9 on.
pub(crate) fn session_threads(pid: u32) -> usize {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let names = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    let named = names.filter(|name| name.trim_end() == ".NET EventPipe").count();
    named.checked_sub(1).expect("a thread serves the port")
}

/// An example of this crate.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test has an executable");
    let directory = test.parent().and_then(|deps| deps.parent()).expect("tests lie in target/PROFILE/deps");
    let program = directory.join("examples").join(name);
    assert!(program.exists(), "{} is missing; build the examples of this crate", program.display());
    Command::new(program)
}

/// A child that is ended with the test, and the lines it prints.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Running { child, lines }
    }

    pub(crate) fn line(&self, prefix: &str) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.starts_with(prefix) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line {prefix:?}: {error}"),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `work` on .NET 9 as a command line, behind `wrapper` (such as `unshare`).
pub(crate) fn work_behind(wrapper: &[&str], tmpdir: impl AsRef<OsStr>) -> Command {
    let layout = Layout::of_workspace();
    let program = layout.program(Runtime::Net9, Program::Work);
    let mut line: Vec<PathBuf> = wrapper.iter().map(PathBuf::from).collect();
    line.extend([layout.dotnet(), program]);
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).env("TMPDIR", tmpdir.as_ref());
    command
}

/// Whether this machine lets a wrapper run at all; says so when not.
pub(crate) fn permitted(wrapper: &[&str]) -> bool {
    let status = Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").stderr(Stdio::null()).status();
    let permitted = status.is_ok_and(|status| status.success());
    if !permitted {
        eprintln!("SKIPPED: `{}` is not permitted here", wrapper.join(" "));
    }
    permitted
}

/// The only descendant of a process that has no children itself.
pub(crate) fn last_descendant(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    match children.split_ascii_whitespace().next().and_then(|child| child.parse().ok()) {
        Some(child) => last_descendant(child),
        None => pid,
    }
}
