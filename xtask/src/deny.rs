//! `cargo xtask deny`: licences and sources of dependencies, by `deny.toml`.

use anyhow::Result;

use crate::command::{command, find, run};

pub(crate) fn deny() -> Result<()> {
    if !is_installed() {
        println!("    installing cargo-deny, which takes some minutes");
        run(&mut command("cargo install cargo-deny --locked"))?;
    }
    check()
}

pub(crate) fn is_installed() -> bool {
    find("cargo-deny").is_some()
}

/// Licences and sources only: advisories need a database from outside the registries.
pub(crate) fn check() -> Result<()> {
    run(&mut command("cargo deny --workspace check --hide-inclusion-graph bans licenses sources"))
}
