//! The line of progress of a trace.

use std::fmt::Write as _;

use pipescope_engine::recording::Progress;

use crate::counters::{readable, readable_size};
use crate::duration::format_elapsed;

/// Time, size, events, and what was lost.
pub(crate) fn progress_line(progress: &Progress) -> String {
    let mut line = format!(
        "[{}]  {}  {} events",
        format_elapsed(progress.elapsed),
        readable_size(progress.bytes),
        readable(progress.events as f64)
    );
    if progress.lost > 0 {
        // Never silently: a trace with gaps answers some questions wrongly.
        let _ = write!(line, "  {} LOST (a larger --buffersize helps)", readable(progress.lost as f64));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lost_events_are_said() {
        let mut progress =
            Progress { bytes: 12_345_678, events: 98_765, lost: 0, elapsed: Duration::from_millis(65_900) };
        assert_eq!(progress_line(&progress), "[00:00:01:05]  12.3 MB  98,765 events");
        progress.lost = 1200;
        assert!(progress_line(&progress).contains("  1,200 LOST"));
    }
}
