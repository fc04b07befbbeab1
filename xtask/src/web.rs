//! The pages: their packages, checks, build and browser tests.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::{command, find, run, run_and_keep};

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
    let modified = |path: &str| fs::metadata(Path::new(FOLDER).join(path)).and_then(|data| data.modified());
    let (locked, installed) = (modified("package-lock.json"), modified("node_modules/.package-lock.json"));
    if let (Ok(locked), Ok(installed)) = (&locked, &installed)
        && locked <= installed
    {
        return Ok(());
    }
    run(npm(if locked.is_ok() { "ci" } else { "install" }).args(["--no-audit", "--no-fund"]))
}

/// Builds the pages that are embedded in the program.
pub(crate) fn build() -> Result<()> {
    if !exists() {
        return Ok(());
    }
    install()?;
    run(npm("run").arg("build"))
}

/// Type check and unit tests. Gives what the tests printed.
pub(crate) fn check() -> Result<String> {
    install()?;
    let mut printed = String::new();
    for script in ["lint", "check", "test"] {
        if has_script(script)? {
            printed += &run_and_keep(npm("run").arg(script).env("CI", "true"))?;
        }
    }
    Ok(printed)
}

/// The browser tests, with the program that they are to start. Gives what they printed; `None` when there are none.
pub(crate) fn browser(program: &Path, testbed: &Path) -> Result<Option<String>> {
    if !exists() || !has_script("e2e")? {
        return Ok(None);
    }
    let mut npm = npm("run");
    npm.arg("e2e").env("CI", "true").env("PIPESCOPE_BIN", program).env("PIPESCOPE_TESTBED", testbed);
    run_and_keep(&mut npm).map(Some)
}

fn npm(verb: &str) -> Command {
    let mut npm = command(&format!("npm {verb}"));
    npm.current_dir(FOLDER);
    npm
}

fn has_script(name: &str) -> Result<bool> {
    let path = Path::new(FOLDER).join("package.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let package: Value =
        serde_json::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    Ok(package["scripts"][name].is_string())
}
