//! How an answer is shown: as text, as JSON, or as a page.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use dotnet_analysis::report::{Answer, Facts, html, text};
use jiff::Timestamp;
use serde::Serialize;

use crate::exit::{FailAs as _, Failure, Kind};
use crate::output::Output;
use crate::terminal;
use crate::trace_input::TraceInput;

/// Columns of text that goes to no terminal, and the least and most that are used of one.
const COLUMNS: usize = 100;
const LEAST_COLUMNS: usize = 60;
const MOST_COLUMNS: usize = 160;

/// Text unless something else is wanted.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page with charts, for a browser: one file that needs nothing else. Without a file name to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    html: Option<Option<PathBuf>>,
}

/// A form whose output can be written.
#[derive(Debug)]
pub(crate) struct Form {
    kind: FormKind,
    output: Output,
    /// What to call the output.
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormKind {
    Text,
    Json,
    Html,
}

/// What a report is about, names and values: the file, the process. The first is what it is called by.
pub(crate) type About = Vec<(String, String)>;

impl FormArgs {
    /// Opens the output before anything is observed: a report that cannot be written need not be made.
    pub(crate) fn open(&self) -> Result<Form, Failure> {
        let stdout = || Output::stdout().fail_as(Kind::Unexpected);
        let name = "standard output".to_owned();
        match &self.html {
            Some(Some(path)) if path != Path::new("-") => {
                let name = path.display().to_string();
                let output =
                    Output::open(path).fail_with(Kind::Argument, || format!("cannot create {name}"))?;
                Ok(Form { kind: FormKind::Html, output, name })
            }
            Some(None) if io::stdout().is_terminal() => Err(Failure::new(
                Kind::Argument,
                "a page is not for a terminal; name a file: --html=report.html",
            )),
            Some(_) => Ok(Form { kind: FormKind::Html, output: stdout()?, name }),
            None if self.json => Ok(Form { kind: FormKind::Json, output: stdout()?, name }),
            None => Ok(Form { kind: FormKind::Text, output: stdout()?, name }),
        }
    }
}

impl Form {
    /// Fails when the trace would be written over.
    pub(crate) fn must_not_be(&self, input: &TraceInput) -> Result<(), Failure> {
        if self.output.is_same(input.file()) {
            let text = format!("{} is the trace itself; write to another file", self.name);
            return Err(Failure::new(Kind::Argument, text));
        }
        Ok(())
    }

    /// Leaves the output as it was.
    pub(crate) fn abandon(self) {
        self.output.abandon();
    }

    /// Writes the answer.
    ///
    /// `facts` are those of the trace it is from; a comparison of several has its own.
    pub(crate) fn show(
        mut self,
        answer: &impl Answer,
        facts: Option<&Facts>,
        about: &About,
    ) -> Result<(), Failure> {
        let shown = match self.kind {
            FormKind::Text => {
                let columns =
                    terminal::width().map_or(COLUMNS, |width| width.clamp(LEAST_COLUMNS, MOST_COLUMNS));
                text::render(&answer.document(), facts, columns)
            }
            FormKind::Json => json(answer, facts),
            FormKind::Html => html::render(&html::Page {
                document: &answer.document(),
                pictures: &answer.pictures(),
                facts,
                about: &with_start(about, facts),
                json: &json(answer, facts),
            }),
        };
        let name = self.name;
        self.output.write_all(shown.as_bytes()).and_then(|()| self.output.finish()).map_err(|error| {
            match error.kind() {
                // The reader's decision.
                io::ErrorKind::BrokenPipe => Failure::OutputClosed,
                _ => Failure::Failed {
                    kind: Kind::Unexpected,
                    error: anyhow::Error::new(error).context(format!("cannot write {name}")),
                },
            }
        })
    }
}

fn with_start(about: &About, facts: Option<&Facts>) -> About {
    let mut about = about.clone();
    let facts = facts.filter(|facts| facts.events > 0);
    if let Some(Ok(start)) = facts.map(|facts| Timestamp::from_nanosecond(facts.start_unix_ns.into())) {
        about.push(("Start".to_owned(), start.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()));
    }
    about
}

/// An answer as JSON: its own members, then the trace they were found in.
#[derive(Serialize)]
struct Json<'a, A> {
    #[serde(flatten)]
    answer: &'a A,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a Facts>,
}

fn json(answer: &impl Answer, facts: Option<&Facts>) -> String {
    // Serializing plain data to memory cannot fail.
    serde_json::to_string_pretty(&Json { answer, trace: facts }).unwrap_or_default() + "\n"
}
