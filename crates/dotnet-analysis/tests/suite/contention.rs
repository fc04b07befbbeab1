//! Contention of recorded traces, against an own count over the raw bytes.

use std::collections::HashMap;

use dotnet_analysis::contention::Contention;
use nettrace::Event;

use crate::corpus;
use crate::questions::ask;

/// Traces with waits, and two without.
const TRACES: &[&str] = &[
    "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
    "r10_0_9_allkw.nettrace",
    "r9_exc_cont_tp.nettrace",
    "r9_gcinfo.nettrace",
    "r9_killed.nettrace",
    "r9_lossy.nettrace",
    "runtime-net10-loaded.nettrace",
];

/// What the bytes say: begun and ended waits, time in those, by thread.
#[derive(Default)]
struct Counted {
    begun: u64,
    ended: u64,
    nanos: u64,
    open: HashMap<u64, u64>,
}

fn count(name: &str) -> Option<Counted> {
    let bytes = corpus::trace(name)?;
    let mut counted = Counted::default();
    let _ = corpus::decode(&bytes, bytes.len(), &mut |event: &Event<'_>| {
        if event.metadata.provider != "Microsoft-Windows-DotNETRuntime" {
            return;
        }
        match event.metadata.event_id {
            81 => {
                counted.begun += 1;
                *counted.open.entry(event.thread_id).or_default() += 1;
            }
            91 => {
                counted.ended += 1;
                // Flags, id of the runtime, nanoseconds as a floating-point number.
                let nanos = f64::from_le_bytes(event.payload[3..11].try_into().unwrap());
                counted.nanos += nanos.round() as u64;
                *counted.open.get_mut(&event.thread_id).unwrap() -= 1;
            }
            _ => {}
        }
    });
    Some(counted)
}

#[test]
fn waits_are_those_of_the_bytes() {
    let mut all = 0;
    for name in TRACES {
        let (Some(answer), Some(counted)) = (ask::<Contention>(name), count(name)) else { return };
        assert_eq!((answer.total, answer.waits.count), (counted.begun, counted.ended), "{name}");
        assert_eq!(answer.duration_ns, counted.nanos, "{name}");
        assert_eq!(answer.waiting.len() as u64, counted.open.values().sum::<u64>(), "{name}");
        assert_eq!(answer.by_lock.iter().map(|lock| lock.duration_ns).sum::<u64>(), counted.nanos, "{name}");
        assert_eq!(answer.by_method.iter().map(|method| method.count).sum::<u64>(), counted.ended, "{name}");
        assert_eq!((answer.unreadable, answer.not_told_apart, answer.began_before), (0, 0, 0), "{name}");
        assert!(answer.deadlocks.is_empty(), "{name}");
        all += answer.total;
    }
    assert_eq!(all, 217 + 1 + 1 + 1 + 8);
}

#[test]
fn locks_and_their_holders_are_told() {
    let Some(answer) = ask::<Contention>("r10_0_9_allkw.nettrace") else { return };
    let [lock] = answer.by_lock.as_slice() else { panic!("{:?}", answer.by_lock) };
    assert_eq!((lock.lock_id, lock.count), (94_721_188_676_992, 217));
    // Ids of the operating system: these threads have events of their own.
    let owners: Vec<_> = answer.by_owner.iter().map(|owner| (owner.thread_id, owner.count)).collect();
    let mut expected = [(12_662, 116), (13_073, 50), (12_661, 24), (9_172, 23), (12_664, 4)];
    expected.sort_by_key(|(thread, _)| owners.iter().position(|(owner, _)| owner == thread));
    assert_eq!(owners, expected);
    assert_eq!(answer.managed, 217);
    assert_eq!(answer.locks_created, 3);
}

#[test]
fn runtimes_before_dotnet_8_tell_no_lock() {
    let Some(answer) = ask::<Contention>("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    let [lock] = answer.by_lock.as_slice() else { panic!("{:?}", answer.by_lock) };
    assert_eq!((lock.lock_id, lock.count), (0, 8));
    assert!(answer.by_owner.is_empty());
    assert_eq!(answer.waits.max_ns, 137_590_710);
}
