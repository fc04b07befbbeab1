//! Requests of recorded traces, against their events one by one.

use std::collections::{BTreeMap, HashMap};

use dotnet_analysis::requests::{Phase, Requests};
use nettrace::Event;

use crate::corpus;
use crate::questions::ask;

const KESTREL: &str = "Microsoft-AspNetCore-Server-Kestrel";

/// Durations of Kestrel's requests by path, found without the fold.
fn kestrel_requests(name: &str) -> Option<BTreeMap<String, Vec<u64>>> {
    let bytes = corpus::trace(name)?;
    let mut open = HashMap::new();
    let mut by_path = BTreeMap::<String, Vec<u64>>::new();
    let (_, _) = corpus::decode(&bytes, bytes.len(), &mut |event: &Event<'_>| {
        let metadata = event.metadata;
        if metadata.provider != KESTREL {
            return;
        }
        let text = |name: &str| event.value(name).unwrap().unwrap().to_text().unwrap();
        match metadata.event_name.as_str() {
            "RequestStart" => _ = open.insert(text("requestId"), event.relative_nanos()),
            "RequestStop" => {
                let start = open.remove(&text("requestId")).unwrap();
                by_path.entry(text("path")).or_default().push((event.relative_nanos() - start) as u64);
            }
            _ => {}
        }
    });
    Some(by_path)
}

#[test]
fn requests_served_are_those_of_the_events() {
    for (name, requests) in [("aspnet-net10-loaded.nettrace", 401), ("r10_0_9_allkw.nettrace", 320)] {
        let Some(answer) = ask::<Requests>(name) else { return };
        let server = &answer.server;
        assert_eq!(
            (server.started, server.ended, server.under_way, answer.unreadable),
            (requests, requests, 0, 0)
        );
        assert_eq!(server.by_path.iter().map(|of| of.count).sum::<u64>(), requests);
        assert!(server.slowest.is_sorted_by(|a, b| a.duration_ns >= b.duration_ns));
        assert_eq!(server.slowest[0].duration_ns as u64, server.durations.max_ns);
        if name.starts_with("aspnet") {
            // Without activities, so these are Kestrel's.
            let expected = kestrel_requests(name).unwrap();
            assert_eq!(server.untimed, requests);
            assert_eq!(server.by_path.len(), expected.len());
            for of in &server.by_path {
                let durations = &expected[&of.path];
                assert_eq!(of.count, durations.len() as u64, "{}", of.path);
                assert_eq!(of.durations.total_ns, durations.iter().sum::<u64>(), "{}", of.path);
                assert_eq!(of.durations.max_ns, *durations.iter().max().unwrap(), "{}", of.path);
            }
            assert_eq!((server.connections.opened, server.connections.closed), (401, 400));
        }
    }
}

#[test]
fn a_request_made_in_vain() {
    let Some(answer) = ask::<Requests>("r10_0_9_allkw.nettrace") else { return };
    let client = &answer.client;
    assert_eq!((client.started, client.ended, client.failed, client.errors), (1, 1, 1, 0));
    let request = &client.slowest[0];
    assert_eq!(request.host, "https://centralus-2.in.applicationinsights.azure.com:443");
    assert_eq!((request.path.as_str(), request.status), ("/v2.1/track", None));
    assert!(request.failure.as_ref().unwrap().starts_with("Name or service not known"));
    // What the event says of it.
    let queue = client.phases.iter().find(|of| of.phase == Phase::Queue).unwrap();
    assert!((3_000_000..4_000_000).contains(&queue.durations.total_ns), "{queue:?}");
}

#[test]
fn traces_without_requests_say_so() {
    for name in ["r9_gcinfo.nettrace", "console-net8.nettrace"] {
        let Some(answer) = ask::<Requests>(name) else { return };
        assert_eq!((answer.events, answer.client.started, answer.server.started), (0, 0, 0), "{name}");
    }
}
