//! Runs the program and waits for what it says; never longer than a limit, and never leaves it behind.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use testbed::{Runtime, Target};

/// Generous: the machine may be busy with other tests.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The runtimes every live test should hold for: the oldest, and two that have meters.
pub(crate) const RUNTIMES: [Runtime; 3] = [Runtime::Net31, Runtime::Net9, Runtime::Net10];

/// What a run of the program ended with.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Fails with everything that was said unless it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The one line of an error.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        let mut lines = self.stderr.lines().filter(|line| line.starts_with("pipescope: "));
        let line = lines.next().unwrap_or_else(|| panic!("no error in:\n{}", self.stderr));
        assert_eq!(lines.next(), None, "one error only:\n{}", self.stderr);
        line
    }
}

/// The program, running. Killed and reaped when dropped.
#[derive(Debug)]
pub(crate) struct Pipescope {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

/// What has come from a stream so far.
#[derive(Debug)]
struct Stream {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Pipescope {
    /// Runs to the end.
    #[track_caller]
    pub(crate) fn run(arguments: &[&str]) -> Ended {
        Self::start(arguments).wait()
    }

    /// Starts it in the current directory.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(Path::new("."), arguments)
    }

    /// Starts it in a directory.
    pub(crate) fn start_in(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_with(directory, arguments, Stdio::null())
    }

    /// Starts it in a directory, with something on its standard input.
    pub(crate) fn start_with(directory: &Path, arguments: &[&str], stdin: impl Into<Stdio>) -> Self {
        let mut child = command(arguments)
            .current_dir(directory)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pipescope starts");
        let stdout = Stream::read(child.stdout.take().expect("piped"));
        let stderr = Stream::read(child.stderr.take().expect("piped"));
        Self { child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until standard output has this text.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> String {
        self.until(&format!("'{text}' on standard output"), |this| {
            Some(this.stdout.so_far()).filter(|said| said.contains(text))
        })
    }

    /// Waits until standard error has this text.
    #[track_caller]
    pub(crate) fn notes(&mut self, text: &str) {
        self.until(&format!("'{text}' on standard error"), |this| {
            this.stderr.so_far().contains(text).then_some(())
        });
    }

    /// Polls while the program runs.
    #[track_caller]
    pub(crate) fn until<T>(&mut self, what: &str, mut poll: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let ended = self.child.try_wait().expect("it can be waited for");
            if let Some(found) = poll(self) {
                return found;
            }
            let (out, err) = (self.stdout.so_far(), self.stderr.so_far());
            assert!(
                ended.is_none(),
                "it ended ({ended:?}) before {what}\n--- stdout\n{out}\n--- stderr\n{err}"
            );
            assert!(Instant::now() < deadline, "in vain: {what}\n--- stdout\n{out}\n--- stderr\n{err}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success(), "SIG{name} can be sent");
    }

    /// Sends a signal again and again until it has ended, as a key does that is held down.
    #[track_caller]
    pub(crate) fn insist(mut self, name: &str, limit: Duration) -> Ended {
        let deadline = Instant::now() + limit;
        while self.child.try_wait().expect("it can be waited for").is_none() && Instant::now() < deadline {
            self.signal(name);
            std::thread::sleep(Duration::from_millis(20));
        }
        self.wait_at_most(Duration::ZERO)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(self) -> Ended {
        self.wait_at_most(DEADLINE)
    }

    /// Waits for its end, which must come within a limit.
    #[track_caller]
    pub(crate) fn wait_at_most(mut self, limit: Duration) -> Ended {
        let deadline = Instant::now() + limit;
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            let said = || format!("{}{}", self.stdout.so_far(), self.stderr.so_far());
            assert!(Instant::now() < deadline, "it still runs after {limit:?}, having said:\n{}", said());
            std::thread::sleep(Duration::from_millis(5));
        };
        Ended { code: status.code().unwrap_or(-1), stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

impl Drop for Pipescope {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stream {
    fn read(stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                into.lock().expect("nobody panics with it").push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        self.text.lock().expect("nobody panics with it").clone()
    }

    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends with the stream");
        }
        self.so_far()
    }
}

/// The program with these arguments and nothing on its standard input.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipescope"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The pid of a target as an argument.
pub(crate) fn pid(target: &Target) -> String {
    target.pid().to_string()
}

/// Waits until a target has as many threads as before: a session is a thread there.
#[track_caller]
pub(crate) fn until_threads_are(target: &mut Target, expected: usize) {
    target.until(&format!("{expected} threads are left"), |target| {
        (target.threads() <= expected).then_some(())
    });
}
