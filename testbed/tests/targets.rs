//! Every runtime starts every program that it has, and the programs count right.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testbed::{Program, Runtime, Target};

/// Runs the check on each runtime, all at once, and says which one failed.
fn on_each(program: Program, check: impl Fn(Runtime, Target) + Copy + Send + Sync) {
    std::thread::scope(|scope| {
        let runs: Vec<_> = Runtime::all()
            .into_iter()
            .filter(|runtime| program.runs_on(*runtime))
            .map(|runtime| {
                (runtime, scope.spawn(move || check(runtime, Target::start(runtime, program, &[]))))
            })
            .collect();
        assert!(!runs.is_empty());
        for (runtime, run) in runs {
            assert!(run.join().is_ok(), "{program} failed on {runtime}");
        }
    });
}

#[test]
fn work_counts_what_it_does() {
    on_each(Program::Work, |runtime, mut target| {
        let before = target.figures();
        assert_eq!(before.version, runtime.version());
        assert_eq!(before.pid, target.pid());
        for command in
            ["throw 100", "collect 0 3", "collect 1 2", "collect 2 1", "allocate 1000000", "jit 10"]
        {
            target.run(command);
        }
        for command in ["contend 5", "pool 20", "timers 4", "threads 3", "spin 10", "idle"] {
            target.run(command);
        }
        let after = target.figures();
        assert_eq!(after.thrown - before.thrown, 100);
        assert_eq!(after.exceptions.unwrap() - before.exceptions.unwrap(), 100);
        assert_eq!(after.gen0_collections - before.gen0_collections, 6);
        assert_eq!(after.gen1_collections - before.gen1_collections, 3);
        assert_eq!(after.gen2_collections - before.gen2_collections, 1);
        assert!(after.allocated_bytes - before.allocated_bytes >= 1_000_000);
        assert!(after.lock_contentions - before.lock_contentions >= 5);
        assert!(after.completed_work_items - before.completed_work_items >= 20);
        assert_eq!(after.active_timers - before.active_timers, 4);
        assert!(after.allocated_bytes_counted >= after.allocated_bytes);
        assert_eq!(after.methods_jitted.is_some(), runtime.major() >= 9);
        if let (Some(before), Some(after)) = (before.methods_jitted, after.methods_jitted) {
            assert!(after - before >= 10, "{before} {after}");
        }
        target.say("exit 3");
        assert_eq!(target.wait_exit().code(), Some(3));
    });
}

#[test]
fn culprits_have_the_troubles_they_are_told_to() {
    on_each(Program::Culprits, |runtime, mut target| {
        let before = target.figures();
        assert_eq!(before.version, runtime.version());
        let threads = target.threads();
        for command in ["hot 2", "threads 12", "deadlock", "starve 4", "starve 4 task"] {
            target.run(command);
        }
        assert!(target.threads() >= threads + 16);
        for command in ["cool", "feed", "leak 100", "throw 7 Lost", "throw 8 Invalid", "throw 9 Format"] {
            target.run(command);
        }
        for command in ["contend 3", "contend 2 5", "jit 10", "objects 1", "collect 2"] {
            target.run(command);
        }
        for what in ["Parcel", "Bytes", "Strings", "Large"] {
            target.run(&format!("allocate {what} 1000000"));
        }
        let loose = target.figures();
        target.run("pin 1000");
        let pinned = target.figures();
        assert!(
            pinned.fragmented_bytes.unwrap() > loose.fragmented_bytes.unwrap() + 10_000_000,
            "{pinned:?}"
        );
        target.run("unpin");
        let after = target.figures();
        assert_eq!(after.thrown - before.thrown, 24);
        assert_eq!(after.exceptions.unwrap() - before.exceptions.unwrap(), 24);
        // The two of the deadlock are counted when they begin to wait.
        assert!(after.lock_contentions - before.lock_contentions >= 5);
        assert!(after.allocated_bytes - before.allocated_bytes >= 4_000_000 + 24_000_000);
        assert_eq!(after.jit_ms.is_some(), runtime.major() >= 9);
        assert_eq!(target.ask("rest"), "error unknown command: rest");
        target.close_stdin();
        assert!(target.wait_exit().success());
    });
}

#[test]
fn load_does_what_it_is_told() {
    on_each(Program::Load, |_, mut target| {
        let before = target.threads();
        for command in ["wait 12", "compute 2", "mix 8", "compile 20"] {
            target.run(command);
        }
        assert!(target.threads() >= before + 14);
        assert_eq!(target.ask("rest"), "error unknown command: rest");
        target.close_stdin();
        assert!(target.wait_exit().success());
    });
}

