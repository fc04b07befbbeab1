//! `serve`: addresses, signals, and what is left behind. What it serves is tested where it is made.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testbed::{Program, Runtime, Target};

use super::harness::{DEADLINE, Pipescope, until_threads_are};

/// Starts a server on a free port; gives its address without the scheme.
fn start(more: &[&str]) -> (Pipescope, String) {
    let arguments: Vec<&str> =
        ["serve", "--urls", "http://127.0.0.1:0"].iter().chain(more).copied().collect();
    let mut server = Pipescope::start(&arguments);
    let said = server.says("Listening on http://127.0.0.1:");
    let address =
        said.lines().find_map(|line| line.strip_prefix("Listening on http://")).expect("an address");
    (server, address.to_owned())
}

/// Status and body of an answer.
fn get(address: &str, path: &str, host: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

#[test]
fn a_process_is_watched_and_left_in_peace_at_the_end() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let mut before = None;
    for signal in ["INT", "TERM", "HUP"] {
        let (mut server, address) = start(&[]);
        let label = format!("\"pid\":{}", target.pid());
        server.until("the process is listed", |_| {
            get(&address, "/processes", &address).1.contains(&label).then_some(())
        });
        server.until("it is watched", |_| {
            get(&address, "/metrics", &address).1.contains("process=\"work").then_some(())
        });
        let began = Instant::now();
        server.signal(signal);
        server.wait_at_most(Duration::from_secs(15)).expect(0);
        assert!(began.elapsed() < Duration::from_secs(12), "bounded");
        match before {
            None => before = Some(target.threads()),
            Some(before) => until_threads_are(&mut target, before),
        }
    }
}

#[test]
fn a_killed_server_leaves_no_session_in_the_target() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let watch = |target: &mut Target| {
        let (mut server, address) = start(&[]);
        server.until("it is watched", |_| {
            get(&address, "/metrics", &address).1.contains("process=\"work").then_some(())
        });
        (server, target.threads())
    };
    let (warm_up, _) = watch(&mut target);
    warm_up.signal("INT");
    warm_up.wait().expect(0);
    let before = target.threads();
    let (server, _) = watch(&mut target);
    server.signal("KILL");
    server.wait();
    until_threads_are(&mut target, before);
}

#[test]
fn only_names_of_this_machine_are_answered() {
    let (_server, address) = start(&["--host", "diag.example"]);
    assert!(get(&address, "/processes", "localhost").0.contains(" 200 "));
    assert!(get(&address, "/processes", "diag.example").0.contains(" 200 "));
    assert!(get(&address, "/processes", "evil.example").0.contains(" 403 "));
}

#[test]
fn other_machines_are_served_only_when_told() {
    let ended = Pipescope::run(&["serve", "--urls", "http://*:0"]).expect(3);
    assert!(ended.error().contains("--no-auth"), "{}", ended.stderr);
    let mut server = Pipescope::start(&["serve", "--urls", "http://*:0", "--no-auth"]);
    server.says("Listening on http://0.0.0.0:");
    server.signal("INT");
    server.wait().expect(0);
}

#[test]
fn several_addresses_and_localhost() {
    let mut server = Pipescope::start(&["serve", "--urls", "http://localhost:0;http://127.0.0.1:0"]);
    server.says("Listening on http://localhost:");
    let said = server.says("Listening on http://127.0.0.1:");
    for line in said.lines() {
        let address = line.strip_prefix("Listening on http://").expect("an address");
        assert!(get(address, "/-/healthy", "localhost").0.contains(" 200 "), "{line}");
    }
    server.signal("TERM");
    server.wait().expect(0);
}

#[test]
fn an_address_that_is_taken_is_said() {
    let (_server, address) = start(&[]);
    let ended = Pipescope::run(&["serve", "--urls", &format!("http://{address}")]).expect(4);
    assert!(ended.error().contains(&format!("cannot listen on http://{address}: Address already in use")));
}
