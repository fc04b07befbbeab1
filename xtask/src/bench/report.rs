//! `BENCHMARKS.md`: what was measured, beside its bar and what the peers take.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use crate::command::{command, output};

const FILE: &str = "BENCHMARKS.md";

pub(super) const MB: f64 = 1_000_000.0;

/// What is measured in one go. Sections of the file that were not measured stay as they are, and so do those that people
/// wrote.
pub(super) struct Section {
    pub(super) heading: &'static str,
    /// How it was measured.
    pub(super) notes: String,
    /// The first columns: what was measured.
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Row>,
}

/// One line of a table.
pub(super) struct Row {
    /// One for each of the section's columns.
    pub(super) what: Vec<String>,
    /// What was measured, in words.
    pub(super) ours: String,
    /// The bar in words, and whether it is met.
    pub(super) bar: Option<(String, bool)>,
    /// What a peer takes for the same.
    pub(super) peer: &'static str,
}

/// Puts the section into the file, in the place of an earlier one.
pub(super) fn write(section: &Section) -> Result<()> {
    let table = table(section);
    let text = format!("## {}\n\n{}\n\n{}\n\n{table}", section.heading, place(), section.notes);
    let file = fs::read_to_string(FILE).unwrap_or_default();
    fs::write(FILE, replaced(&file, section.heading, &text))
        .with_context(|| format!("cannot write {FILE}"))?;
    println!("\n{table}\nwritten to {FILE}");
    Ok(())
}

/// The text with another section of this heading, or with one more.
fn replaced(text: &str, heading: &str, section: &str) -> String {
    const MARK: &str = "\n## ";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut put = |part: &str| {
        let _ = writeln!(out, "{MARK}{}", part.trim_end());
    };
    let section = section.trim_start_matches("## ");
    let mut is_new = true;
    for part in parts {
        let is_it = part.lines().next() == Some(heading);
        is_new &= !is_it;
        put(if is_it { section } else { part });
    }
    if is_new {
        put(section);
    }
    out
}

/// When and where the figures are from.
fn place() -> String {
    let of = |line: &str| output(&mut command(line)).unwrap_or_else(|_| "unknown".to_owned());
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!(
        "Measured on {} at commit {}. Machine: {}, {} cores, Linux {}. Compiler: {}.",
        of("date -u +%Y-%m-%d"),
        of("git rev-parse --short HEAD"),
        model.map_or("unknown CPU", |(_, model)| model),
        of("nproc"),
        of("uname -r"),
        of("rustc --version"),
    )
}

fn table(section: &Section) -> String {
    let mut table = format!("| {} | pipescope | bar | met | peer |\n", section.columns.join(" | "));
    let _ = writeln!(table, "|{}", "---|".repeat(section.columns.len() + 4));
    for row in &section.rows {
        let (bar, met) = match &row.bar {
            Some((bar, met)) => (bar.as_str(), if *met { "yes" } else { "**no**" }),
            None => ("", ""),
        };
        let _ = writeln!(table, "| {} | {} | {bar} | {met} | {} |", row.what.join(" | "), row.ours, row.peer);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_is_plain_to_see() {
        let row = |bar| Row { what: vec!["size".into()], ours: "16 MB".into(), bar, peer: "" };
        let rows = vec![row(Some(("under 15 MB".into(), false))), row(None)];
        let section = Section { heading: "Size", notes: String::new(), columns: &["what"], rows };
        assert_eq!(
            table(&section),
            "| what | pipescope | bar | met | peer |\n|---|---|---|---|---|\n\
             | size | 16 MB | under 15 MB | **no** |  |\n| size | 16 MB |  |  |  |\n"
        );
    }

    #[test]
    fn only_the_section_itself_is_replaced() {
        let text = "# Benchmarks\n\nWords.\n\n## One\n\n1\n\n## Two\n\n2\n";
        let one = replaced(text, "One", "## One\n\nnew\n");
        assert_eq!(one, "# Benchmarks\n\nWords.\n\n## One\n\nnew\n\n## Two\n\n2\n");
        assert_eq!(replaced(&one, "One", "## One\n\n1\n"), text);
        assert_eq!(replaced(text, "Three", "## Three\n\n3\n"), format!("{text}\n## Three\n\n3\n"));
    }
}
