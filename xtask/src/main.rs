//! Everything that is done with this repository besides `cargo build`: `cargo xtask VERB`.

mod arguments;
mod bench;
mod command;
mod demo;
mod deny;
mod dist;
mod fuzz;
mod golden;
mod load;
mod pipescope;
mod setup;
mod test;
mod web;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use arguments::Arguments;

const HELP: &str = "\
usage: cargo xtask VERB [OPTION ...]

  setup                     get what tests and demo need: .NET targets, npm and Debian packages
  test [--only STEP]...     everything that must pass: format, lints, documentation, unit, live and browser tests
  demo [--seconds N] [--port PORT] [--release]
                            a real ASP.NET Core application under light load, and `pipescope serve` watching it
  bench [--only costs|answers|traces|memory]... [--record] [--seconds N]
                            measure, and write BENCHMARKS.md; --record takes the traces it reads anew
  fuzz [--seconds N] [TARGET ...]
                            fuzz each target (10 minutes unless told)
  fuzz --minimise [TARGET ...]
                            keep of each target's inputs the seeds and what adds to them
  golden                    write the golden files of tests anew
  deny                      check the licences and sources of dependencies
  dist                      a static release build with its licences, in target/dist
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    match run(&verb, Arguments::new(arguments.collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask {verb}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &str, arguments: Arguments) -> Result<()> {
    // Every path below is relative to the workspace.
    env::set_current_dir(workspace())?;
    match verb {
        "setup" => arguments.end().and_then(|()| setup::setup()),
        "test" => test::test(arguments),
        "demo" => demo::demo(arguments),
        "bench" => bench::bench(arguments),
        "fuzz" => fuzz::fuzz(arguments),
        "golden" => arguments.end().and_then(|()| golden::golden()),
        "deny" => arguments.end().and_then(|()| deny::deny()),
        "dist" => arguments.end().and_then(|()| dist::dist()),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("no such verb\n\n{HELP}"),
    }
}

/// The folder of the workspace.
fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}

/// The folder that cargo builds into.
fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}
