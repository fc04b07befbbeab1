//! The pages: their packages, checks, build and browser tests.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Result, bail};

use crate::command::{Finished, command, find, run, run_and_keep};

const FOLDER: &str = "web";

/// Whether this tree has pages.
pub(crate) fn exists() -> bool {
    Path::new(FOLDER).join("package.json").is_file()
}

/// Installs the packages that the pages are built with, unless those of the lock file are there.
pub(crate) fn install() -> Result<()> {
    if !exists() {
        return Ok(());
    }
    if find("npm").is_none() {
        bail!("`npm` (Node.js 20 or newer) is needed to build the pages; please install it");
    }
    // npm writes the second file after an installation; a lock file that changed since is newer.
    let modified = |path: &str| changed(&Path::new(FOLDER).join(path));
    let (locked, installed) = (modified("package-lock.json"), modified("node_modules/.package-lock.json"));
    if installed.is_some() && locked <= installed {
        return Ok(());
    }
    run(npm(if locked.is_some() { "ci" } else { "install" }).args(["--no-audit", "--no-fund"]))
}

/// Builds the pages that are embedded in the program, unless they are newer than their sources.
pub(crate) fn build() -> Result<()> {
    if !exists() {
        return Ok(());
    }
    install()?;
    let folder = Path::new(FOLDER);
    let built = changed(&folder.join("dist/index.html"));
    let entries = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let sources = entries.filter(|path| !path.ends_with("dist") && !path.ends_with("node_modules"));
    if built.is_some() && built >= sources.filter_map(|source| newest(&source)).max() {
        return Ok(());
    }
    run(npm("run").arg("build"))
}

/// When a file, or anything in a folder, last changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let below = fs::read_dir(path).into_iter().flatten().flatten();
    below.filter_map(|entry| newest(&entry.path())).chain(changed(path)).max()
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Type check and unit tests.
pub(crate) fn check() -> Result<Finished> {
    install()?;
    run(npm("run").arg("check"))?;
    run_and_keep(npm("run").arg("test").env("CI", "true"))
}

/// The browser tests, with the program and the .NET targets that they are to start.
pub(crate) fn browser(program: &Path, testbed: &Path) -> Result<Finished> {
    install()?;
    let mut npm = npm("run");
    npm.arg("e2e").env("CI", "true").env("PIPESCOPE_BIN", program).env("PIPESCOPE_TESTBED", testbed);
    run_and_keep(&mut npm)
}

fn npm(verb: &str) -> Command {
    let mut npm = command(&format!("npm {verb}"));
    npm.current_dir(FOLDER);
    npm
}
