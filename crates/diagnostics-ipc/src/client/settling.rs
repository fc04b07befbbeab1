//! Waiting until a process has finished starting.
//!
//! A session makes the runtime call managed code (the callbacks of event sources), on the thread that serves the
//! diagnostics port. Seen on .NET 9.0.5 and 10.0.9: when that happens while the application initializes the classes that
//! counters and meters live in, both wait for each other for ever, and the application never starts. Of web applications
//! that got a session with meters 10 to 55 ms after their port had opened, a quarter hung. Nothing tells from outside
//! that the danger is over, but all those that hung had no thread of the thread pool yet, and a process that starts is
//! busy compiling. So the wait is for the first to be there and the second to be over, and for no longer than any
//! application may reasonably take to get past the dangerous part.
//!
//! Rejected: a fixed delay alone (long enough for a slow start, it would be felt at every start); counting on the
//! runtime's own progress messages (there are none).

use std::time::Duration;

use tokio::time::Instant;

use super::target::Target;
use crate::discovery::Procfs;

/// The age from which a process counts as settled whatever it does.
const SETTLED_AGE: Duration = Duration::from_secs(5);

/// The age from which a process need not have a thread pool.
const POOLLESS_AGE: Duration = Duration::from_secs(1);

/// How long the CPU time is watched, and how much of it a settled process uses at most, in parts of one CPU.
const WATCHED: Duration = Duration::from_millis(200);
const QUIET: f64 = 0.25;

/// How often to look.
const PAUSE: Duration = Duration::from_millis(50);

/// What the names of the thread pool's threads start with; the kernel cuts names off after 15 bytes.
const POOL_NAMES: [&str; 2] = [".NET TP ", ".NET ThreadPool"];

/// Waits until the process has settled, which it is taken to be when nothing can be seen of it.
pub(super) async fn wait(target: &Target) {
    let Some((pid, start_key)) = target.identity() else { return };
    let started = Instant::now();
    let mut watch: Option<(Instant, Duration)> = None;
    // The age alone ends this; the limit is for clocks that stand still.
    while started.elapsed() < SETTLED_AGE {
        let Some(now) = Now::look(pid, start_key) else { return };
        if now.age >= SETTLED_AGE {
            return;
        }
        let (since, cpu_then) = *watch.get_or_insert((Instant::now(), now.cpu));
        let watched = since.elapsed();
        if watched >= WATCHED {
            let used = now.cpu.saturating_sub(cpu_then).as_secs_f64() / watched.as_secs_f64();
            if used <= QUIET && (now.age >= POOLLESS_AGE || has_thread_pool(pid)) {
                return;
            }
            if used > QUIET {
                watch = None;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What can be seen of a process at once.
struct Now {
    age: Duration,
    cpu: Duration,
}

impl Now {
    fn look(pid: u32, start_key: u64) -> Option<Now> {
        let mut procfs = Procfs::open().ok()?;
        let stat = procfs.stat(pid).ok()?;
        if stat.start_key != start_key || stat.state.has_ended() {
            return None;
        }
        let uptime = procfs.uptime().ok()?;
        Some(Now { age: uptime.saturating_sub(from_ticks(start_key)), cpu: from_ticks(stat.cpu_ticks) })
    }
}

fn from_ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks.saturating_mul(1000) / per_second)
}

fn has_thread_pool(pid: u32) -> bool {
    let names = Procfs::open().map(|mut procfs| procfs.thread_names(pid)).unwrap_or_default();
    names.iter().any(|name| POOL_NAMES.iter().any(|pool| name.starts_with(pool)))
}
