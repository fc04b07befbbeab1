//! `cargo xtask fuzz`: feeds decoders with damaged input.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::command::{command, find, has_toolchain, output, run};

const FOLDER: &str = "fuzz";

pub(crate) fn fuzz(mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.option("--seconds")?.unwrap_or(600);
    let wanted = arguments.words()?;
    if let Some(why) = cannot() {
        bail!("{why}");
    }
    let all = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("no fuzz target `{unknown}`; there are: {}", all.join(", "));
    }
    for target in if wanted.is_empty() { all } else { wanted } {
        fuzz_one(&target, seconds)?;
    }
    Ok(())
}

/// A few seconds of every target, to see that they build, run and find nothing at once. Gives how many ran.
pub(crate) fn smoke(seconds: u64) -> Result<usize> {
    let targets = targets()?;
    for target in &targets {
        fuzz_one(target, seconds)?;
    }
    Ok(targets.len())
}

/// Why there can be no fuzzing here, where there cannot.
pub(crate) fn cannot() -> Option<&'static str> {
    if !Path::new(FOLDER).join("Cargo.toml").is_file() {
        Some("there are no fuzz targets")
    } else if !has_toolchain("nightly") {
        Some("fuzzing needs a nightly toolchain (`rustup toolchain install nightly`)")
    } else {
        None
    }
}

fn targets() -> Result<Vec<String>> {
    if find("cargo-fuzz").is_none() {
        println!("    installing cargo-fuzz");
        run(&mut command("cargo install cargo-fuzz --locked"))?;
    }
    let list = output(command("cargo +nightly fuzz list").current_dir(FOLDER))
        .context("cannot list fuzz targets")?;
    Ok(list.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

fn fuzz_one(target: &str, seconds: u64) -> Result<()> {
    let mut fuzz = command(&format!("cargo +nightly fuzz run {target}"));
    // A target directory that is set from outside holds the stable toolchain's build.
    fuzz.current_dir(FOLDER).env_remove("CARGO_TARGET_DIR");
    fuzz.arg("--").args([&format!("-max_total_time={seconds}"), "-timeout=10", "-rss_limit_mb=2048"]);
    run(&mut fuzz)
}
