//! `pipescope report counters`: the counters and meters of a trace or a process over time.

use std::time::Duration;

use clap::Args;
use pipescope_engine::counters::{CounterHistory, CounterRequest, CounterSelection};

use super::question::{Asked, QuestionArgs};
use crate::exit::Failure;

/// Show counters and meters over time, from a trace or a running process.
///
/// Of a trace everything in it is shown, whatever asked for it. Rates are per second.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report counters shop.nettrace
  pipescope report counters -p 1234 --duration 30s
  pipescope report counters -n shop --counters System.Runtime,Microsoft.AspNetCore.Hosting --json")]
pub(crate) struct CountersArgs {
    #[command(flatten)]
    question: QuestionArgs,
    /// Providers and meters to ask a process for, as `counters monitor` takes them
    #[arg(long, value_name = "LIST", default_value = "System.Runtime", conflicts_with = "file")]
    counters: CounterSelection,
}

/// Seconds between two values.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(args: &CountersArgs) -> Result<(), Failure> {
    if args.question.is_of_file() {
        return args.question.run(CounterHistory::of_trace()).await;
    }
    let request =
        CounterRequest { selection: args.counters.clone(), interval: INTERVAL, ..CounterRequest::default() };
    args.question
        .of_process(|target| {
            let (question, session) = CounterHistory::of_process(&request, target.info());
            Asked { question, session, is_managed: true }
        })
        .await
}
