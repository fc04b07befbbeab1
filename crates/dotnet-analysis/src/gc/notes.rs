//! What to know about the figures.

use super::fold::Collections;
use super::totals::Totals;
use crate::report::Facts;
use crate::report::document::Cell;
use crate::report::words::counted;

pub(super) fn of(fold: &Collections, totals: &Totals, facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    let incomplete = totals.all.incomplete;
    if incomplete > 0 {
        notes.push(format!(
            "{} not in the trace as a whole: cut off by its start or its end, or by lost events. The pauses count as far as \
             they were seen.",
            are(incomplete, "collection")
        ));
    }
    if fold.headless > 0 {
        notes.push(format!(
            "{} about collections whose beginning is not in the trace, and left out.",
            are(fold.headless, "event")
        ));
    }
    if facts.lost > 0 {
        notes.push(format!(
            "The runtime dropped {}: collections may be missing, and pauses may be incomplete.",
            counted(facts.lost, "event")
        ));
    }
    if totals.all.count > 0 && fold.suspensions.by_reason().is_empty() {
        notes.push(
            "The trace has no suspensions: no pauses can be told. It needs level informational.".to_owned(),
        );
    }
    if totals.all.restart > 0 {
        notes.push(format!(
            "A pause is from when threads began to be stopped until they ran again. The runtime's own sum \
             (GC.GetTotalPauseDuration) ends pauses when threads are let go, which is {} less; and it has the pauses before \
             the trace.",
            Cell::Nanos(totals.all.restart)
        ));
    }
    if fold.earlier.all.count > 0 {
        notes.push(format!(
            "Percentiles are of the last {} collections; the {} before them are in the sums.",
            totals.all.count - fold.earlier.all.count,
            fold.earlier.all.count
        ));
    }
    if fold.without_collection > 0 {
        notes.push(format!(
            "In {} for a collection none began.",
            counted(fold.without_collection, "suspension")
        ));
    }
    if fold.unreadable > 0 {
        notes.push(format!("{} not readable.", are(fold.unreadable, "event")));
    }
    notes
}

fn are(count: u64, what: &str) -> String {
    format!("{} {}", counted(count, what), if count == 1 { "is" } else { "are" })
}
