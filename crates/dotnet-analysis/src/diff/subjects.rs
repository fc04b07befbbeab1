//! Which figures each report gives. More of any of them is worse, or at least more to do.

use super::change::Per;
use super::side::{Side, Subject};
use crate::allocations::AllocationsReport;
use crate::contention::ContentionAnswer;
use crate::cpu::CpuAnswer;
use crate::exceptions::ExceptionsAnswer;
use crate::gc::GcReport;
use crate::jit::JitAnswer;
use crate::report::document::Unit;
use crate::requests::RequestsAnswer;

/// Shares of the samples of threads that did not wait: of those that wait there are more the more threads there are.
pub(super) fn samples(answer: &CpuAnswer, side: &mut Side) {
    let busy = answer.total.busy();
    if busy == 0 {
        return;
    }
    let share = |samples: u64| samples as f64 * 100.0 / busy as f64;
    let own =
        answer.methods.iter().map(|method| (method, method.exclusive_running + method.exclusive_native));
    let called = answer.methods.iter().map(|method| (method, method.inclusive_busy));
    let subject = Subject::new("Threads")
        .figure("Samples of threads that ran", Unit::Count, Per::Second, busy as f64)
        .list(
            ("Methods on top of threads that ran, share of samples", "Method"),
            Unit::Percent,
            Per::Trace,
            own.filter(|(_, samples)| *samples > 0)
                .map(|(method, samples)| (method.name.clone(), share(samples))),
        )
        .list(
            ("Methods with what they call, share of samples", "Method"),
            Unit::Percent,
            Per::Trace,
            called
                .filter(|(_, samples)| *samples > 0)
                .map(|(method, samples)| (method.name.clone(), share(samples))),
        );
    side.subjects.push(subject);
}

pub(super) fn requests(answer: &RequestsAnswer, side: &mut Side) {
    let server = &answer.server;
    if server.ended > 0 {
        let subject = Subject::new("Requests served")
            .figure("Requests", Unit::Count, Per::Second, server.ended as f64)
            .figure("Failed", Unit::Count, Per::Second, server.failed as f64)
            .figure("Mean duration", Unit::Nanos, Per::Trace, server.durations.mean_ns as f64)
            .figure("99th percentile", Unit::Nanos, Per::Trace, server.durations.p99_ns as f64)
            .list(
                ("Mean duration of requests served, by path", "Path"),
                Unit::Nanos,
                Per::Trace,
                server
                    .by_path
                    .iter()
                    .map(|of| (format!("{} {}", of.method, of.path), of.durations.mean_ns as f64)),
            );
        side.subjects.push(subject);
    }
    let client = &answer.client;
    if client.ended > 0 {
        let subject = Subject::new("Requests made")
            .figure("Requests", Unit::Count, Per::Second, client.ended as f64)
            .figure("Failed", Unit::Count, Per::Second, client.failed as f64)
            .figure("Mean duration", Unit::Nanos, Per::Trace, client.durations.mean_ns as f64)
            .figure("99th percentile", Unit::Nanos, Per::Trace, client.durations.p99_ns as f64)
            .list(
                ("Mean duration of requests made, by host", "Host"),
                Unit::Nanos,
                Per::Trace,
                client.by_host.iter().map(|of| (of.host.clone(), of.durations.mean_ns as f64)),
            );
        side.subjects.push(subject);
    }
}

pub(super) fn methods(answer: &JitAnswer, side: &mut Side) {
    if answer.total.methods == 0 {
        return;
    }
    let subject = Subject::new("JIT")
        .figure("Methods compiled", Unit::Count, Per::Second, answer.total.methods as f64)
        .figure("IL compiled", Unit::Bytes, Per::Second, answer.total.il_bytes as f64)
        .figure("Time to compile", Unit::Nanos, Per::Second, answer.total.time_ns as f64)
        .list(
            ("Time to compile, by type", "Type"),
            Unit::Nanos,
            Per::Second,
            answer.by_group.iter().map(|group| (group.name.clone(), group.compiled.time_ns as f64)),
        );
    side.subjects.push(subject);
}

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
