//! `docs/reports.md` has every member that reports write.

use std::path::Path;

use serde_json::Value;

use super::traces::TraceFile;

/// Reports that take any trace.
const SUBJECTS: &[&str] = &[
    "cpu",
    "threadpool",
    "jit",
    "loader",
    "gc",
    "allocations",
    "exceptions",
    "contention",
    "requests",
    "counters",
];

#[test]
fn every_member_of_a_report_is_in_its_section() {
    let Some(trace) = TraceFile::recorded("r9_exc_cont_tp.nettrace") else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reports.md");
    let documentation = std::fs::read_to_string(path).expect("it is there");
    let mut commands: Vec<(String, Vec<&str>)> = SUBJECTS
        .iter()
        .map(|subject| (format!("`report {subject}`"), vec!["report", subject, "x.nettrace", "--json"]))
        .collect();
    commands.push(("`diff`".to_owned(), vec!["diff", "x.nettrace", "x.nettrace", "--json"]));
    for (title, command) in commands {
        let mut sections = documentation.split("\n## ");
        let section = sections.find(|section| section.starts_with(&format!("{title}\n")));
        let section = section.unwrap_or_else(|| panic!("no section {title}"));
        let report: Value = serde_json::from_str(&trace.run(&command).expect(0).stdout).expect("JSON");
        for member in report.as_object().expect("an object").keys() {
            // What all have in common is described once.
            if ["trace", "notes"].contains(&member.as_str()) {
                continue;
            }
            assert!(section.contains(&format!("`{member}`")), "{title} has no `{member}`");
        }
    }
}
