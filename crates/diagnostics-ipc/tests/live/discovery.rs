//! Finding processes: ours, contained, hidden, dead and not .NET at all.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery::{self, DiscoveryError, Problem, Process, RuntimeSign, Scanner, SocketName};
use testbed::{Program, Runtime, Target};

use super::support::{Running, eventually, example, last_descendant, permitted, process, work, work_behind};

fn scanned(scanner: &mut Scanner, pid: u32) -> Option<Process> {
    scanner.scan().processes.into_iter().find(|process| process.pid == pid)
}

fn until_scanned(scanner: &mut Scanner, pid: u32) -> Process {
    eventually("the process is found", || scanned(scanner, pid))
}

fn until_problem(scanner: &mut Scanner, what: &str, matches: impl Fn(&Problem) -> bool) -> Problem {
    eventually(what, || scanner.scan().problems.into_iter().find(|problem| matches(problem)))
}

#[test]
fn every_runtime_is_found() {
    let mut scanner = Scanner::new();
    for runtime in Runtime::all() {
        let mut target = work(runtime);
        let found = until_scanned(&mut scanner, target.pid());
        assert_eq!(found.namespace_pid, target.pid());
        assert_eq!(found.socket, target.socket());
        assert_eq!(found.uid, fs_uid(target.pid()));
        let single_file = matches!(runtime, Runtime::Net10 | Runtime::Net10Newer);
        assert_eq!(found.name, if single_file { "work" } else { "dotnet" });
        assert!(found.command_line.iter().any(|argument| argument.contains("work")), "{found:?}");
        assert_eq!(discovery::find(target.pid()), Ok(found.clone()));
        assert_eq!(scanned(&mut scanner, target.pid()), Some(found));
        target.say("exit");
        target.wait_exit();
        assert_eq!(scanned(&mut scanner, target.pid()), None);
    }
}

fn fs_uid(pid: u32) -> u32 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(format!("/proc/{pid}")).unwrap().uid()
}

/// The scanner knows the pid long before there is a runtime in it.
#[test]
fn a_process_that_becomes_dotnet_later_is_found() {
    let tmpdir = tempfile::tempdir().unwrap();
    let mut scanner = Scanner::new();
    let running = Running::start(work_behind(
        &["sh", "-c", "echo shell; read line; exec \"$0\" \"$@\""],
        tmpdir.path(),
    ));
    let pid = running.child.id();
    running.line("shell");
    for _ in 0..10 {
        assert_eq!(scanned(&mut scanner, pid), None);
    }
    let mut stdin = running.child.stdin.as_ref().unwrap();
    std::io::Write::write_all(&mut stdin, b"go\n").unwrap();
    assert_eq!(until_scanned(&mut scanner, pid).name, "dotnet");
}

#[test]
fn a_killed_process_leaves_a_stale_socket() {
    let mut scanner = Scanner::new();
    let mut target = work(Runtime::Net9);
    let found = until_scanned(&mut scanner, target.pid());
    let (pid, socket) = (target.pid(), target.socket());
    target.kill();
    assert!(socket.exists(), "a killed process cannot clean up");
    let problem = until_problem(&mut scanner, "it is stale", |problem| {
        matches!(problem, Problem::StaleSocket { .. }) && problem.to_string().contains(&pid.to_string())
    });
    assert_eq!(problem, Problem::StaleSocket { pid, socket: socket.clone() });
    assert_eq!(scanned(&mut scanner, found.pid), None);
    assert_eq!(discovery::find(pid), Err(DiscoveryError::NotRunning { pid }));
    fs::remove_file(socket).unwrap();
    eventually("it is forgotten", || (!scanner.scan().problems.contains(&problem)).then_some(()));
}

/// A dead socket whose pid lives again, in another process.
#[test]
fn a_reused_pid_is_not_taken_for_its_predecessor() {
    let tmpdir = tempfile::tempdir().unwrap();
    let mut target = Target::builder(Runtime::Net9, Program::Work).tmpdir(tmpdir.path()).start();
    let mut scanner = Scanner::new();
    let found = until_scanned(&mut scanner, target.pid());
    // What its predecessor with the same pid would have left behind.
    let name = SocketName { pid: found.pid, start_key: found.start_key - 1 };
    let socket = tmpdir.path().join(name.to_string());
    drop(UnixListener::bind(&socket).unwrap());
    let stale = Problem::StaleSocket { pid: found.pid, socket };
    until_problem(&mut scanner, "the predecessor is stale", |problem| *problem == stale);
    assert_eq!(discovery::find(found.pid), Ok(found.clone()));
    assert_eq!(scanned(&mut scanner, found.pid), Some(found));
    assert!(target.is_running());
}

