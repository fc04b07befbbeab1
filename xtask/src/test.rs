//! `cargo xtask test`: everything that must pass.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow, bail};
use testbed::Layout;

use crate::arguments::Arguments;
use crate::command::{Finished, command, find, output, run, run_and_keep};
use crate::{demo, deny, fuzz, setup, target_dir, web};

/// How long each fuzz target runs.
const FUZZ_SECONDS: u64 = 10;

/// What one step came to.
enum Outcome {
    /// Passed; this many tests ran in it.
    Passed(Count),
    /// Tests failed.
    Failed(Count, Error),
    /// Could not be done here, and why.
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome>,
}

/// The order is: what fails fast comes first, and what is built is built once.
const STEPS: [Step; 12] = [
    Step { name: "setup", run: || setup::setup().map(|()| NO_TESTS) },
    Step { name: "format", run: format },
    Step { name: "web", run: check_web },
    Step { name: "lints", run: lints },
    Step { name: "documentation", run: documentation },
    Step { name: "tests", run: tests },
    Step { name: "doctests", run: doctests },
    Step { name: "package", run: package },
    Step { name: "demo", run: check_demo },
    Step { name: "browser", run: browser },
    Step { name: "deny", run: check_deny },
    Step { name: "fuzz", run: smoke_fuzz },
];
const NO_TESTS: Outcome = Outcome::Passed(Count { passed: 0, failed: 0 });

pub(crate) fn test(mut arguments: Arguments) -> Result<()> {
    let mut only: Vec<String> = Vec::new();
    while let Some(name) = arguments.option("--only")? {
        only.push(name);
    }
    arguments.end()?;
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step `{unknown}`; there are: {}", names.join(", "));
    }

    let start = Instant::now();
    let before = changes();
    let mut lines = Vec::new();
    let mut total = Count::default();
    let mut failure_of = None;
    for step in STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)) {
        println!("\n==> {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        let time = seconds(start.elapsed());
        let (end, count, failure) = match outcome {
            Ok(Outcome::Passed(count)) => (count.to_string(), count, None),
            Ok(Outcome::Skipped(why)) => (format!("SKIPPED, since {why}"), Count::default(), None),
            Ok(Outcome::Failed(count, error)) => (format!("FAILED, {count}"), count, Some(error)),
            Err(error) => ("FAILED".to_owned(), Count { passed: 0, failed: 1 }, Some(error)),
        };
        println!("<== {}: {end}, {time}", step.name);
        lines.push(format!("{:14} {time:>8}  {end}", step.name));
        total.add(count);
        if let Some(error) = failure {
            failure_of =
                Some(error.context(format!("step `{}` (again: cargo xtask test --only {0})", step.name)));
            break;
        }
    }
    if failure_of.is_none() && before != changes() {
        failure_of = Some(anyhow!(
            "the tests changed files of the repository; `git status` and `git diff` show which"
        ));
    }
    println!("\n{}\n\nall in {}", lines.join("\n"), seconds(start.elapsed()));
    println!("total: {} passed, {} failed", total.passed, total.failed);
    failure_of.map_or(Ok(()), Err)
}

fn format() -> Result<Outcome> {
    run(&mut command("cargo fmt --all --check"))?;
    // A workspace of its own, since it is built by another compiler.
    run(&mut command("cargo fmt --all --check --manifest-path fuzz/Cargo.toml"))?;
    Ok(NO_TESTS)
}

fn check_web() -> Result<Outcome> {
    if !web::exists() {
        return Ok(Outcome::Skipped("there are no pages"));
    }
    web::build()?;
    web::check().map(counted)
}

fn lints() -> Result<Outcome> {
    run(&mut command("cargo clippy --workspace --all-targets --all-features -- -D warnings"))?;
    Ok(NO_TESTS)
}

fn documentation() -> Result<Outcome> {
    let mut doc = command("cargo doc --workspace --no-deps --all-features");
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(NO_TESTS)
}

fn tests() -> Result<Outcome> {
    let mut tests = if find("cargo-nextest").is_some() {
        command("cargo nextest run --workspace --all-features")
    } else {
        command("cargo test --workspace --all-features --lib --bins --tests")
    };
    run_and_keep(&mut tests).map(counted)
}

