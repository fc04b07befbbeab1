//! `pipescope ps`: the .NET processes of this machine.

use std::io::{self, Write as _};

use clap::Args;
use diagnostics_ipc::discovery::Problem;
use serde::Serialize;

use crate::exit::{Failure, written};
use crate::targets::{Answer, Target, list};
use crate::terminal;
use crate::text::{clipped, printable};

/// How many sockets that a crash left behind are named one by one.
const SHOWN_STALE_SOCKETS: usize = 3;

/// List the .NET processes of this machine.
///
/// Every process that can be reached is asked about itself. What was found but cannot be reached (processes of other
/// users, sockets that a crash left behind) is noted on standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope ps
  pipescope ps --json | jq -r '.[] | select(.runtimeVersion >= \"9\") | .pid'")]
pub(crate) struct PsArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A process as `--json` prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonProcess<'a> {
    pid: u32,
    name: &'a str,
    process_name: &'a str,
    entry_assembly: Option<&'a str>,
    runtime_version: Option<&'a str>,
    architecture: Option<&'a str>,
    operating_system: Option<&'a str>,
    portable_rid: Option<&'a str>,
    user_id: u32,
    command_line: String,
    /// Why the process says nothing about itself.
    problem: Option<&'a str>,
}

pub(crate) async fn run(args: &PsArgs) -> Result<(), Failure> {
    let (mut targets, problems) = list().await;
    targets.sort_by(|a, b| (a.name(), a.pid()).cmp(&(b.name(), b.pid())));
    let mut out = io::stdout().lock();
    if args.json {
        let processes: Vec<JsonProcess<'_>> = targets.iter().map(JsonProcess::from).collect();
        // Serializing plain data to memory cannot fail.
        let text = serde_json::to_string_pretty(&processes).unwrap_or_default();
        written(writeln!(out, "{text}"))?;
    } else {
        written(out.write_all(table(&targets, terminal::width()).as_bytes()))?;
    }
    written(out.flush())?;
    print_notes(&targets, &problems);
    Ok(())
}

impl<'a> From<&'a Target> for JsonProcess<'a> {
    fn from(target: &'a Target) -> Self {
        let info = target.info();
        Self {
            pid: target.pid(),
            name: target.name(),
            process_name: &target.process.name,
            entry_assembly: target.entry_assembly(),
            runtime_version: target.runtime_version(),
            architecture: info.map(|info| info.architecture.as_str()),
            operating_system: info.map(|info| info.operating_system.as_str()),
            portable_rid: info.and_then(|info| info.portable_rid.as_deref()),
            user_id: target.process.uid,
            command_line: target.command_line(),
            problem: match &target.answer {
                Answer::Silent { error, .. } | Answer::Strange { error } => Some(error),
                Answer::Info(_) | Answer::TooOld => None,
            },
        }
    }
}

/// The table, its last column clipped to a terminal's width.
fn table(targets: &[Target], width: Option<usize>) -> String {
    if targets.is_empty() {
        return "No .NET processes were found.\n".to_owned();
    }
    let mut rows = vec![["PID", "NAME", "RUNTIME", "ARCH", "COMMAND LINE"].map(str::to_owned)];
    rows.extend(targets.iter().map(|target| {
        let (runtime, architecture) = match &target.answer {
            Answer::Info(info) => (info.runtime_version.clone(), info.architecture.clone()),
            Answer::TooOld => (Some("3.x".to_owned()), "-".to_owned()),
            Answer::Silent { why, .. } => (Some(format!("({why})")), "-".to_owned()),
            Answer::Strange { .. } => (Some("(not .NET)".to_owned()), "-".to_owned()),
        };
        // What follows a plus is the commit of the build.
        let runtime = runtime.unwrap_or_else(|| "-".to_owned());
        let runtime = runtime.split('+').next().unwrap_or_default().to_owned();
        [
            target.pid().to_string(),
            printable(target.name()).into_owned(),
            runtime,
            architecture,
            printable(&target.command_line()).into_owned(),
        ]
    }));
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let [pid, name, runtime, architecture] = [0, 1, 2, 3].map(widest);
    let mut text = String::new();
    for [a, b, c, d, e] in &rows {
        let line = format!("{a:>pid$}  {b:<name$}  {c:<runtime$}  {d:<architecture$}  {e}");
        text.push_str(&width.map_or_else(|| line.as_str().into(), |width| clipped(&line, width)));
        text.push('\n');
    }
    text
}

