//! `pipescope info`: what a process says about itself, and its environment.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::Args;
use diagnostics_ipc::client::Error;
use serde::Serialize;

use crate::cli::Selector;
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::secrets::mask;
use crate::targets::Target;
use crate::text::printable;

/// Show what a process says about itself, and its environment.
///
/// Values of environment variables that look like secrets (by their name, or by what they hold: passwords in connection
/// strings and URLs, private keys) are masked unless asked for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope info 1234
  pipescope info -n shop --json | jq .environment.ASPNETCORE_URLS")]
pub(crate) struct InfoArgs {
    /// Process id
    #[arg(value_name = "PID", conflicts_with_all = ["process_id", "name"])]
    pid: Option<u32>,
    #[command(flatten)]
    selector: Selector,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print the values of secrets
    #[arg(long)]
    show_secrets: bool,
}

/// All there is to say, as `--json` prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    pid: u32,
    /// The pid as the process sees itself, where that is another one.
    namespace_pid: Option<u32>,
    name: &'a str,
    process_name: &'a str,
    entry_assembly: Option<&'a str>,
    command_line: String,
    runtime_version: Option<&'a str>,
    runtime_instance: Option<String>,
    operating_system: Option<&'a str>,
    architecture: Option<&'a str>,
    portable_rid: Option<&'a str>,
    user_id: u32,
    socket: String,
    /// `null` on runtimes that do not tell.
    environment: Option<BTreeMap<&'a str, Cow<'a, str>>>,
}

pub(crate) async fn run(args: &InfoArgs) -> Result<(), Failure> {
    let selector = match args.pid {
        Some(pid) => Selector { process_id: Some(pid), name: None },
        None => args.selector.clone(),
    };
    let target = selector.resolve().await?;
    let environment = match target.client().environment().await {
        Ok(variables) => Some(variables),
        Err(Error::Unsupported { .. }) => None,
        Err(error) => return Err(error).fail_as(Kind::Session),
    };
    let report = Report::new(&target, environment.as_deref(), args.show_secrets);
    let text = if args.json {
        // Serializing plain data to memory cannot fail.
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        report.text()
    };
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

impl<'a> Report<'a> {
    fn new(target: &'a Target, environment: Option<&'a [(String, String)]>, shows_secrets: bool) -> Self {
        let (process, info) = (&target.process, target.info());
        let shown = |name: &str, value: &'a str| if shows_secrets { value.into() } else { mask(name, value) };
        Self {
            pid: process.pid,
            namespace_pid: Some(process.namespace_pid).filter(|inner| *inner != process.pid),
            name: target.name(),
            process_name: &process.name,
            entry_assembly: target.entry_assembly(),
            command_line: target.command_line(),
            runtime_version: target.runtime_version(),
            runtime_instance: info.map(|info| info.runtime_cookie.to_string()),
            operating_system: info.map(|info| info.operating_system.as_str()),
            architecture: info.map(|info| info.architecture.as_str()),
            portable_rid: info.and_then(|info| info.portable_rid.as_deref()),
            user_id: process.uid,
            socket: process.socket.display().to_string(),
            environment: environment.map(|variables| {
                variables.iter().map(|(name, value)| (name.as_str(), shown(name, value))).collect()
            }),
        }
    }

    fn text(&self) -> String {
        let unknown = "(not told by this runtime)";
        let pid = match self.namespace_pid {
            Some(inner) => format!("{} (in its namespace {inner})", self.pid),
            None => self.pid.to_string(),
        };
        let mut text = String::new();
        for (label, value) in [
            ("Process", pid.as_str()),
            ("Name", self.name),
            ("Entry assembly", self.entry_assembly.unwrap_or(unknown)),
            ("Command line", &self.command_line),
            ("Runtime", self.runtime_version.unwrap_or("3.x, which does not say more about itself")),
            ("Runtime instance", self.runtime_instance.as_deref().unwrap_or(unknown)),
            ("System", self.operating_system.unwrap_or(unknown)),
            ("Architecture", self.architecture.unwrap_or(unknown)),
            ("Portable RID", self.portable_rid.unwrap_or(unknown)),
            ("User id", &self.user_id.to_string()),
            ("Socket", &self.socket),
        ] {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<18}{}", printable(value));
        }
        match &self.environment {
            None => text.push_str("Environment       (not told by this runtime: since .NET 6)\n"),
            Some(variables) => {
                text.push_str("Environment\n");
                for (name, value) in variables {
                    let _ = writeln!(text, "  {}={}", printable(name), printable(value));
                }
            }
        }
        text
    }
}
