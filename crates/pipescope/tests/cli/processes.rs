//! `ps`, `info`, and how a process is chosen.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::{Program, Runtime, Target};

use super::harness::{Pipescope, RUNTIMES, command, pid};

/// A user that owns nothing.
const NOBODY: &str = "65534";

/// The row of a process in `ps --json`.
fn row(pid: u32) -> Option<Value> {
    let text = Pipescope::run(&["ps", "--json"]).expect(0).stdout;
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    rows.into_iter().find(|row| row["pid"] == pid)
}

#[test]
fn ps_tells_processes_of_every_runtime() {
    for runtime in RUNTIMES {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let row = target
            .until("it answers", |target| row(target.pid()).filter(|row| row["problem"] == Value::Null));
        assert_eq!(row["entryAssembly"], "work", "{row}");
        assert!(row["commandLine"].as_str().is_some_and(|line| line.contains("work")), "{row}");
        if runtime == Runtime::Net31 {
            assert_eq!(row["runtimeVersion"], Value::Null, "{row}");
        } else {
            let version = row["runtimeVersion"].as_str().unwrap_or_default();
            assert!(version.starts_with(runtime.version()), "{row}");
            assert_eq!(row["architecture"], if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" });
        }
        let shown = if runtime == Runtime::Net31 { "3.x" } else { runtime.version() };
        // A process that is busy with another test's command may miss the short time a list gives it.
        target.until("the table has it", |target| {
            let table = Pipescope::run(&["ps"]).expect(0).stdout;
            let mut lines = table.lines().filter(|line| line.contains("  work  "));
            lines
                .any(|line| {
                    line.split_whitespace().next() == Some(&pid(target))
                        && line.contains(&format!(" {shown} "))
                })
                .then_some(())
        });
    }
}

#[test]
fn ps_is_the_same_below_counters_and_trace() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    for group in ["counters", "trace"] {
        assert!(Pipescope::run(&[group, "ps"]).expect(0).stdout.contains(&pid(&target)));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let _target = Target::start(Runtime::Net9, Program::Work, &[]);
    for arguments in [&["ps"][..], &["ps", "--json"], &["trace", "list-profiles"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command(arguments).stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("pipescope:") && !stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn info_masks_secrets_unless_told_not_to() {
    let target = Target::builder(Runtime::Net9, Program::Work)
        .env("SHOP_API_TOKEN", "hunter2-token")
        .env("SHOP_DATABASE", "Server=db;Password=hunter2-password")
        .env("SHOP_PROXY", "http://me:hunter2-url@proxy:8080/")
        .env("SHOP_REGION", "north")
        .start();
    let info = Pipescope::run(&["info", &pid(&target)]).expect(0).stdout;
    assert!(!info.contains("hunter2"), "{info}");
    for line in [
        "  SHOP_API_TOKEN=********",
        "  SHOP_DATABASE=********",
        "  SHOP_PROXY=http://********@proxy:8080/",
        "  SHOP_REGION=north",
        &format!("Process           {}", target.pid()),
        "Entry assembly    work",
        "Runtime           9.0.5",
    ] {
        assert!(info.lines().any(|found| found.starts_with(line)), "{line} in\n{info}");
    }
    let info = Pipescope::run(&["info", "-p", &pid(&target), "--json", "--show-secrets"]).expect(0).stdout;
    let info: Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!(info["environment"]["SHOP_API_TOKEN"], "hunter2-token");
    assert_eq!(info["runtimeVersion"].as_str().map(|version| version.starts_with("9.0.5")), Some(true));
}

#[test]
fn info_says_what_an_old_runtime_does_not_tell() {
    let target = Target::start(Runtime::Net31, Program::Work, &[]);
    let info = Pipescope::run(&["info", &pid(&target)]).expect(0).stdout;
    assert!(info.contains("Environment       (not told by this runtime"), "{info}");
    assert!(info.contains("Entry assembly    work\n"), "{info}");
}

#[test]
fn a_process_is_found_by_its_name_and_several_are_listed() {
    let first = Target::start(Runtime::Net9, Program::Counters, &[]);
    let second = Target::start(Runtime::Net10, Program::Counters, &[]);
    let ended = Pipescope::run(&["info", "-n", "Counters"]).expect(3);
    assert!(ended.error().contains(".NET processes have the name 'Counters', choose one with -p PID:"));
    for target in [&first, &second] {
        assert!(ended.stderr.contains(&format!("{}  counters  ", target.pid())), "{}", ended.stderr);
    }
    let ended = Pipescope::run(&["info"]).expect(3);
    assert!(ended.error().contains("choose one with -p PID:"), "{}", ended.stderr);
    let ended = Pipescope::run(&["info", "-n", "no such name"]).expect(3);
    assert!(ended.error().contains("no .NET process has the name 'no such name'"), "{}", ended.stderr);
}

#[test]
fn a_process_that_cannot_be_reached_is_explained_in_one_line() {
    let ended = Pipescope::run(&["info", "4194304"]).expect(3);
    assert_eq!(ended.error(), "pipescope: process 4194304 is not running");
    let ended = Pipescope::run(&["info", &std::process::id().to_string()]).expect(3);
    assert!(ended.error().contains("has no diagnostics socket"), "{}", ended.stderr);
}

#[test]
fn a_process_of_another_user_is_explained_in_one_line() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can look at its processes as somebody else");
        return;
    }
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    // The build directory may be root's own.
    let directory = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a directory");
    let program = directory.path().join("pipescope");
    std::fs::copy(env!("CARGO_BIN_EXE_pipescope"), &program).expect("a copy");
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new("setpriv")
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
            .arg(&program)
            .args(arguments)
            .current_dir("/")
            .output()
            .expect("setpriv is installed (cargo xtask setup)");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for command in
        [&["info"][..], &["counters", "collect", "-o", "-"], &["trace", "collect", "-o", "/dev/null"]]
    {
        let pid = pid(&target);
        let (code, error) = run(&[command, &["-p", &pid]].concat());
        assert_eq!((code, error.lines().count()), (Some(1), 1), "{error}");
        assert!(error.contains(&format!("process {pid} ")) && error.contains("user 0"), "{error}");
    }
    let (code, notes) = run(&["ps"]);
    assert_eq!(code, Some(0), "{notes}");
    assert!(notes.contains(&format!("note: process {} ", target.pid())), "{notes}");
}

#[test]
fn a_socket_that_answers_garbage_is_explained_in_one_line() {
    // This test is itself the process that is no .NET process: it answers at a socket named like its diagnostics socket.
    let directory = tempfile::tempdir().expect("a directory");
    let pid = std::process::id();
    let stat = std::fs::read_to_string("/proc/self/stat").expect("it lives");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    let path = directory.path().join(format!("dotnet-diagnostic-{pid}-{}-socket", fields[19]));
    let listener = UnixListener::bind(&path).expect("the socket can be made");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nthis is something else altogether");
        }
    });
    let ended = Pipescope::run(&["info", &pid.to_string()]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.error().contains(&format!("process {pid}")), "{}", ended.stderr);
}

