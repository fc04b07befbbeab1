//! Which figures each report gives. More of any of them is worse, or at least more to do.

use super::change::Per;
use super::side::{Side, Subject};
use crate::allocations::AllocationsReport;
use crate::contention::ContentionAnswer;
use crate::exceptions::ExceptionsAnswer;
use crate::gc::GcReport;
use crate::report::document::Unit;

pub(super) fn collections(report: &GcReport, side: &mut Side) {
    let totals = &report.totals;
    if totals.count == 0 {
        return;
    }
    let subject = Subject::new("GC")
        .figure("Time paused", Unit::Percent, Per::Trace, totals.percent_time_in_gc)
        .figure("Collections", Unit::Count, Per::Second, totals.count as f64)
        .figure("Longest pause", Unit::Nanos, Per::Trace, totals.max_pause_ns as f64)
        .figure("Mean pause", Unit::Nanos, Per::Trace, totals.mean_pause_ns.unwrap_or(0) as f64)
        .figure("Allocated", Unit::Bytes, Per::Second, totals.allocated_bytes as f64)
        .figure("Promoted", Unit::Bytes, Per::Second, totals.promoted_bytes as f64)
        .figure(
            "Heap after the last",
            Unit::Bytes,
            Per::Trace,
            totals.last_heap_after_bytes.unwrap_or(0) as f64,
        )
        .figure("Finalizers", Unit::Count, Per::Second, totals.finalizers_run as f64)
        .list(
            ("Pauses by generation", "Generation"),
            Unit::Nanos,
            Per::Second,
            report
                .collections
                .iter()
                .map(|one| (format!("Generation {}", one.generation), one.pause_ns as f64)),
        )
        .list(
            ("Pauses by reason", "Reason"),
            Unit::Nanos,
            Per::Second,
            report.collections.iter().map(|one| (one.reason.clone(), one.pause_ns as f64)),
        );
    side.subjects.push(subject);
}

pub(super) fn exceptions(answer: &ExceptionsAnswer, side: &mut Side) {
    if answer.total == 0 {
        return;
    }
    let subject =
        Subject::new("Exceptions").figure("Thrown", Unit::Count, Per::Second, answer.total as f64).list(
            ("Exceptions by type", "Type"),
            Unit::Count,
            Per::Second,
            answer.by_type.iter().map(|of| (of.name.clone(), of.kinds.count as f64)),
        );
    side.subjects.push(subject);
}

pub(super) fn allocations(report: &AllocationsReport, side: &mut Side) {
    if report.samples == 0 {
        return;
    }
    let subject = Subject::new("Allocations")
        .figure("Bytes", Unit::Bytes, Per::Second, report.bytes as f64)
        .list(
            ("Allocations by type", "Type"),
            Unit::Bytes,
            Per::Second,
            report.types.iter().map(|of| (of.type_name.clone(), of.bytes as f64)),
        )
        .list(
            ("Allocations by method that allocated", "Method"),
            Unit::Bytes,
            Per::Second,
            report.methods.iter().map(|method| (method.name.clone(), method.exclusive_bytes as f64)),
        );
    side.subjects.push(subject);
}

pub(super) fn contention(answer: &ContentionAnswer, side: &mut Side) {
    if answer.total == 0 {
        return;
    }
    let subject = Subject::new("Locks")
        .figure("Waits", Unit::Count, Per::Second, answer.total as f64)
        .figure("Time waited", Unit::Nanos, Per::Second, answer.duration_ns as f64)
        .list(
            ("Time waited for locks by method", "Method"),
            Unit::Nanos,
            Per::Second,
            answer.by_method.iter().map(|method| (method.method.clone(), method.duration_ns as f64)),
        );
    side.subjects.push(subject);
}
