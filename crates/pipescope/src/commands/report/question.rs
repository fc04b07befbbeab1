//! What all reports have in common: a question asked of a trace or of a running process, and its answer.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use diagnostics_ipc::request::SessionRequest;
use dotnet_analysis::Analysis;
use dotnet_analysis::report::{Facts, Question};
use nettrace::{Decoder, Tolerance};
use pipescope_engine::observation::{Finding, Observation};
use pipescope_engine::recording::{Flow, TraceRequest};
use pipescope_engine::settling;

use super::form::{About, Form, FormArgs};
use crate::cli::Selector;
use crate::duration::{Limit, format_elapsed};
use crate::exit::{FailAs as _, Failure, Kind};
use crate::settle::settle;
use crate::signals::StopSignals;
use crate::targets::Target;
use crate::terminal;
use crate::text::printable;
use crate::trace_input::{Ending, TraceInput, oddities};

/// What a report is made of, and how it is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuestionArgs {
    /// Trace to read; `-` is standard input. Without it a running process is observed
    #[arg(value_name = "FILE", conflicts_with_all = ["process_id", "name", "duration"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    selector: Selector,
    /// How long a process is observed: dd:hh:mm:ss, hh:mm:ss, or with units such as 90s; 0s until Ctrl-C
    #[arg(long, value_name = "TIME", default_value = "10s")]
    duration: Limit,
    #[command(flatten)]
    form: FormArgs,
}

/// What is asked of a process.
#[derive(Debug)]
pub(crate) struct Asked<Q> {
    /// The fold for what comes.
    pub(crate) question: Q,
    /// The session that makes it come.
    pub(crate) session: SessionRequest,
    /// Whether event sources of managed code are asked, for which a process that has just started is waited for.
    pub(crate) is_managed: bool,
}

impl QuestionArgs {
    /// Answers the question from the trace or the process.
    pub(crate) fn run<Q: Question + Send + 'static>(
        &self,
        question: Q,
    ) -> impl Future<Output = Result<(), Failure>> {
        // Some folds are large, and would be in the futures of all callers.
        Box::pin(self.ask(question))
    }

    async fn ask<Q: Question + Send + 'static>(&self, question: Q) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            return self.of_file(file, question);
        }
        let ask = |target: &Target| {
            // A heartbeat is an event source of managed code, for which a process that is just starting would have to be
            // waited for; and its start may be what is to be seen.
            let heartbeat = settling::is_settled(target.process.pid, target.process.start_key);
            let needs = question.needs(target.runtime_version());
            let request = TraceRequest::of_needs(&needs, heartbeat);
            Asked {
                session: request.session(target.runtime_version()),
                is_managed: request.has_managed_providers(),
                question,
            }
        };
        self.of_process(ask).await
    }

    /// Whether it is about a trace that was taken before.
    pub(crate) fn is_of_file(&self) -> bool {
        self.file.is_some()
    }

    /// Answers the question from a trace.
    fn of_file<Q: Question>(&self, file: &Path, mut question: Q) -> Result<(), Failure> {
        let input = TraceInput::open(file)?;
        let form = self.form.open()?;
        form.must_not_be(&input)?;
        let shown = input.shown().to_owned();
        let mut decoder = Decoder::new().tolerate(Tolerance::Damage);
        if Q::IN_TIME_ORDER {
            decoder = decoder.in_time_order();
        }
        let mut analysis = Analysis::new().with(&mut question);
        let ending = match input.read(&mut decoder, &mut analysis, |_| Ok(())) {
            Ok(ending) => ending,
            Err(failure) => {
                form.abandon();
                return Err(failure);
            }
        };
        let problem = match &ending {
            Ending::Complete => None,
            Ending::Broken(error) => Some(error.clone()),
        };
        let facts = Facts::new(&decoder, analysis.last_ticks(), problem);
        let code = analysis.into_code();
        let mut about = vec![("Trace".to_owned(), shown.clone())];
        if facts.process_id != 0 {
            about.push(("Process".to_owned(), facts.process_id.to_string()));
        }
        conclude(form, &shown, &about, &Finding { question, code, facts, decoder })
    }

    /// Answers the question from a running process, which `ask` is told about.
    pub(crate) async fn of_process<Q: Question + Send + 'static>(
        &self,
        ask: impl FnOnce(&Target) -> Asked<Q>,
    ) -> Result<(), Failure> {
        let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
        let target = self.selector.resolve().await?;
        let form = self.form.open()?;
        let result = self.observe(&target, ask, &mut signals).await;
        let finding = match result {
            Ok(finding) => finding,
            Err(failure) => {
                form.abandon();
                return Err(failure);
            }
        };
        conclude(form, &format!("process {}", target.pid()), &about(&target), &finding)
    }

    /// Observes a process until it is enough.
    async fn observe<Q: Question + Send + 'static>(
        &self,
        target: &Target,
        ask: impl FnOnce(&Target) -> Asked<Q>,
        signals: &mut StopSignals,
    ) -> Result<Finding<Q>, Failure> {
        let Asked { question, session, is_managed } = ask(target);
        if is_managed {
            settle(target, "").await?;
        }
        let mut observation =
            Observation::start(&target.process, &session, question).await.fail_as(Kind::Session)?;
        for feature in observation.not_honoured() {
            tracing::info!("this runtime is too old for {feature}");
        }
        self.announce(target);
        let end = watch(&mut observation, self.duration, signals).await?;
        let finding = match end {
            End::StreamEnded => observation.ended().await,
            End::Asked => tokio::select! {
                finding = observation.stop() => finding,
                // Once more: at once then.
                () = signals.next() => {
                    say("pipescope: left at once, without a report");
                    return Err(Failure::AtOnce(Kind::Stream));
                }
            },
        };
        let Some(finding) = finding else { return Err(Failure::Reported(Kind::Unexpected)) };
        if end == End::StreamEnded {
            say(&format!("note: process {} has ended.", target.pid()));
        }
        Ok(finding)
    }

    /// Says what is being waited for, to whoever may be watching.
    fn announce(&self, target: &Target) {
        let long = self.duration.0.map_or_else(String::new, |limit| format!(" for {}", spoken(limit)));
        say(&format!(
            "Observing {} (pid {}){long}. Ctrl-C ends early.",
            printable(target.name()),
            target.pid()
        ));
    }
}

