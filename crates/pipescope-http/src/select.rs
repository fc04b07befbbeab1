//! Which process a request is about.
//!
//! `pid`, `uid` and `name` select; given together, all must match. With none of them and exactly one process in
//! sight, it is that one (dotnet-monitor wants a filter configured for that).

use pipescope_engine::monitor::ProcessSummary;
use uuid::Uuid;

use crate::parameters::Parameters;
use crate::problem::Problem;

/// What the query says about the process.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pid: Option<u32>,
    uid: Option<Uuid>,
    name: Option<String>,
}

impl Selector {
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        Ok(Self {
            pid: parameters.parsed("pid", "a process id")?,
            uid: parameters.parsed("uid", "a GUID")?,
            name: parameters.text("name").map(str::to_owned),
        })
    }

    /// The one process that matches.
    pub(crate) fn choose<'a>(&self, processes: &'a [ProcessSummary]) -> Result<&'a ProcessSummary, Problem> {
        let mut matching = processes.iter().filter(|process| self.matches(process));
        let first = matching.next();
        match (first, matching.next()) {
            (Some(process), None) => Ok(process),
            (None, _) if processes.is_empty() => {
                Err(Problem::bad_request("Unable to discover a target process: no .NET process is visible."))
            }
            (None, _) => Err(Problem::bad_request(format!(
                "Unable to discover a target process. These are visible: {}.",
                list(processes)
            ))),
            (Some(_), Some(_)) => Err(Problem::bad_request(format!(
                "Unable to select a single target process because multiple target processes have been discovered. \
                 Give pid, uid or name. These match: {}.",
                list(processes.iter().filter(|process| self.matches(process)))
            ))),
        }
    }

    fn matches(&self, process: &ProcessSummary) -> bool {
        self.pid.is_none_or(|pid| pid == process.pid)
            && self.uid.is_none_or(|uid| uid == process.uid)
            && self.name.as_ref().is_none_or(|name| *name == process.name)
    }
}

/// Enough to choose from, however many there are.
const MOST_LISTED: usize = 20;

fn list<'a>(processes: impl IntoIterator<Item = &'a ProcessSummary>) -> String {
    let mut names: Vec<String> =
        processes.into_iter().map(|process| format!("{} ({})", process.application(), process.pid)).collect();
    if names.len() > MOST_LISTED {
        let more = names.len() - MOST_LISTED;
        names.truncate(MOST_LISTED);
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnostics_ipc::client::Client;
    use pipescope_engine::monitor::ProcessState;

    fn process(pid: u32, name: &str) -> ProcessSummary {
        ProcessSummary {
            uid: Uuid::from_u128(pid.into()),
            pid,
            start_key: 0,
            label: name.into(),
            name: name.into(),
            command_line: String::new(),
            operating_system: String::new(),
            architecture: String::new(),
            entry_assembly: None,
            runtime_version: None,
            portable_rid: None,
            state: ProcessState::Watching,
            client: Client::connect_path("/nonexistent"),
        }
    }

    fn check(query: &str, processes: &[ProcessSummary], expected: Result<u32, &str>) {
        let selector = Selector::read(&Parameters::parse(query)).expect("a valid query");
        match (selector.choose(processes), expected) {
            (Ok(chosen), Ok(pid)) => assert_eq!(chosen.pid, pid, "{query}"),
            (Err(problem), Err(part)) => {
                assert!(format!("{problem:?}").contains(part), "{query}: {problem:?}");
            }
            (chosen, _) => panic!("{query}: {chosen:?}"),
        }
    }

    #[test]
    fn a_lone_process_needs_no_selector() {
        check("", &[process(1, "shop")], Ok(1));
        check("", &[], Err("no .NET process is visible"));
        check("", &[process(1, "shop"), process(2, "bank")], Err("shop (1), bank (2)"));
    }

    #[test]
    fn what_is_given_must_all_match_one() {
        let processes = [process(1, "shop"), process(2, "shop"), process(3, "bank")];
        check("pid=2", &processes, Ok(2));
        check("name=bank", &processes, Ok(3));
        check("uid=00000000-0000-0000-0000-000000000001&name=shop", &processes, Ok(1));
        check("name=shop", &processes, Err("These match: shop (1), shop (2)"));
        check("pid=3&name=shop", &processes, Err("Unable to discover a target process"));
        check("pid=4", &processes, Err("These are visible: shop (1), shop (2), bank (3)"));
    }

    #[test]
    fn a_long_list_is_cut() {
        let processes: Vec<_> = (1..=30).map(|pid| process(pid, "shop")).collect();
        check("", &processes, Err("shop (20), and 10 more"));
    }
}
