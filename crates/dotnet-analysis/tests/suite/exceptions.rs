//! Exceptions of recorded traces, against what an independent reader counted.

use std::collections::BTreeMap;

use dotnet_analysis::exceptions::{Exceptions, ExceptionsAnswer, HandlerKind};

use crate::corpus;
use crate::questions::ask;

/// Traces with exceptions.
const TRACES: &[&str] = &[
    "r10_0_9_allkw.nettrace",
    "r9_cpu.nettrace",
    "r9_exc_cont_tp.nettrace",
    "r9_killed.nettrace",
    "r9_lossy.nettrace",
    "runtime-net10-loaded.nettrace",
];

/// Some without.
const WITHOUT: &[&str] = &["r31_gcinfo.nettrace", "r9_jitloader_startup.nettrace"];

#[test]
fn types_and_counts_are_those_of_the_reader() {
    for name in TRACES.iter().chain(WITHOUT) {
        let Some(answer) = ask::<Exceptions>(name) else { return };
        let expected: BTreeMap<String, u64> = match corpus::answers(name).get("exceptions") {
            Some(exceptions) => serde_json::from_value(exceptions.clone()).unwrap(),
            None => BTreeMap::new(),
        };
        assert_eq!(expected.is_empty(), !TRACES.contains(name), "{name}");
        let found: BTreeMap<_, _> =
            answer.by_type.iter().map(|of_type| (of_type.name.clone(), of_type.kinds.count)).collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(answer.total, expected.values().sum::<u64>(), "{name}");
        assert_eq!(answer.by_site.iter().map(|site| site.count).sum::<u64>(), answer.total, "{name}");
        assert_eq!(answer.over_time.values.iter().flatten().sum::<u64>(), answer.total, "{name}");
        assert_eq!((answer.unreadable, answer.not_told_apart, answer.not_listed), (0, 0, 0), "{name}");
    }
}

/// How often handlers of a kind ran.
fn ran(answer: &ExceptionsAnswer, kind: HandlerKind) -> u64 {
    answer.handlers.iter().filter(|handler| handler.kind == kind).map(|handler| handler.count).sum()
}

#[test]
fn every_handler_is_counted_and_every_throw_caught() {
    for name in TRACES {
        let Some(answer) = ask::<Exceptions>(name) else { return };
        let answers = corpus::answers(name);
        let events = answers["by_event"].as_array().unwrap();
        let count = |id: u64| {
            let row = events.iter().find(|row| row[0] == "Microsoft-Windows-DotNETRuntime" && row[1] == id);
            row.map_or(0, |row| row[4].as_u64().unwrap())
        };
        assert_eq!(ran(&answer, HandlerKind::Catch), count(250), "{name}");
        assert_eq!(ran(&answer, HandlerKind::Finally), count(252), "{name}");
        assert_eq!(ran(&answer, HandlerKind::Filter), count(254), "{name}");
        let lost = answers["lost"].as_u64().unwrap();
        if lost == 0 {
            // Every throw has its catch, and every other catch comes of a `throw;`.
            assert_eq!(answer.not_caught, 0, "{name}");
            assert_eq!(answer.throw_to_catch.count, answer.total, "{name}");
            assert_eq!(answer.silent_rethrows, count(250) - answer.total, "{name}");
            assert_eq!(answer.in_catch.count, count(251), "{name}");
        }
        assert_eq!(
            answer.in_catch.count,
            if lost == 0 { count(251) } else { answer.in_catch.count },
            "{name}"
        );
        assert!(
            answer.throw_to_catch.p50_ns > 0 && answer.in_catch.max_ns >= answer.in_catch.p50_ns,
            "{name}"
        );
    }
}

#[test]
fn the_same_exception_is_told_with_its_catcher() {
    let Some(answer) = ask::<Exceptions>("r9_exc_cont_tp.nettrace") else { return };
    let [handler] = answer.handlers.as_slice() else { panic!("{:?}", answer.handlers) };
    assert_eq!(handler.exception.as_deref(), Some("MyException"));
    assert_eq!((handler.count, handler.ended), (21_527, 21_527));
    assert!(!handler.method.contains("::") && handler.method.contains('('), "{}", handler.method);
}