#[test]
fn counters_remember_what_they_recorded() {
    on_each(Program::Counters, |runtime, mut target| {
        for command in ["write 1.5", "write 2.5", "increment 7", "queue 42", "bytes 1000"] {
            target.run(command);
        }
        let mut expected = vec![
            "\"duration.count\":2",
            "\"duration.sum\":4",
            "\"requests\":7",
            "\"queue\":42",
            "\"bytes\":1000",
        ];
        if runtime.major() >= 9 {
            for command in [
                "record orders 3 color=red size=1",
                "record orders 4 color=red size=1",
                "record open -2",
                "record latency 10 path=/",
                "record latency 20 path=/",
                "record observed.orders 5 color=red",
                "record observed.open 6",
                "record observed.temperature -1",
                "series orders 3",
            ] {
                target.run(command);
            }
            expected.extend([
                "\"orders{color=red,size=1}\":7",
                "\"open{}\":-2",
                "\"latency{path=/}.count\":2",
                "\"latency{path=/}.sum\":30",
                "\"observed.orders{color=red}\":5",
                "\"orders{series=2}\":2",
            ]);
        }
        if runtime.major() == 9 {
            target.run("record temperature 36.5");
            expected.push("\"temperature{}\":36.5");
        }
        let recorded = target.ask("recorded");
        for part in expected {
            assert!(recorded.contains(part), "{part} in {recorded}");
        }
        target.close_stdin();
        assert!(target.wait_exit().success());
    });
}

#[test]
fn web_programs_answer() {
    on_each(Program::Web, |_, mut target| {
        assert_eq!(target.get("/").status, 200);
        assert_eq!(target.get("/boom").status, 500);
        assert_eq!(target.get("/allocate?bytes=100000").status, 200);
        assert_eq!(target.get("/slow?ms=1").status, 200);
        assert_eq!(target.get("/contend?ms=1").status, 200);
        assert_eq!(target.get("/collect").status, 200);
        target.close_stdin();
        assert!(target.wait_exit().success());
    });
}

#[test]
fn ready_made_servers_answer() {
    on_each(Program::Server, |_, target| {
        assert!(target.get("/").status >= 200);
    });
}

#[test]
fn a_target_has_a_socket_in_a_folder_of_its_own_and_takes_both_along() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let socket = target.socket();
    let folder = target.tmpdir().to_owned();
    assert!(socket.starts_with(&folder));
    assert!(target.threads() > 1);
    let pid = target.pid();
    drop(target);
    assert!(!folder.exists());
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn targets_can_share_a_folder_and_get_an_environment() {
    let folder = tempfile::tempdir().unwrap();
    let start =
        || Target::builder(Runtime::Net9, Program::Work).tmpdir(folder.path()).env("COLOR", "red").start();
    let (mut one, mut other) = (start(), start());
    assert_eq!(one.socket().parent(), other.socket().parent());
    assert_eq!(one.ask("env COLOR"), "env COLOR=red");
}

#[test]
fn a_target_stops_and_goes_on() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    target.stop_signal();
    target.cont_signal();
    target.run("throw 1");
}

#[test]
fn a_target_can_belong_to_another_user() {
    use std::os::unix::fs::MetadataExt as _;
    const NOBODY: u32 = 65534;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("skipped: only root can start a process as another user");
        return;
    }
    let mut target = Target::builder(Runtime::Net9, Program::Work).user(NOBODY).start();
    assert_eq!(std::fs::metadata(format!("/proc/{}", target.pid())).unwrap().uid(), NOBODY);
    assert_eq!(std::fs::metadata(target.socket()).unwrap().uid(), NOBODY);
}

/// What the next test kills.
#[test]
#[ignore = "runs only inside another test"]
fn starts_a_target_and_never_ends() {
    let target = Target::start(Runtime::Net9, Program::Work, &["stay"]);
    println!("\ntarget {}", target.pid());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_target_ends_with_the_process_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "starts_a_target_and_never_ends", "--ignored", "--nocapture"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(starter.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pid = lines.find_map(|line| line.strip_prefix("target ").map(String::from)).unwrap();
    let process = PathBuf::from(format!("/proc/{pid}"));
    assert!(process.exists());
    starter.kill().unwrap();
    starter.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    // Where the kernel's signal is not to be had, the target ends since its standard input does.
    while std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < end, "process {pid} outlived the one that started it");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_failure_shows_what_the_target_said() {
    let failure = std::panic::catch_unwind(|| {
        let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
        target.run("juggle 3");
    });
    let failure = failure.expect_err("the program has no such command");
    let message = failure.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("work on .NET 9.0.5") && message.contains("unknown command: juggle 3"),
        "{message}"
    );
}
