//! The help of every command, word for word. `cargo xtask golden` writes the files anew.

use std::path::Path;

use super::harness::{Pipescope, command};

const COMMANDS: &[&str] = &[
    "",
    "ps",
    "info",
    "counters",
    "counters monitor",
    "counters collect",
    "trace",
    "trace collect",
    "trace list-profiles",
    "report",
    "report events",
    "report counters",
    "report cpu",
    "report allocations",
    "report contention",
    "report exceptions",
    "report gc",
    "report jit",
    "report loader",
    "report heap",
    "report requests",
    "report threadpool",
    "report activities",
    "convert",
    "diff",
    "dump",
    "gcdump",
    "stacks",
    "serve",
];

#[test]
fn help_is_as_its_golden_files_have_it() {
    for name in COMMANDS {
        let arguments: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
        let output = command(&arguments).env("COLUMNS", "100").output().expect("it runs");
        assert!(output.status.success(), "{name} --help");
        let help = String::from_utf8(output.stdout).expect("text");
        let file = if name.is_empty() { "pipescope".to_owned() } else { name.replace(' ', "-") };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/help/{file}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &help).expect("the file can be written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(help, expected, "help of '{name}' (`cargo xtask golden` accepts it)");
    }
}

#[test]
fn every_command_has_examples() {
    for name in [
        "",
        "ps",
        "info",
        "counters monitor",
        "counters collect",
        "trace collect",
        "report events",
        "report counters",
        "report cpu",
        "report allocations",
        "report contention",
        "report exceptions",
        "report gc",
        "report jit",
        "report loader",
        "report heap",
        "report requests",
        "report threadpool",
        "report activities",
        "convert",
        "diff",
        "dump",
        "gcdump",
        "stacks",
        "serve",
    ] {
        let arguments: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
        let help = Pipescope::run(&arguments).expect(0).stdout;
        assert!(help.contains("Examples:\n  pipescope"), "{name}:\n{help}");
    }
}

#[test]
fn wrong_arguments_have_their_exit_code() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["ps", "--nonsense"],
        &["trace", "collect", "-p", "x"],
        &["trace", "collect", "-p", "1", "-n", "x"],
        &["trace", "collect", "--profile", "nonsense"],
        &["trace", "collect", "--providers", ":::"],
        &["trace", "collect", "--providers", "X:zz"],
        &["trace", "collect", "--clrevents", "gc+bogus"],
        &["trace", "collect", "--clreventlevel", "6x"],
        &["trace", "collect", "--buffersize", "0"],
        &["trace", "collect", "--duration", "30"],
        &["trace", "collect", "--stopping-event-event-name", "GC/Stop"],
        &["trace", "collect", "--stopping-event-provider-name", "Not-In-The-Trace"],
        &["counters", "collect", "--counters", "System.Runtime[cpu-usage"],
        &["counters", "collect", "--format", "xml"],
        &["counters", "collect", "--refresh-interval", "0"],
        &["report", "events"],
        &["convert", "x.nettrace"],
        &["convert", "x.nettrace", "--to", "xml"],
        &["serve", "--urls", "http://0.0.0.0:0"],
        &["serve", "--urls", "https://localhost:1"],
    ] {
        let ended = Pipescope::run(arguments).expect(3);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert_ne!(ended.stderr, "", "{arguments:?}");
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        Pipescope::run(&["--version"]).expect(0).stdout,
        concat!("pipescope ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
