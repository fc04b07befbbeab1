//! `report requests` of a process that makes HTTP requests, and of one that serves them: the slow path and what it waits for.

use testbed::{Program, Runtime, Target};

use super::observation::{Screen, during, list, number, text};

const MS: u64 = 1_000_000;

/// The program's own: requests that wait for each other, since there are two connections only.
fn the_slow_path_made_and_its_phase_are_named(runtime: Runtime) {
    let mut target = Target::start(runtime, Program::Requests, &[]);
    // Connects, so that nothing but the requests is seen.
    target.run("get 2 /slow?ms=100");
    let work = |target: &mut Target| {
        target.run("get 4 /quick");
        target.run("get 6 /slow?ms=150");
        target.run("get 1 /trickle");
        target.run("get 1 /broken");
        target.run("refused");
    };
    let said = during(&["report", "requests", "--json"], &mut target, work);
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let client = |pointer: &str| number(&json, &format!("/client{pointer}"));
    assert_eq!([client("/started"), client("/ended"), client("/under_way")], [13, 13, 0]);
    assert_eq!([client("/failed"), client("/errors"), client("/untimed")], [1, 1, 0]);
    assert_eq!(client("/most_at_once"), 6);
    assert_eq!(number(&json, "/unreadable") + number(&json, "/dropped"), 0);

    let paths = list(&json, "/client/by_path");
    let of =
        |path: &str| paths.iter().find(|row| text(row, "/path") == path).expect("the path was asked for");
    let phase = |path: &str, phase: &str| {
        let found = list(of(path), "/phases").iter().find(|row| text(row, "/phase") == phase);
        found.map_or(0, |row| number(row, "/total_ns"))
    };
    assert_eq!(text(&paths[0], "/path"), "/slow");
    assert_eq!(number(of("/slow"), "/count"), 6);
    // The server takes its time for each; four of them wait for a connection once or twice as long.
    assert!(phase("/slow", "waiting") >= 6 * 150 * MS, "{paths:#?}");
    assert!(phase("/slow", "queue") >= (2 * 140 + 2 * 290) * MS, "{paths:#?}");
    assert!(phase("/trickle", "response_content") >= 90 * MS, "{paths:#?}");
    assert_eq!(text(of("/trickle"), "/longest/phase"), "response_content");
    assert_eq!(number(of("/broken"), "/statuses/0/status"), 500);
    assert_eq!(number(of("/"), "/failed"), 1);
    assert_eq!(number(&json, "/network/connects/failed"), 1);
    assert!(text(&json, "/client/failures/0/message").contains("refused"), "{json:#}");

    let screen = Screen::of(&during(&["report", "requests"], &mut target, |target| {
        target.run("get 3 /quick");
        target.run("get 2 /slow?ms=200");
    }));
    screen.names("5 requests made").names_before("/slow", "/quick").names("waiting for the server's answer");
}

fn the_slow_path_served_is_named(runtime: Runtime) {
    let mut target = Target::start(runtime, Program::Web, &[]);
    // The first of each kind takes long: all its code is compiled.
    for path in ["/", "/slow?ms=1", "/boom"] {
        let _ = target.get(path);
    }
    let work = |target: &mut Target| {
        for _ in 0..3 {
            assert_eq!(target.get("/").status, 200);
        }
        assert_eq!(target.get("/slow?ms=500").status, 200);
        assert_eq!(target.get("/boom").status, 500);
    };
    let said = during(&["report", "requests", "--json"], &mut target, work);
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let server = |pointer: &str| number(&json, &format!("/server{pointer}"));
    assert_eq!(
        [server("/started"), server("/ended"), server("/failed"), server("/unhandled_exceptions")],
        [5, 5, 1, 1]
    );
    assert_eq!(text(&json, "/server/by_path/0/path"), "/slow");
    assert!(number(&json, "/server/by_path/0/durations/max_ns") >= 490_000_000, "{json:#}");
    assert_eq!(server("/connections/opened"), 5);

    Screen::of(&during(&["report", "requests"], &mut target, work))
        .names("5 requests served")
        .names("1 with an unhandled exception")
        .names_before("GET /slow", "GET /boom");
}

#[test]
fn made_on_net9() {
    the_slow_path_made_and_its_phase_are_named(Runtime::Net9);
}

#[test]
fn made_on_net10() {
    the_slow_path_made_and_its_phase_are_named(Runtime::Net10);
}

#[test]
fn served_on_net9() {
    the_slow_path_served_is_named(Runtime::Net9);
}

#[test]
fn served_on_net10() {
    the_slow_path_served_is_named(Runtime::Net10);
}
