//! Finding the process a command is about.

use std::fmt::Write as _;
use std::time::Duration;

use diagnostics_ipc::client::{Client, Error, Timeouts};
use diagnostics_ipc::discovery::{self, DiscoveryError, Problem, Process, ProcessState, Scanner};
use diagnostics_ipc::message::ProcessInfo;
use tokio::task::JoinSet;

use crate::cli::Selector;
use crate::exit::{Failure, Kind};
use crate::text::printable;

/// How long a list of processes waits for each of them; all are asked at once.
const LIST_LIMIT: Duration = Duration::from_millis(250);

/// A process, and what it answered when it was asked about itself.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) process: Process,
    pub(crate) answer: Answer,
}

/// What a process answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Who it is.
    Info(ProcessInfo),
    /// .NET Core 3.1: it has no such command. It can be traced all the same.
    TooOld,
    /// Nothing in time: it is stopped, hung or busy, and may be a .NET process all the same.
    Silent {
        /// In two words, for a table.
        why: &'static str,
        /// The whole story.
        error: String,
    },
    /// Something else than a runtime's answer.
    Strange {
        /// The whole story.
        error: String,
    },
}

impl Target {
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.process)
    }

    pub(crate) fn info(&self) -> Option<&ProcessInfo> {
        match &self.answer {
            Answer::Info(info) => Some(info),
            Answer::TooOld | Answer::Silent { .. } | Answer::Strange { .. } => None,
        }
    }

    /// Version of its runtime, if it says.
    pub(crate) fn runtime_version(&self) -> Option<&str> {
        self.info().and_then(|info| info.runtime_version.as_deref())
    }

    /// Name of the assembly it was started with: as it says, else as its command line looks.
    pub(crate) fn entry_assembly(&self) -> Option<&str> {
        let said =
            self.info().and_then(|info| info.entry_assembly.as_deref()).filter(|name| !name.is_empty());
        said.or_else(|| entry_assembly_of(&self.process.command_line))
    }

    /// What to call it: the entry assembly of what runs in the shared host, else the executable.
    pub(crate) fn name(&self) -> &str {
        match self.entry_assembly() {
            Some(assembly) if self.process.name == "dotnet" => assembly,
            _ => &self.process.name,
        }
    }

    /// One line that tells it from others.
    pub(crate) fn describe(&self) -> String {
        format!("{:>7}  {}  {}", self.pid(), printable(self.name()), printable(&self.command_line()))
    }

    /// The command line as typed, roughly: as the process says, else as the system says.
    pub(crate) fn command_line(&self) -> String {
        match self.info() {
            Some(info) if !info.command_line.is_empty() => info.command_line.clone(),
            _ => self.process.command_line.join(" "),
        }
    }
}

/// The name of the first managed file in the arguments of the shared host.
fn entry_assembly_of(command_line: &[String]) -> Option<&str> {
    let file = command_line.iter().skip(1).find(|argument| {
        argument.len() > 4
            && argument.get(argument.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".dll"))
    })?;
    let name = file.rsplit('/').next().unwrap_or(file);
    name.get(..name.len() - 4)
}

/// Every process that can be reached, with its answer, by pid; and what else was found.
pub(crate) async fn list() -> (Vec<Target>, Vec<Problem>) {
    let scan = Scanner::new().scan();
    let mut asking = JoinSet::new();
    for process in scan.processes {
        let timeouts = Timeouts { command: LIST_LIMIT, ..Timeouts::default() };
        asking.spawn(ask(process, timeouts));
    }
    let mut targets: Vec<Target> = asking.join_all().await.into_iter().flatten().collect();
    targets.sort_by_key(Target::pid);
    (targets, scan.problems)
}

/// Asks one process about itself; `None` when it has ended meanwhile.
async fn ask(process: Process, timeouts: Timeouts) -> Option<Target> {
    let client = Client::new(&process).with_timeouts(timeouts);
    let answer = client.process_info().await;
    tracing::debug!(pid = process.pid, ?answer, "asked about itself");
    let answer = match answer {
        Ok(info) => Answer::Info(info),
        Err(Error::Unsupported { .. }) => Answer::TooOld,
        Err(error) => {
            let state = ProcessState::of(process.pid)?;
            let text = error.to_string();
            match error {
                _ if state.has_ended() => return None,
                _ if state.is_stopped() => Answer::Silent { why: "stopped", error: text },
                Error::NoAnswer { .. } => Answer::Silent { why: "no answer", error: text },
                Error::PermissionDenied { .. } => Answer::Silent { why: "no permission", error: text },
                _ => Answer::Strange { error: text },
            }
        }
    };
    Some(Target { process, answer })
}

impl Selector {
    /// The one process that is meant.
    ///
    /// # Errors
    /// When there is none, more than one, or it cannot be reached; the message says which, and lists the candidates.
    pub(crate) async fn resolve(&self) -> Result<Target, Failure> {
        if let Some(pid) = self.process_id {
            let process = discovery::find(pid).map_err(|error| {
                let kind = match &error {
                    DiscoveryError::Problem(_) => Kind::Session,
                    _ => Kind::Argument,
                };
                Failure::Failed { kind, error: error.into() }
            })?;
            return ask_closely(process).await;
        }
        let (targets, problems) = list().await;
        for problem in &problems {
            tracing::info!("{problem}");
        }
        let chosen = choose(&targets, self.name.as_deref(), &problems)?;
        match &chosen.answer {
            // The limit of a list is short: the one that is meant gets more time.
            Answer::Silent { .. } | Answer::Strange { .. } => ask_closely(chosen.process.clone()).await,
            Answer::Info(_) | Answer::TooOld => Ok(chosen.clone()),
        }
    }
}