#[test]
fn a_socket_whose_process_is_not_visible_is_a_problem() {
    let tmpdir = tempfile::tempdir().unwrap();
    let name = SocketName { pid: 1, start_key: u64::from(std::process::id()) };
    let socket = tmpdir.path().join(name.to_string());
    let _listener = UnixListener::bind(&socket).unwrap();
    let scan = Scanner::new().scan();
    let problem = Problem::ProcessNotVisible { pid: 1, socket };
    assert!(scan.problems.contains(&problem), "{scan:?}");
    assert!(problem.to_string().contains("share its process namespace"));
}

#[test]
fn a_removed_socket_is_a_problem() {
    let mut scanner = Scanner::new();
    let mut target = work(Runtime::Net9);
    until_scanned(&mut scanner, target.pid());
    fs::remove_file(target.socket()).unwrap();
    let pid = target.pid();
    let removed = |problem: &Problem| matches!(problem, Problem::SocketRemoved { pid: of, .. } if *of == pid);
    let problem = until_problem(&mut scanner, "the socket is gone", removed);
    assert!(problem.to_string().contains("cannot be reached until it restarts"));
    let error = discovery::find(pid).unwrap_err();
    assert_eq!(error, DiscoveryError::Problem(problem.clone()));
    // A scanner that comes later sees the same.
    assert!(Scanner::new().scan().problems.contains(&problem));
}

#[test]
fn a_process_says_why_it_cannot_be_reached() {
    let own = std::process::id();
    let DiscoveryError::NoSocket { pid, runtime, searched, .. } = discovery::find(own).unwrap_err() else {
        panic!("this is not .NET");
    };
    assert_eq!((pid, runtime), (own, RuntimeSign::NotLoaded));
    assert!(searched.contains(&PathBuf::from("/tmp")));
    let target = Target::builder(Runtime::Net9, Program::Work).env("DOTNET_EnableDiagnostics", "0").start();
    let error = discovery::find(target.pid()).unwrap_err();
    let DiscoveryError::NoSocket { runtime: RuntimeSign::Loaded, searched, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(searched[0], target.tmpdir());
    assert!(error.to_string().contains("DOTNET_EnableDiagnostics=0"), "{error}");
    assert_eq!(scanned(&mut Scanner::new(), target.pid()), None);

    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id();
    let ended = eventually("it ends", || match discovery::find(pid) {
        Err(DiscoveryError::NoSocket { .. }) => None,
        other => Some(other),
    });
    assert!(matches!(ended, Err(DiscoveryError::Ended { .. })), "{ended:?}");
    child.wait().unwrap();
    assert_eq!(discovery::find(pid), Err(DiscoveryError::NotRunning { pid }));
}

#[test]
fn other_users_processes_are_one_clear_line() {
    if !permitted(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]) {
        return;
    }
    let target = work(Runtime::Net9);
    let pid = target.pid();
    process(pid);
    // Nobody may have no way into the folder the test was built in.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let as_nobody = |name: &str, arguments: &[&str]| {
        let program = place.path().join(name);
        fs::copy(example(name).get_program(), &program).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command.args(arguments).output().unwrap()
    };
    let expected = format!("process {pid} (dotnet) belongs to user {}", fs_uid(pid));
    let listed = as_nobody("ps", &[]);
    assert!(listed.status.success());
    let problems = String::from_utf8(listed.stderr).unwrap();
    assert_eq!(problems.lines().filter(|line| line.starts_with(&expected)).count(), 1, "{problems}");
    let own = String::from_utf8(listed.stdout).unwrap();
    assert!(!own.lines().any(|line| line.trim_start().starts_with(&format!("{pid} "))), "{own}");

    let info = as_nobody("info", &[&pid.to_string()]);
    assert!(!info.status.success());
    let error = String::from_utf8(info.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with(&expected) && error.contains("run as that user or root"), "{error}");
}

