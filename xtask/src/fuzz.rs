//! `cargo xtask fuzz`: feeds decoders with damaged input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::command::{command, find, has_toolchain, output, run};

const FOLDER: &str = "fuzz";

pub(crate) fn fuzz(mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.option("--seconds")?.unwrap_or(600);
    let minimise = arguments.flag("--minimise");
    let wanted = arguments.words()?;
    if let Some(why) = cannot() {
        bail!("{why}");
    }
    let all = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("no fuzz target `{unknown}`; there are: {}", all.join(", "));
    }
    build()?;
    for target in if wanted.is_empty() { all } else { wanted } {
        if minimise {
            minimise_corpus(&target)?;
        } else {
            fuzz_one(&target, seconds)?;
        }
    }
    Ok(())
}

/// A few seconds of every target, to see that they build, run and find nothing at once. Gives how many ran.
pub(crate) fn smoke(seconds: u64) -> Result<usize> {
    let targets = targets()?;
    build()?;
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
    let list = output(&mut cargo_fuzz("list")).context("cannot list fuzz targets")?;
    Ok(list.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

/// A command of `cargo fuzz`, to be run by the compiler that it needs.
fn cargo_fuzz(line: &str) -> Command {
    let mut fuzz = command(&format!("cargo +nightly fuzz {line}"));
    // A target directory that is set from outside holds the stable toolchain's build.
    fuzz.current_dir(FOLDER).env_remove("CARGO_TARGET_DIR");
    fuzz
}

/// All targets at once, which takes little longer than the first of them.
fn build() -> Result<()> {
    run(&mut cargo_fuzz("build"))
}

fn fuzz_one(target: &str, seconds: u64) -> Result<()> {
    let mut fuzz = cargo_fuzz(&format!("run {target}"));
    fuzz.arg("--").args([&format!("-max_total_time={seconds}"), "-timeout=10", "-rss_limit_mb=2048"]);
    run(&mut fuzz)
}

/// Keeps the seeds, and of what runs have found the fewest and smallest inputs that reach something the seeds do not.
fn minimise_corpus(target: &str) -> Result<()> {
    let corpus = Path::new(FOLDER).join("corpus").join(target);
    let small = Path::new(FOLDER).join("target/minimised").join(target);
    if small.exists() {
        fs::remove_dir_all(&small)?;
    }
    fs::create_dir_all(&small)?;
    let before = files(&corpus)?;
    for path in &before {
        if let Some(name) = path.file_name().filter(|name| name.to_string_lossy().starts_with("seed-")) {
            fs::copy(path, small.join(name))?;
        }
    }
    let mut merge = cargo_fuzz(&format!("run {target} target/minimised/{target} corpus/{target}"));
    run(merge.arg("--").args(["-merge=1", "-timeout=10", "-rss_limit_mb=2048"]))?;
    fs::remove_dir_all(&corpus).and_then(|()| fs::rename(&small, &corpus))?;
    println!("    {target}: {} inputs, {} before", files(&corpus)?.len(), before.len());
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
