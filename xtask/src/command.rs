//! Running other programs.

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A command from a line of plain words.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// How the command looks to a person.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// No command takes longer than this, on a slow machine and from nothing; one that does hangs, and is ended.
const LIMIT: Duration = Duration::from_secs(25 * 60);
/// How long output may still come after its command has ended. Only a process that it left behind makes this last.
const LINGER: Duration = Duration::from_secs(5);

/// Runs the command with our own input and output. Anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    println!("    $ {shown}");
    let child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    wait(child, &shown)
}

/// How a command ended, and what it printed: standard output and standard error, line by line as they came.
pub(crate) struct Finished {
    pub(crate) printed: String,
    /// Anything but success is an error.
    pub(crate) result: Result<()>,
}

/// As [`run`], and keeps what was printed.
pub(crate) fn run_and_keep(command: &mut Command) -> Result<Finished> {
    let shown = shown(command);
    println!("    $ {shown}");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    let kept = Arc::new(Mutex::new(String::new()));
    let (open, closed) = channel();
    if let Some(from) = child.stdout.take() {
        copy_lines(from, io::stdout(), Arc::clone(&kept), open.clone());
    }
    if let Some(from) = child.stderr.take() {
        copy_lines(from, io::stderr(), Arc::clone(&kept), open);
    }
    let result = wait(child, &shown);
    // Nothing is ever sent: the end of both threads closes the channel.
    if closed.recv_timeout(LINGER) == Err(RecvTimeoutError::Timeout) {
        println!("    `{shown}` left a process behind that keeps its output open");
    }
    let printed = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Finished { printed, result })
}

fn copy_lines(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    kept: Arc<Mutex<String>>,
    open: Sender<()>,
) {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = format!("{}\n", String::from_utf8_lossy(&line));
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
            // Our own output may be closed; the command still runs to its end.
            let _ = to.write_all(line.as_bytes());
        }
        drop(open);
    });
}

/// Waits for the command's success, and ends it with all its descendants when it takes too long.
fn wait(mut child: Child, shown: &str) -> Result<()> {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("`{shown}` failed ({status})");
            }
            return Ok(());
        }
        if Instant::now() > end {
            for pid in descendants(child.id()) {
                let _ = Command::new("kill")
                    .args(["-s", "KILL", &pid.to_string()])
                    .stderr(Stdio::null())
                    .status();
            }
            let _ = child.kill();
            let _ = child.wait();
            bail!("`{shown}` was ended, since it did not end within {} minutes", LIMIT.as_secs() / 60);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that a process started, and those that these started.
fn descendants(of: u32) -> Vec<u32> {
    let parent = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before it is in parentheses and may itself hold some. Then come the state and the parent.
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(u32, u32)> = processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Runs the command and gives its standard output, without the white space around it.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stderr(Stdio::piped()).output().with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The program of that name in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Whether rustup has a toolchain of that name.
pub(crate) fn has_toolchain(name: &str) -> bool {
    output(&mut command(&format!("cargo +{name} --version"))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_kept_also_of_what_fails() {
        let finished =
            run_and_keep(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert!(finished.printed.contains("out\n") && finished.printed.contains("err\n"));
        assert!(finished.result.unwrap_err().to_string().contains("exit status: 3"));
        assert!(run(&mut command("true")).is_ok());
        assert!(run(&mut command("no-such-program")).is_err());
    }

    #[test]
    fn descendants_of_descendants_are_found() {
        let mut shell =
            Command::new("sh").args(["-c", "sh -c 'cat; true'; true"]).stdin(Stdio::piped()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while descendants(shell.id()).len() < 2 {
            assert!(Instant::now() < end, "the inner shell and cat do not appear");
        }
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