/// What a report on a process is about.
fn about(target: &Target) -> About {
    let mut about = vec![("Process".to_owned(), format!("{} (pid {})", target.name(), target.pid()))];
    if let Some(version) = target.runtime_version() {
        about.push(("Runtime".to_owned(), version.to_owned()));
    }
    about
}

/// Shows the answer; fails when it is that of a part.
fn conclude<Q: Question>(
    form: Form,
    shown: &str,
    about: &About,
    finding: &Finding<Q>,
) -> Result<(), Failure> {
    form.show(&finding.answer(), Some(&finding.facts), about)?;
    for oddity in oddities(&finding.decoder) {
        // The report has been printed, whoever listens to this.
        say(&format!("note: {shown}: {oddity}"));
    }
    match &finding.facts.problem {
        None => Ok(()),
        Some(problem) => Err(Failure::new(Kind::Stream, format!("{shown}: {problem}"))),
    }
}

/// Why an observation came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Somebody wanted it, or the time is over.
    Asked,
    /// The target closed the stream.
    StreamEnded,
}

async fn watch<Q: Question + Send + 'static>(
    observation: &mut Observation<Q>,
    duration: Limit,
    signals: &mut StopSignals,
) -> Result<End, Failure> {
    let (over, enter) = (duration.over(), terminal::enter_pressed());
    tokio::pin!(over, enter);
    loop {
        tokio::select! {
            flow = observation.next() => match flow.fail_as(Kind::Stream)? {
                Flow::Bytes => {}
                Flow::Ended => return Ok(End::StreamEnded),
            },
            () = signals.next() => return Ok(End::Asked),
            () = &mut enter => return Ok(End::Asked),
            () = &mut over => return Ok(End::Asked),
        }
    }
}

/// A time in words while it is short.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=120 => format!("{seconds} s"),
        _ => format_elapsed(time),
    }
}

/// A line for whoever watches; nobody may.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