/// What else there is to know, on standard error: a pipeline wants rows only.
fn print_notes(targets: &[Target], problems: &[Problem]) {
    let mut err = io::stderr().lock();
    // Standard error may be closed; the table has been printed.
    let (stale, others): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| matches!(problem, Problem::StaleSocket { .. }));
    // A machine where much is killed has many of these, and one looks like the next.
    for problem in others.into_iter().chain(stale.iter().copied().take(SHOWN_STALE_SOCKETS)) {
        let _ = writeln!(err, "note: {}", printable(&problem.to_string()));
    }
    if stale.len() > SHOWN_STALE_SOCKETS {
        let _ = writeln!(err, "note: and {} more stale sockets", stale.len() - SHOWN_STALE_SOCKETS);
    }
    for target in targets {
        if let Answer::Silent { error, .. } | Answer::Strange { error } = &target.answer {
            let _ = writeln!(err, "note: {}", printable(error));
        }
    }
    if targets.iter().any(|target| matches!(target.answer, Answer::TooOld)) {
        let _ = writeln!(err, "note: 3.x is .NET Core 3.1 or older, which does not say more about itself.");
    }
}

#[cfg(test)]
mod tests {
    use diagnostics_ipc::discovery::Process;
    use diagnostics_ipc::message::ProcessInfo;

    use super::*;

    fn target(pid: u32, answer: Answer) -> Target {
        Target {
            process: Process {
                pid,
                namespace_pid: pid,
                start_key: 1,
                socket: "/tmp/x".into(),
                uid: 1000,
                name: "dotnet".to_owned(),
                command_line: ["dotnet", "/srv/shop.dll", "--urls", "http://*:80"].map(str::to_owned).into(),
            },
            answer,
        }
    }

    fn info() -> ProcessInfo {
        ProcessInfo {
            pid: 1,
            runtime_cookie: uuid::Uuid::nil(),
            command_line: "/usr/bin/dotnet /srv/shop.dll".to_owned(),
            operating_system: "linux".to_owned(),
            architecture: "x64".to_owned(),
            entry_assembly: Some("shop".to_owned()),
            runtime_version: Some("9.0.5+abcdef".to_owned()),
            portable_rid: Some("linux-x64".to_owned()),
        }
    }

    #[test]
    fn the_table_has_a_row_for_every_process() {
        let targets = [
            target(7, Answer::Info(info())),
            target(1234, Answer::TooOld),
            target(99, Answer::Silent { why: "stopped", error: "the whole story".to_owned() }),
        ];
        assert_eq!(
            table(&targets, None),
            concat!(
                " PID  NAME  RUNTIME    ARCH  COMMAND LINE\n",
                "   7  shop  9.0.5      x64   /usr/bin/dotnet /srv/shop.dll\n",
                "1234  shop  3.x        -     dotnet /srv/shop.dll --urls http://*:80\n",
                "  99  shop  (stopped)  -     dotnet /srv/shop.dll --urls http://*:80\n",
            )
        );
        assert!(table(&targets, Some(40)).lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn json_has_all_that_is_known() {
        let targets = [target(7, Answer::Info(info())), target(8, Answer::TooOld)];
        let rows: Vec<JsonProcess<'_>> = targets.iter().map(JsonProcess::from).collect();
        let value = serde_json::to_value(rows).unwrap();
        assert_eq!(
            value[0],
            serde_json::json!({
                "pid": 7, "name": "shop", "processName": "dotnet", "entryAssembly": "shop",
                "runtimeVersion": "9.0.5+abcdef", "architecture": "x64", "operatingSystem": "linux",
                "portableRid": "linux-x64", "userId": 1000,
                "commandLine": "/usr/bin/dotnet /srv/shop.dll", "problem": null,
            })
        );
        assert_eq!(value[1]["runtimeVersion"], serde_json::Value::Null);
    }
}
