//! Activities of recorded traces, against what the report on requests says of the same ones.

use dotnet_analysis::activities::Activities;
use dotnet_analysis::requests::Requests;

use crate::questions::ask;

#[test]
fn requests_are_inside_of_their_connections() {
    let name = "r10_0_9_allkw.nettrace";
    let (Some(answer), Some(requests)) = (ask::<Activities>(name), ask::<Requests>(name)) else { return };
    let tree: Vec<_> =
        answer.tree.iter().map(|node| (node.depth, node.name.as_str(), node.started)).collect();
    let expected = [
        (0, "Microsoft-AspNetCore-Server-Kestrel/Connection", 320),
        (1, "Microsoft-AspNetCore-Server-Kestrel/Request", 320),
        (0, "System.Net.Http/Request", 1),
    ];
    assert_eq!(tree, expected);
    assert_eq!((answer.started, answer.ended, answer.under_way, answer.dropped), (641, 641, 0, 0));
    let [connections, served, made] = [0, 1, 2].map(|index| &answer.tree[index]);
    assert_eq!(served.durations, requests.server.durations);
    assert_eq!(made.durations, requests.client.durations);
    assert_eq!(connections.durations, requests.server.connections.lifetimes);
    assert_eq!(connections.self_ns, connections.durations.total_ns - served.durations.total_ns);
    assert_eq!(served.self_ns, served.durations.total_ns);
    // Ids that spell the place: a request is one level below its connection.
    let slow = answer.slowest.iter().find(|slow| slow.names.len() == 2).unwrap();
    assert_eq!(
        slow.names,
        ["Microsoft-AspNetCore-Server-Kestrel/Connection", "Microsoft-AspNetCore-Server-Kestrel/Request"]
    );
    assert!(slow.id.starts_with("//1/") && slow.id.matches('/').count() == 4, "{}", slow.id);
    assert!(answer.slowest.is_sorted_by(|a, b| a.duration_ns >= b.duration_ns));
}

#[test]
fn without_ids_there_is_no_tree() {
    let Some(answer) = ask::<Activities>("aspnet-net10-loaded.nettrace") else { return };
    // Connections, requests of Kestrel and of hosting.
    assert_eq!((answer.started, answer.without_id, answer.tree.len()), (0, 401 * 3, 0));
}