#[test]
fn a_stopped_process_costs_a_bounded_wait() {
    for runtime in RUNTIMES {
        let mut target = Target::start(runtime, Program::Work, &[]);
        target.stop_signal();
        let began = Instant::now();
        let ps = Pipescope::run(&["ps"]).expect(0);
        let took = began.elapsed();
        let line = ps.stdout.lines().find(|line| line.contains(&pid(&target))).unwrap_or_default().to_owned();
        assert!(line.contains("(stopped)"), "{runtime}: {line}");
        assert!(took < Duration::from_secs(5), "ps took {took:?}");
        for arguments in
            [&["info"][..], &["counters", "collect", "-o", "-"], &["trace", "collect", "-o", "/dev/null"]]
        {
            let pid = pid(&target);
            let arguments: Vec<&str> = arguments.iter().copied().chain(["-p", &pid]).collect();
            let ended = Pipescope::start(&arguments).wait_at_most(Duration::from_secs(20)).expect(1);
            assert!(ended.error().contains("stopped"), "{}", ended.stderr);
        }
        // It works again, and nothing that was asked meanwhile has stayed.
        target.cont_signal();
        target.run("idle");
        target.until("it answers again", |target| {
            row(target.pid()).filter(|row| row["problem"] == Value::Null)
        });
        assert!(target.is_running());
    }
}
