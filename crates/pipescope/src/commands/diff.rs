//! `pipescope diff`: what has changed between two traces.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use dotnet_analysis::diff::{Compared, DiffAnswer, Side};
use dotnet_analysis::heap::HeapDiffAnswer;
use dotnet_analysis::report::Facts;
use nettrace::{Decoder, Tolerance};

use super::report::heap::{is_gcdump, read_gcdump};
use super::report::{Form, FormArgs};
use crate::exit::{Failure, Kind};
use crate::trace_input::{Ending, TraceInput, oddities};

/// Show what has changed between two traces or two heaps, what grew most first.
///
/// Everything that both traces tell of is compared. What adds up over time is compared by what there was a second, so they
/// need not be equally long. Of two .gcdump files, objects and bytes are compared by type.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope diff monday.nettrace tuesday.nettrace
  pipescope diff before.gcdump after.gcdump
  pipescope diff before.nettrace after.nettrace --html=changes.html
  pipescope diff before.nettrace after.nettrace --json | jq '.subjects[].figures[]'")]
pub(crate) struct DiffArgs {
    /// Trace or .gcdump file to begin from
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// Trace to compare with it; `-` is standard input
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    #[command(flatten)]
    form: FormArgs,
}

pub(crate) fn run(args: &DiffArgs) -> Result<(), Failure> {
    let (first, second) = (TraceInput::open(&args.before)?, TraceInput::open(&args.after)?);
    let form = args.form.open()?;
    form.must_not_be(&first)?;
    form.must_not_be(&second)?;
    if is_gcdump(first.file()) || is_gcdump(second.file()) {
        return of_heaps(&first, &second, form);
    }
    let sides = side(first, &args.before).and_then(|before| Ok((before, side(second, &args.after)?)));
    let (before, after) = match sides {
        Ok(sides) => sides,
        Err(failure) => {
            form.abandon();
            return Err(failure);
        }
    };
    form.show(&DiffAnswer::new(&before, &after), None, &Vec::new())?;
    for side in [&before, &after] {
        if let Some(problem) = &side.facts.problem {
            return Err(Failure::new(Kind::Stream, format!("{}: {problem}", side.name)));
        }
    }
    Ok(())
}

/// Compares two heaps.
fn of_heaps(first: &TraceInput, second: &TraceInput, form: Form) -> Result<(), Failure> {
    let heaps = [first, second].map(|input| {
        if is_gcdump(input.file()) {
            return read_gcdump(input);
        }
        let text = format!("{} is no .gcdump file: a heap can only be compared with a heap", input.shown());
        Err(Failure::new(Kind::Argument, text))
    });
    match heaps {
        [Ok(before), Ok(after)] => form.show(&HeapDiffAnswer::new(&before, &after), None, &Vec::new()),
        [Err(failure), _] | [_, Err(failure)] => {
            form.abandon();
            Err(failure)
        }
    }
}

/// The figures of a trace.
fn side(input: TraceInput, path: &Path) -> Result<Side, Failure> {
    let shown = input.shown().to_owned();
    let mut compared = Compared::default();
    let mut decoder = Decoder::new().tolerate(Tolerance::Damage).in_time_order();
    let mut analysis = compared.analysis();
    let ending = input.read(&mut decoder, &mut analysis, |_| Ok(()))?;
    let problem = match ending {
        Ending::Complete => None,
        Ending::Broken(error) => Some(error),
    };
    let facts = Facts::new(&decoder, analysis.last_ticks(), problem);
    let code = analysis.into_code();
    for oddity in oddities(&decoder) {
        // Nobody may be listening.
        let _ = writeln!(io::stderr(), "note: {shown}: {oddity}");
    }
    // The folder is mostly the same, and long.
    let name = path.file_name().filter(|name| *name != "-");
    let name = name.map_or(shown, |name| name.to_string_lossy().into_owned());
    Ok(compared.side(&name, &facts, &code))
}