/// nextest does not run the examples in documentation.
fn doctests() -> Result<Outcome> {
    run_and_keep(&mut command("cargo test --workspace --all-features --doc")).map(counted)
}

/// What would be published can be built from nothing but what is in it. Nothing is fetched that the tests do not need.
fn package() -> Result<Outcome> {
    run(&mut command("cargo package --package nettrace --allow-dirty --offline"))?;
    Ok(NO_TESTS)
}

/// Built with what the tests were built with, so that next to nothing is built again.
fn program() -> Result<PathBuf> {
    run(&mut command("cargo build --workspace --all-features --bins"))?;
    Ok(target_dir().join("debug/pipescope"))
}

fn check_demo() -> Result<Outcome> {
    demo::check(&program()?)?;
    Ok(Outcome::Passed(Count { passed: 1, failed: 0 }))
}

fn browser() -> Result<Outcome> {
    if !web::exists() {
        return Ok(Outcome::Skipped("there are no pages"));
    }
    web::browser(&program()?, Layout::of_workspace().root()).map(counted)
}

fn check_deny() -> Result<Outcome> {
    if !deny::is_installed() {
        return Ok(Outcome::Skipped("cargo-deny is not installed (`cargo xtask deny` installs it)"));
    }
    deny::check()?;
    Ok(NO_TESTS)
}

fn smoke_fuzz() -> Result<Outcome> {
    if let Some(why) = fuzz::cannot() {
        return Ok(Outcome::Skipped(why));
    }
    let passed = fuzz::smoke(FUZZ_SECONDS)?;
    Ok(Outcome::Passed(Count { passed, failed: 0 }))
}

/// Counts the tests of a runner. One that ran none has failed, whatever it says.
fn counted(finished: Finished) -> Outcome {
    let count = Count::in_output(&finished.printed);
    match finished.result {
        Err(error) => Outcome::Failed(Count { failed: count.failed.max(1), ..count }, error),
        Ok(()) if count.passed == 0 => {
            Outcome::Failed(Count { passed: 0, failed: 1 }, anyhow!("no test ran"))
        }
        Ok(()) => Outcome::Passed(count),
    }
}

/// What `git` says is changed in the tree; nothing outside a repository.
fn changes() -> String {
    let status = output(&mut command("git status --porcelain")).unwrap_or_default();
    status + &output(&mut command("git diff")).unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Tests that ran.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Adds up the closing lines of cargo test, nextest, vitest and node's test runner.
    fn in_output(text: &str) -> Count {
        let mut count = Count::default();
        for line in text.lines().map(plain) {
            let line = line.trim();
            if line.starts_with("test result: ")
                || line.starts_with("Summary [")
                || line.starts_with("Tests ")
            {
                count.passed += number_before(line, "passed");
                count.failed += number_before(line, "failed");
            } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} ")) {
                count.passed += number_after(rest, "pass ");
                count.failed += number_after(rest, "fail ");
            }
        }
        count
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Count { passed: 0, failed: 0 } => f.write_str("passed"),
            Count { passed, failed: 0 } => write!(f, "{passed} passed"),
            Count { passed, failed } => write!(f, "{passed} passed, {failed} failed"),
        }
    }
}

/// The line without the colours of terminals.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    plain
}

/// The number that stands before a word: 7 in `7 passed, ...`.
fn number_before(line: &str, word: &str) -> usize {
    let words: Vec<_> = line.split([' ', ',', ';', '|', '(', ')']).filter(|word| !word.is_empty()).collect();
    words.windows(2).filter(|pair| pair[1] == word).find_map(|pair| pair[0].parse().ok()).unwrap_or(0)
}

fn number_after(line: &str, start: &str) -> usize {
    line.strip_prefix(start).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_all_runners_are_counted() {
        let text = "\
     Summary [   3.675s] 11 tests run: 10 passed (1 slow), 1 failed, 0 skipped
test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.08s
\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m5 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (5)\u{1b}[39m
 Test Files  1 passed (1)
\u{2139} pass 3
\u{2139} fail 0
";
        assert_eq!(Count::in_output(text), Count { passed: 22, failed: 1 });
        assert_eq!(Count::in_output("# pass 2\n# fail 1\n"), Count { passed: 2, failed: 1 });
        assert_eq!(Count::in_output("7 passed by\n"), Count::default());
    }
}