/// Checks that the process behind a wrapper is found, under its own pid and ours, and answers.
async fn check_contained(wrapper: &[&str], tmpdir: &Path, inner_pid: Option<u32>) -> Option<Process> {
    if !permitted(wrapper) {
        return None;
    }
    let mut scanner = Scanner::new();
    scanner.scan();
    let running = Running::start(work_behind(wrapper, tmpdir));
    running.line("ready ");
    let pid = last_descendant(running.child.id());
    let found = until_scanned(&mut scanner, pid);
    assert_eq!(found.namespace_pid, inner_pid.unwrap_or(pid));
    assert_eq!(discovery::find(pid), Ok(found.clone()));
    assert_eq!(scanned(&mut Scanner::new(), pid), Some(found.clone()));
    let info = Client::new(&found).process_info().await.unwrap();
    assert_eq!(info.pid, u64::from(found.namespace_pid));
    Some(found)
}

#[tokio::test]
async fn a_pid_namespace_is_looked_into() {
    let tmpdir = tempfile::tempdir().unwrap();
    let wrapper = ["unshare", "--pid", "--fork", "--kill-child"];
    check_contained(&wrapper, tmpdir.path(), Some(1)).await;
}

#[tokio::test]
async fn a_container_is_looked_into() {
    // A temporary directory that only the contained process sees, and whose path from here is longer than the kernel
    // takes for a socket.
    let place = tempfile::tempdir().unwrap();
    let tmpdir = place.path().join("d".repeat(60 - place.path().as_os_str().len()));
    fs::create_dir(&tmpdir).unwrap();
    let mount = format!("mount -t tmpfs none {} && exec \"$0\" \"$@\"", tmpdir.display());
    let namespaces = [
        "unshare",
        "--pid",
        "--net",
        "--mount",
        "--mount-proc",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        &mount,
    ];
    if let Some(found) = check_contained(&namespaces, &tmpdir, Some(1)).await {
        let root = format!("/proc/{}/root", found.pid);
        assert!(found.socket.starts_with(root), "{}", found.socket.display());
        assert_eq!(fs::read_dir(&tmpdir).unwrap().count(), 0, "it is not seen from here");
        assert!(found.socket.as_os_str().len() > 107, "{}", found.socket.display());
    }
}

/// An absolute symbolic link inside a container means a path in the container, not ours.
#[tokio::test]
async fn links_in_a_container_stay_in_it() {
    let place = tempfile::tempdir().unwrap();
    let (link, real) = (place.path().join("link"), place.path().join("real"));
    fs::create_dir(&real).unwrap();
    // Seen from here, the link leads to nowhere.
    let script =
        format!("mount -t tmpfs none {real} && mkdir {real}/t && exec \"$0\" \"$@\"", real = real.display());
    std::os::unix::fs::symlink(real.join("t"), &link).unwrap();
    let wrapper = ["unshare", "--mount", "--fork", "--kill-child", "sh", "-c", &script];
    check_contained(&wrapper, &link, None).await;
}

#[tokio::test]
async fn a_network_namespace_is_looked_into() {
    let tmpdir = tempfile::tempdir().unwrap();
    let wrapper = ["unshare", "--net", "--fork", "--kill-child"];
    check_contained(&wrapper, tmpdir.path(), None).await;
}

/// Without the kernel's table of sockets the temporary directories are searched.
#[test]
fn processes_are_found_without_the_table_of_sockets() {
    let hidden = "mount -t proc -o subset=pid proc /proc && exec \"$0\" \"$@\"";
    let wrapper = ["unshare", "--mount", "sh", "-c", hidden];
    if !permitted(&wrapper) {
        return;
    }
    let target = work(Runtime::Net9);
    process(target.pid());
    let listed =
        Command::new(wrapper[0]).args(&wrapper[1..]).arg(example("ps").get_program()).output().unwrap();
    let processes = String::from_utf8(listed.stdout).unwrap();
    let ours = target.pid().to_string();
    assert!(
        processes.lines().any(|line| line.split_ascii_whitespace().next() == Some(&ours)),
        "{processes} {}",
        String::from_utf8_lossy(&listed.stderr)
    );
}
