//! `BENCHMARKS.md`: what was measured, beside its bar and what the peers take.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use crate::command::{command, output};

const FILE: &str = "BENCHMARKS.md";

/// One line of the table.
pub(super) struct Row {
    pub(super) what: String,
    /// What was measured, in words.
    pub(super) ours: String,
    /// The bar in words, and whether it is met.
    pub(super) bar: Option<(&'static str, bool)>,
    /// What a peer takes for the same.
    pub(super) peer: &'static str,
}

/// Writes the file.
pub(super) fn write(rows: &[Row], seconds: u64) -> Result<()> {
    let text = format!("{}{}", head(seconds), table(rows));
    fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))?;
    println!("\n{}\nwritten to {FILE}", table(rows));
    Ok(())
}

fn head(seconds: u64) -> String {
    let of = |line: &str| output(&mut command(line)).unwrap_or_else(|_| "unknown".to_owned());
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` on {} at commit {}.\n\
         Machine: {}, {} cores, Linux {}. Compiler: {}.\n\n\
         Costs are over {seconds} s at an interval of 1 s, after start-up where the process goes on for ever, while the watched \
         .NET 9.0.5 processes are idle. CPU is in percent of one core, from the scheduler's count of nanoseconds; memory is \
         resident memory, at its highest. The peers were measured on a machine of 2 cores (AMD EPYC, 24 GB) \
         with .NET 9.0.5, as their packages ship.\n\n",
        of("date -u +%Y-%m-%d"),
        of("git rev-parse --short HEAD"),
        model.map_or("unknown CPU", |(_, model)| model),
        of("nproc"),
        of("uname -r"),
        of("rustc --version"),
    )
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from("| what | pipescope | bar | met | peer |\n|---|---|---|---|---|\n");
    for row in rows {
        let (bar, met) = match row.bar {
            Some((bar, met)) => (bar, if met { "yes" } else { "**no**" }),
            None => ("", ""),
        };
        let _ = writeln!(table, "| {} | {} | {bar} | {met} | {} |", row.what, row.ours, row.peer);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_is_plain_to_see() {
        let row = |bar| Row { what: "size".into(), ours: "16 MB".into(), bar, peer: "" };
        let table = table(&[row(Some(("under 15 MB", false))), row(None)]);
        assert!(
            table.contains("| size | 16 MB | under 15 MB | **no** |  |\n| size | 16 MB |  |  |  |\n"),
            "{table}"
        );
    }
}
