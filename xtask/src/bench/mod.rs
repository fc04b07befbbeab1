//! `cargo xtask bench`: measures what the program and the reader of traces cost, and writes `BENCHMARKS.md`.

mod answers;
mod costs;
mod estimates;
mod measures;
mod memory;
mod process;
mod record;
mod report;
mod traces;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

pub(crate) fn bench(mut arguments: Arguments) -> Result<()> {
    const SECTIONS: [&str; 4] = ["costs", "answers", "traces", "memory"];
    let seconds = arguments.option("--seconds")?.unwrap_or(60);
    let again = arguments.flag("--record");
    let mut only = Vec::new();
    while let Some(section) = arguments.option::<String>("--only")? {
        if !SECTIONS.contains(&section.as_str()) {
            bail!("there is no section `{section}`, only {}", SECTIONS.join(", "));
        }
        only.push(section);
    }
    arguments.end()?;
    // To record is all that is asked for, unless sections are named.
    if again && only.is_empty() {
        return record::traces(true).map(drop);
    }
    let wanted = |section: &str| only.is_empty() || only.iter().any(|name| name == section);
    // What takes a while is written at once: nothing is lost when what comes after it fails.
    if wanted("costs") {
        report::write(&costs::measure(seconds)?)?;
    }
    if wanted("answers") {
        report::write(&answers::measure()?)?;
    }
    if wanted("traces") {
        report::write(&traces::measure(again)?)?;
    }
    if wanted("memory") {
        report::write(&memory::measure(again && !wanted("traces"))?)?;
    }
    Ok(())
}
