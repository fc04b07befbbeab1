//! Packages by name, through the ordinary clients of their registries.

use std::env;
use std::path::Path;
use std::process::Command;

use super::{Context, InstallError};

/// Unpacks a package of `PyPI` into the folder.
pub(super) fn pip(package: &str, into: &Path) -> Result<(), InstallError> {
    let arguments = ["install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"];
    let mut command = if is_on_path("pip") {
        Command::new("pip")
    } else if is_on_path("pip3") {
        Command::new("pip3")
    } else {
        let mut python = Command::new("python3");
        python.args(["-m", "pip"]);
        python
    };
    run(command.args(arguments).arg("--target").arg(into).arg(package))
}

/// Unpacks a package of npm into the folder; its files are then under `package/`.
pub(super) fn npm(package: &str, into: &Path) -> Result<(), InstallError> {
    let output = output(Command::new("npm").args(["pack", "--silent", package]).current_dir(into))?;
    let archive = output.lines().last().unwrap_or_default().trim();
    run(Command::new("tar").arg("xzf").arg(archive).current_dir(into))?;
    let archive = into.join(archive);
    std::fs::remove_file(&archive).context(|| format!("remove {}", archive.display()))
}

/// Makes sure of a program, from Debian's package of the given name when it is missing.
pub(super) fn apt(program: &str, package: &str) -> Result<(), InstallError> {
    if is_on_path(program) {
        return Ok(());
    }
    let install = |update: bool| {
        if update {
            run(Command::new("apt-get").args(["update", "-q"]))?;
        }
        let mut command = Command::new("apt-get");
        command.args(["install", "-yq", "--no-install-recommends", package]);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // Package lists may be missing or too old to install from.
    install(false).or_else(|_| install(true)).map_err(|error| {
        InstallError(format!(
            "`{program}` is needed; install your system's package of it ({package}). {error}"
        ))
    })
}

/// Whether a program of that name is found in `PATH`.
fn is_on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

pub(super) fn run(command: &mut Command) -> Result<(), InstallError> {
    output(command).map(drop)
}

/// Runs a command to its end and gives what it printed; what it said of a failure goes into the error.
fn output(command: &mut Command) -> Result<String, InstallError> {
    let shown = format!("{command:?}");
    let output = command.output().context(|| format!("cannot run {shown}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Err(InstallError(format!("{shown} failed ({}):\n{out}\n{err}", output.status)))
}
