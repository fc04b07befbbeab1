//! The program itself: building it, and running `pipescope serve`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::command::{command, find, run};
use crate::target_dir;

/// A musl build is fully static.
pub(crate) const MUSL: &str = "x86_64-unknown-linux-musl";

/// Builds the program with the profile `dev` or `release`, for this machine or another target, and gives its path.
pub(crate) fn build(profile: &str, target: Option<&str>) -> Result<PathBuf> {
    let mut cargo = command("cargo build --package pipescope --profile");
    cargo.arg(profile);
    let mut path = target_dir();
    if let Some(target) = target {
        cargo.args(["--target", target]);
        path.push(target);
    }
    run(&mut cargo)?;
    path.push(if profile == "dev" { "debug" } else { profile });
    Ok(path.join("pipescope"))
}

/// Makes sure of the standard library for a target.
pub(crate) fn add_target(target: &str) -> Result<()> {
    let mut installed = command("rustup target list --installed");
    match crate::command::output(&mut installed) {
        Ok(list) if list.lines().any(|line| line == target) => Ok(()),
        Ok(_) => run(command("rustup target add").arg(target)),
        // A toolchain without rustup may well have the target; the build tells.
        Err(_) => Ok(()),
    }
}

/// A command that is asked to end when the thread that started it does, where util-linux's `setpriv` is there. Only
/// the main thread starts any.
fn ended_with_us(program: &Path) -> Command {
    if find("setpriv").is_none() {
        return Command::new(program);
    }
    let mut command = command("setpriv --pdeathsig TERM");
    command.arg(program);
    command
}

/// A running `pipescope serve`. Dropping it ends it.
pub(crate) struct Serve {
    child: Child,
    url: String,
}

impl Serve {
    /// Starts it on a port of the loopback interface (0: any free one) and waits until it listens.
    pub(crate) fn start(program: &Path, port: u16, tmpdir: &Path) -> Result<Serve> {
        const LIMIT: Duration = Duration::from_secs(60);
        const PREFIX: &str = "Listening on ";
        let mut command = ended_with_us(program);
        command.args(["serve", "--urls", &format!("http://127.0.0.1:{port}")]).env("TMPDIR", tmpdir);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    // Nobody waits for lines after the first of interest, and the pipe is still emptied.
                    let _ = sender.send(line);
                }
            });
        }
        let mut serve = Serve { child, url: String::new() };
        let end = Instant::now() + LIMIT;
        loop {
            match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(url) = line.strip_prefix(PREFIX) {
                        url.trim().trim_end_matches('/').clone_into(&mut serve.url);
                        return Ok(serve);
                    }
                }
                Err(RecvTimeoutError::Timeout) => bail!("`pipescope serve` does not listen after {LIMIT:?}"),
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("`pipescope serve` ended ({})", serve.child.wait()?);
                }
            }
        }
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It is asked to stop, so that it stops its sessions; one that does not is killed.
        let _ = Command::new("kill").args(["-s", "TERM", &self.pid().to_string()]).status();
        let end = Instant::now() + Duration::from_secs(10);
        while self.is_running() && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
