//! Running other programs.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

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

/// Runs the command with our own input and output. Anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    println!("    $ {shown}");
    let status = command.status().with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// As [`run`], and gives what was printed: standard output and standard error, line by line as they came.
pub(crate) fn run_and_keep(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    println!("    $ {shown}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{shown}`"))?;
    let kept = Arc::new(Mutex::new(String::new()));
    let copies = [
        child.stdout.take().map(|from| copy_lines(from, io::stdout(), Arc::clone(&kept))),
        child.stderr.take().map(|from| copy_lines(from, io::stderr(), Arc::clone(&kept))),
    ];
    let status = child.wait()?;
    for copy in copies.into_iter().flatten() {
        let _ = copy.join();
    }
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *kept))
}

fn copy_lines(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    kept: Arc<Mutex<String>>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = format!("{}\n", String::from_utf8_lossy(&line));
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
            // Our own output may be closed; the command still runs to its end.
            let _ = to.write_all(line.as_bytes());
        }
    })
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