async fn ask_closely(process: Process) -> Result<Target, Failure> {
    let pid = process.pid;
    match ask(process, Timeouts::default()).await {
        Some(Target { answer: Answer::Silent { error, .. } | Answer::Strange { error }, .. }) => {
            Err(Failure::new(Kind::Session, error))
        }
        Some(target) => Ok(target),
        None => Err(Failure::new(Kind::Argument, format!("process {pid} has just ended"))),
    }
}

/// The one target that a name means; without a name, the only one.
fn choose<'a>(
    targets: &'a [Target],
    name: Option<&str>,
    problems: &[Problem],
) -> Result<&'a Target, Failure> {
    let candidates: Vec<&Target> = match name {
        None => targets.iter().filter(|t| !matches!(t.answer, Answer::Strange { .. })).collect(),
        Some(name) => {
            let named = |is: fn(&str, &str) -> bool| -> Vec<&Target> {
                let fits = |target: &&Target| {
                    is(&target.process.name, name) || target.entry_assembly().is_some_and(|n| is(n, name))
                };
                targets.iter().filter(fits).collect()
            };
            let exact = named(|a, b| a == b);
            if exact.is_empty() { named(str::eq_ignore_ascii_case) } else { exact }
        }
    };
    let what = match name {
        Some(name) => format!("no .NET process has the name '{name}'"),
        None => "no .NET process was found".to_owned(),
    };
    let found = |targets: &mut dyn Iterator<Item = &Target>, text: &mut String| {
        for target in targets {
            let _ = write!(text, "\n{}", target.describe());
        }
    };
    match candidates.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut text = what;
            if !targets.is_empty() {
                text.push_str("; there are:");
                found(&mut targets.iter(), &mut text);
            }
            for problem in problems {
                let _ = write!(text, "\nnote: {problem}");
            }
            Err(Failure::new(Kind::Argument, text))
        }
        several => {
            let mut text = match name {
                Some(name) => format!("{} .NET processes have the name '{name}'", several.len()),
                None => format!("there are {} .NET processes", several.len()),
            };
            text.push_str(", choose one with -p PID:");
            found(&mut several.iter().copied(), &mut text);
            Err(Failure::new(Kind::Argument, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(pid: u32, name: &str, command_line: &[&str]) -> Target {
        Target {
            process: Process {
                pid,
                namespace_pid: pid,
                start_key: 1,
                socket: "/tmp/x".into(),
                uid: 0,
                name: name.to_owned(),
                command_line: command_line.iter().map(ToString::to_string).collect(),
            },
            answer: Answer::TooOld,
        }
    }

    fn chosen(name: Option<&str>) -> Result<u32, String> {
        let targets = [
            target(1, "dotnet", &["dotnet", "exec", "--x", "/srv/Shop.dll", "arg.dll"]),
            target(2, "dotnet", &["dotnet", "shop.DLL"]),
            target(3, "billing", &["./billing"]),
        ];
        choose(&targets, name, &[]).map(Target::pid).map_err(|failure| match failure {
            Failure::Failed { kind: Kind::Argument, error } => error.to_string(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_name_is_that_of_the_process_or_of_its_entry_assembly() {
        assert_eq!(chosen(Some("billing")), Ok(3));
        assert_eq!(chosen(Some("Billing")), Ok(3), "case matters only while it decides");
        assert_eq!(chosen(Some("Shop")), Ok(1));
        assert_eq!(chosen(Some("shop")), Ok(2));
    }

    #[test]
    fn several_candidates_are_listed() {
        let error = chosen(Some("dotnet")).expect_err("two");
        assert!(
            error.starts_with("2 .NET processes have the name 'dotnet', choose one with -p PID:"),
            "{error}"
        );
        assert!(error.contains("      1  Shop  dotnet exec --x /srv/Shop.dll arg.dll"), "{error}");
        let error = chosen(Some("SHOP")).expect_err("two in another case");
        assert_eq!(error.lines().count(), 3, "{error}");
        assert!(chosen(None).expect_err("three").starts_with("there are 3 .NET processes"));
    }

    #[test]
    fn no_candidate_lists_what_there_is() {
        let error = chosen(Some("nothing")).expect_err("none");
        assert!(error.starts_with("no .NET process has the name 'nothing'; there are:"), "{error}");
        assert_eq!(error.lines().count(), 4, "{error}");
    }

    #[test]
    fn the_only_one_needs_no_name() {
        let one = [target(7, "a", &["a"])];
        assert_eq!(choose(&one, None, &[]).map(Target::pid).ok(), Some(7));
        assert!(choose(&[], None, &[]).is_err());
    }

    #[test]
    fn what_runs_in_the_shared_host_is_called_by_its_assembly() {
        assert_eq!(target(1, "dotnet", &["dotnet", "/a/Web.App.dll"]).name(), "Web.App");
        assert_eq!(target(1, "dotnet", &["dotnet"]).name(), "dotnet");
        assert_eq!(target(1, "web", &["web", "other.dll"]).name(), "web");
    }
}
