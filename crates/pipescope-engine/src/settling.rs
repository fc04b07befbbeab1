//! When a process is far enough in its start to be listened to.
//!
//! A runtime that is asked for the counters of managed event sources while its program is still initialising such
//! sources can deadlock: the thread that serves the request holds one lock and waits for a class constructor, the
//! thread that runs the constructor waits for that lock. Measured with ASP.NET Core on .NET 9.0.5 on a busy machine:
//! one start in nine hung for good when a counters session was opened in its first quarter of a second. No tool can
//! see that moment from outside, so we keep away from it: a process is listened to when it is some seconds old and has
//! stopped being busy with itself, or when it is so old that being busy is its business.

use std::time::Duration;

/// Nothing younger is listened to.
const YOUNGEST: Duration = Duration::from_secs(2);

/// What is older is listened to however busy it is.
const OLDEST: Duration = Duration::from_secs(30);

/// Share of one core below which a process is not starting any more.
const QUIET: f64 = 0.5;

/// Time between two looks at a process.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// Clock ticks per second in `/proc`: 100 on every architecture that .NET runs on (proc(5), `USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What one look at a process shows.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    /// Time since the process started.
    age: Duration,
    /// CPU time it has used so far, all threads.
    cpu: Duration,
}

/// Decides from looks alone.
#[derive(Debug, Default)]
struct Settling {
    last: Option<Look>,
}

impl Settling {
    /// Whether the process has settled by this look.
    fn look(&mut self, look: Look) -> bool {
        let last = self.last.replace(look);
        if look.age >= OLDEST {
            return true;
        }
        let Some(last) = last else { return false };
        let elapsed = look.age.saturating_sub(last.age).as_secs_f64();
        let busy = look.cpu.saturating_sub(last.cpu).as_secs_f64();
        look.age >= YOUNGEST && elapsed > 0.0 && busy / elapsed < QUIET
    }
}

/// Waits until the process has settled: not at all for one that has been running for a while, at most half a minute
/// for one that has just started. Returns at once when the process cannot be looked at (it is gone, say).
///
/// `start_key` is the start time of [`Process`](diagnostics_ipc::discovery::Process).
pub async fn settled(pid: u32, start_key: u64) {
    let mut settling = Settling::default();
    while let Some(look) = look(pid, start_key) {
        if settling.look(look) {
            return;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Whether the process is so old, or so gone, that [`settled`] would return at once.
#[must_use]
pub fn is_settled(pid: u32, start_key: u64) -> bool {
    look(pid, start_key).is_none_or(|look| look.age >= OLDEST)
}

fn look(pid: u32, start_key: u64) -> Option<Look> {
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let age = uptime - start_key as f64 / TICKS_PER_SECOND;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(Look { age: Duration::from_secs_f64(age.max(0.0)), cpu: cpu_time(&stat)? })
}

/// User and system time: fields 14 and 15 of `/proc/PID/stat`, counted after the name, which may hold anything.
fn cpu_time(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_secs_f64((user + system) as f64 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(age: f64, cpu: f64) -> Look {
        Look { age: Duration::from_secs_f64(age), cpu: Duration::from_secs_f64(cpu) }
    }

    fn check(looks: &[(f64, f64)], expected: bool) {
        let mut settling = Settling::default();
        let mut result = false;
        for (age, cpu) in looks {
            result = settling.look(look(*age, *cpu));
        }
        assert_eq!(result, expected, "{looks:?}");
    }

    #[test]
    fn a_process_settles_when_it_is_quiet_or_old() {
        check(&[(100.0, 90.0)], true);
        check(&[(5.0, 1.0)], false);
        check(&[(5.0, 1.0), (5.25, 1.01)], true);
        check(&[(5.0, 1.0), (5.25, 1.25)], false);
        check(&[(0.5, 0.1), (0.75, 0.1)], false);
        check(&[(29.8, 20.0), (30.0, 20.2)], true);
        check(&[(5.0, 1.0), (5.0, 1.0)], false);
    }

    #[test]
    fn a_stopped_clock_and_odd_names_do_no_harm() {
        assert_eq!(cpu_time("12 (a) b) R 1 2 3 4 5 6 7 8 9 10 150 50 0 0"), Some(Duration::from_secs(2)),);
        assert_eq!(cpu_time("12 (a"), None);
        assert_eq!(cpu_time(""), None);
    }

    #[tokio::test]
    async fn a_process_that_is_gone_is_not_waited_for() {
        settled(u32::MAX, 0).await;
    }
}
