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
