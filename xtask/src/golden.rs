//! `cargo xtask golden`: lets the tests write their golden files anew.

use anyhow::Result;

use crate::command::{command, find, run};

/// Tests that compare with golden files have `golden` in their names, and write them when this variable is set.
pub(crate) fn golden() -> Result<()> {
    let mut tests = if find("cargo-nextest").is_some() {
        command("cargo nextest run --workspace -E test(golden)")
    } else {
        command("cargo test --workspace -- golden")
    };
    run(tests.env("UPDATE_GOLDEN", "1"))?;
    println!("    `git diff` shows what changed");
    Ok(())
}
