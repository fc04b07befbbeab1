//! `cargo xtask setup`: gets what tests and demo need. Whatever is there already is left alone.

use std::process::Command;

use anyhow::{Result, bail};
use testbed::Layout;

use crate::command::{command, find, output, run};
use crate::web;

/// Programs of the system that tests use: the program, and Debian's package of it.
const PROGRAMS: [(&str, &str); 4] =
    [("chromium", "chromium"), ("promtool", "prometheus"), ("tmux", "tmux"), ("setpriv", "util-linux")];

/// Everything.
pub(crate) fn setup() -> Result<()> {
    testbed()?;
    programs()?;
    web::install()?;
    if find("cargo-nextest").is_none() {
        println!(
            "    cargo-nextest is missing: `cargo xtask test` will use `cargo test` instead, which is slower"
        );
        println!("    (`cargo install cargo-nextest --locked` installs it)");
    }
    Ok(())
}

/// The .NET targets.
pub(crate) fn testbed() -> Result<()> {
    for needed in ["npm", "tar"] {
        if find(needed).is_none() {
            bail!("`{needed}` is needed to get the .NET targets; please install it");
        }
    }
    let layout = Layout::of_workspace();
    testbed::install(&layout, &mut |line| println!("    {line}"))?;
    println!("    testbed: ready in {}", layout.root().display());
    Ok(())
}

/// Programs from Debian's packages.
fn programs() -> Result<()> {
    let missing: Vec<_> = PROGRAMS.into_iter().filter(|(program, _)| find(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    let packages = packages.join(" ");
    let is_root = output(&mut command("id -u"))? == "0";
    if find("apt-get").is_none() || !is_root {
        bail!("some tests need the programs of these Debian packages; please install them: {packages}");
    }
    run(&mut command("apt-get update -q"))?;
    let mut install: Command = command("apt-get install -yq --no-install-recommends");
    install.args(packages.split(' ')).env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut install)
}
