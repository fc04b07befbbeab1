//! What a running process costs, from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// On a CPU, in user and kernel mode.
    pub(super) cpu: Duration,
    /// Resident memory now, in bytes.
    pub(super) resident: u64,
    /// Resident memory at its highest, in bytes.
    pub(super) peak: u64,
}

impl Usage {
    /// Reads the usage of a process; an error when it has gone.
    pub(super) fn of(pid: u32) -> Result<Usage> {
        let path = format!("/proc/{pid}/status");
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        Ok(Usage {
            cpu: cpu(pid)?,
            resident: status_bytes(&status, "VmRSS:")?,
            peak: status_bytes(&status, "VmHWM:")?,
        })
    }
}

/// The scheduler's own count in nanoseconds, summed over the threads that live.
///
/// `/proc/PID/stat` counts in ticks of 10 ms, too coarse for what uses a few of them a minute. None of the processes
/// measured here ends threads that did work while they are measured.
fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/task");
    let mut nanoseconds = 0;
    for task in fs::read_dir(&path).with_context(|| format!("cannot read {path}"))? {
        // A thread may end in between.
        let Ok(schedstat) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        nanoseconds += schedstat.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// A line of `/proc/PID/status` that gives a size in kB.
fn status_bytes(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    number.map(|kilobytes| kilobytes * 1024).with_context(|| format!("no {name} in a process's status"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_cpu() {
        let before = Usage::of(std::process::id()).unwrap();
        assert!(before.resident > 100_000 && before.peak >= before.resident);
        let end = std::time::Instant::now() + Duration::from_secs(60);
        while Usage::of(std::process::id()).unwrap().cpu <= before.cpu {
            assert!(std::time::Instant::now() < end, "work uses no CPU");
        }
    }

    #[test]
    fn sizes_of_a_status_are_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t       4 kB\n";
        assert_eq!(status_bytes(status, "VmRSS:").unwrap(), 4096);
        assert_eq!(status_bytes(status, "VmHWM:").unwrap(), 2 << 20);
        assert!(status_bytes(status, "VmSwap:").is_err());
    }
}
