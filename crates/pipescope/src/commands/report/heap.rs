//! `pipescope report heap`: what is on the heap, and why it is still there.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dotnet_analysis::heap::{Heap, HeapAnswer, HeapDump, Wanted, gcdump};
use dotnet_analysis::report::Facts;
use nettrace::{Decoder, Tolerance};

use super::form::{About, Form, FormArgs};
use crate::cli::Selector;
use crate::commands::gcdump::{TakeArgs, complain};
use crate::exit::{FailAs as _, Failure, Kind};
use crate::trace_input::{Ending, TraceInput};

/// Tell what is on the heap: types with counts and bytes, what keeps most of it alive, and the way from a static field or
/// another root to it.
///
/// Reads .gcdump files, also those of dotnet-gcdump and PerfView, and traces with the events of a heap dump. Without a file a
/// process is asked, which stands still for it as for `pipescope gcdump`. Bytes are the sum over all objects.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report heap shop.gcdump
  pipescope report heap shop.gcdump --paths Order
  pipescope report heap -p 1234 --json | jq '.by_type[0]'
  pipescope report heap shop.gcdump --html=heap.html")]
pub(crate) struct HeapArgs {
    /// .gcdump file, or trace; `-` is a trace on standard input. Without it a running process is asked
    #[arg(value_name = "FILE", conflicts_with_all = ["process_id", "name", "timeout", "buffersize"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    selector: Selector,
    /// Also tell why the objects of this type are alive: a name, its last part, or a part of it
    #[arg(long, value_name = "TYPE")]
    paths: Option<String>,
    /// Rows of tables, and objects that keep most alive
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    #[command(flatten)]
    take: TakeArgs,
    #[command(flatten)]
    form: FormArgs,
}

pub(crate) async fn run(args: &HeapArgs) -> Result<(), Failure> {
    let form = args.form.open()?;
    let wanted = Wanted { top: args.top.into(), paths: args.paths.clone() };
    let Some(path) = &args.file else {
        return of_process(args, form, &wanted).await;
    };
    let input = TraceInput::open(path)?;
    form.must_not_be(&input)?;
    let about = vec![("File".to_owned(), input.shown().to_owned())];
    if is_gcdump(input.file()) {
        let heap = read_gcdump(&input)?;
        return form.show(&HeapAnswer::new(&heap, &wanted), None, &about);
    }
    of_trace(input, path, form, &wanted, &about)
}

async fn of_process(args: &HeapArgs, form: Form, wanted: &Wanted) -> Result<(), Failure> {
    let taken = async {
        let target = args.selector.resolve().await?;
        Ok((args.take.of_process(&target).await?, target))
    };
    let (taken, target) = match taken.await {
        Ok(taken) => taken,
        Err(failure) => {
            form.abandon();
            return Err(failure);
        }
    };
    let mut about = vec![("Process".to_owned(), format!("{} (pid {})", target.name(), target.pid()))];
    about.extend(target.runtime_version().map(|version| ("Runtime".to_owned(), version.to_owned())));
    form.show(&HeapAnswer::new(&taken.heap, wanted), Some(&taken.facts), &about)?;
    complain(&taken, &format!("process {}", target.pid()))
}

fn of_trace(
    input: TraceInput,
    path: &Path,
    form: Form,
    wanted: &Wanted,
    about: &About,
) -> Result<(), Failure> {
    let trace = match TraceHeap::read(input, path) {
        Ok(trace) => trace,
        Err(failure) => {
            form.abandon();
            return Err(failure);
        }
    };
    form.show(&HeapAnswer::new(&trace.heap, wanted), Some(&trace.facts), about)?;
    trace.ended()
}

/// The heap dump of a trace.
#[derive(Debug)]
pub(crate) struct TraceHeap {
    /// What is on the heap, as far as the trace tells.
    pub(crate) heap: Heap,
    facts: Facts,
    shown: String,
    problem: Option<String>,
}

impl TraceHeap {
    /// Reads a trace; fails where no heap dump is in it. `path` is the one it was opened by.
    pub(crate) fn read(input: TraceInput, path: &Path) -> Result<Self, Failure> {
        let shown = input.shown().to_owned();
        let mut decoder = Decoder::new().tolerate(Tolerance::Damage);
        let mut dump = HeapDump::new();
        let ending = input.read(&mut decoder, &mut dump, |_| Ok(()))?;
        let problem = match ending {
            Ending::Complete => None,
            Ending::Broken(error) => Some(error),
        };
        let facts = Facts::new(&decoder, dump.last_ticks(), problem.clone());
        let Some(heap) = dump.into_heap() else {
            let text = match problem {
                Some(problem) => format!("{shown}: no heap dump is in it: {problem}"),
                None => format!(
                    "{} holds no heap dump; `pipescope gcdump` takes one",
                    if path == Path::new("-") { "standard input" } else { &shown }
                ),
            };
            return Err(Failure::new(Kind::Stream, text));
        };
        Ok(Self { heap, facts, shown, problem })
    }

    /// Fails where the dump is not all there is, after what there is was told.
    pub(crate) fn ended(&self) -> Result<(), Failure> {
        let shown = &self.shown;
        match &self.problem {
            Some(problem) => Err(Failure::new(Kind::Stream, format!("{shown}: {problem}"))),
            None if self.heap.about().losses.any() => {
                Err(Failure::new(Kind::Stream, format!("{shown}: the runtime lost events of the heap dump")))
            }
            None => Ok(()),
        }
    }
}

/// Whether a file is one of `.gcdump`, by its beginning. What cannot be looked into twice is a trace.
pub(crate) fn is_gcdump(file: &File) -> bool {
    let mut head = [0; gcdump::HEAD];
    file.read_exact_at(&mut head, 0).is_ok() && gcdump::is_gcdump(&head)
}

/// The heap of such a file.
pub(crate) fn read_gcdump(input: &TraceInput) -> Result<Heap, Failure> {
    gcdump::read(input.file()).fail_with(Kind::Stream, || input.shown().to_owned())
}
