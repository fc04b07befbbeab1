//! `cargo xtask demo`: a real ASP.NET Core application under light load, watched by `pipescope serve`.

use std::env;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};
use testbed::{Program, Runtime, Target};

use crate::arguments::Arguments;
use crate::load::Load;
use crate::pipescope::{self, Serve};
use crate::{setup, web};

/// Where `pipescope serve` listens unless told.
const PORT: u16 = 52323;
/// Nobody looks at a demo for longer than this; a forgotten one ends.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

pub(crate) fn demo(mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.option("--seconds")?.map(Duration::from_secs);
    let port = arguments.option("--port")?.unwrap_or(PORT);
    let profile = if arguments.flag("--release") { "release" } else { "dev" };
    arguments.end()?;

    println!("==> getting the .NET targets");
    setup::testbed()?;
    println!("==> building the pages");
    web::build()?;
    println!("==> building pipescope");
    let program = pipescope::build(profile, None)?;
    println!("==> starting an ASP.NET Core application, load on it, and pipescope serve");
    run(&program, port, seconds)
}

/// Runs the demo until Ctrl-C, or for the given time.
fn run(program: &Path, port: u16, time: Option<Duration>) -> Result<()> {
    // Children get a terminal's Ctrl-C too; whatever is left after it is ended here, by leaving this function.
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot listen for signals")?;
    }
    let time = time.unwrap_or(LONGEST);
    // The usual folder of diagnostics sockets, so that any other .NET process of the machine appears as well.
    let tmpdir = env::temp_dir();
    let mut target = Target::builder(Runtime::Net9, Program::Web).tmpdir(&tmpdir).start();
    let url = target.http_url().context("the application tells its address")?;
    let load = Load::start(&url, time);
    let mut serve = Serve::start(program, port, &tmpdir)?;
    println!();
    println!("    an ASP.NET Core application (process {}) answers on {url}", target.pid());
    println!("    open {}/ to see inside it; Ctrl-C ends", serve.url());
    println!();

    let end = Instant::now() + time;
    while !stop.load(Ordering::Relaxed) && Instant::now() < end {
        let ended = if !serve.is_running() {
            Some("`pipescope serve`")
        } else if !target.is_running() {
            Some("the application")
        } else {
            None
        };
        if let Some(ended) = ended {
            // They may have heard a terminal's Ctrl-C before us.
            if stop.load(Ordering::Relaxed) {
                break;
            }
            bail!("{ended} ended by itself");
        }
        thread::sleep(Duration::from_millis(50));
    }
    println!("    ending after {} answered requests", load.answered());
    drop(load);
    drop(serve);
    // Asked to end, it takes its socket along.
    target.close_stdin();
    target.wait_exit();
    Ok(())
}

/// A short demo on a free port, for tests: the page and the list of processes are there.
pub(crate) fn check(program: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let target = Target::builder(Runtime::Net9, Program::Web).tmpdir(folder.path()).start();
    let url = target.http_url().context("the application tells its address")?;
    let load = Load::start(&url, Duration::from_secs(120));
    let serve = Serve::start(program, 0, folder.path())?;
    let end = Instant::now() + Duration::from_secs(60);
    let wanted = format!("\"pid\":{}", target.pid());
    loop {
        let processes = testbed::get(&format!("{}/processes", serve.url()))?;
        if processes.status == 200
            && processes.body.replace(' ', "").contains(&wanted)
            && load.answered() > 10
        {
            break;
        }
        if Instant::now() > end {
            bail!("no process {} in what {}/processes says:\n{}", target.pid(), serve.url(), processes.body);
        }
        thread::sleep(Duration::from_millis(100));
    }
    let page = testbed::get(&format!("{}/", serve.url()))?;
    if page.status != 200 || !page.body.contains("<html") {
        bail!("no page at {}/:\n{}\n{}", serve.url(), page.head, page.body);
    }
    Ok(())
}
