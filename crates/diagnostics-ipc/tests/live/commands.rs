//! Every command that is not a session.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use diagnostics_ipc::client::{Client, Error};
use diagnostics_ipc::message::{Command as Ipc, EncodeError, ErrorCode};
use diagnostics_ipc::request::{
    AttachProfiler, DumpKind, DumpRequest, InvalidRequest, PerfMapKind, StartupProfiler,
};
use testbed::{Layout, Program, Runtime, Target};
use uuid::Uuid;

use super::support::{Running, client, process, work};

#[tokio::test]
async fn every_runtime_says_who_it_is() {
    for runtime in Runtime::all().into_iter().filter(|runtime| runtime.major() >= 8) {
        let target = work(runtime);
        let info = client(&target).process_info().await.unwrap();
        assert_eq!(info.pid, u64::from(target.pid()), "{runtime}");
        assert!(info.command_line.contains("work"), "{info:?}");
        assert_eq!(info.operating_system.to_lowercase(), "linux");
        assert!(["x64", "arm64"].contains(&info.architecture.as_str()), "{info:?}");
        assert_eq!(info.entry_assembly.as_deref(), Some("work"));
        let version = info.runtime_version.clone().unwrap();
        assert!(version.starts_with(runtime.version()), "{info:?}");
        assert!(info.portable_rid.unwrap().starts_with("linux-"));
        assert_ne!(info.runtime_cookie, Uuid::nil());
        let again = client(&target).process_info().await.unwrap();
        assert_eq!(again.runtime_cookie, info.runtime_cookie);
    }
}

#[tokio::test]
async fn an_old_runtime_says_that_it_cannot() {
    let target = work(Runtime::Net31);
    let client = client(&target);
    let error = client.process_info().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { command: Ipc::ProcessInfo, .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("process {} (dotnet) does not know ProcessInfo, which needs .NET 5.0 or later", target.pid())
    );
    assert!(client.environment().await.unwrap_err().is_unsupported());
    assert!(client.resume().await.unwrap_err().is_unsupported());
    assert!(client.set_environment_variable("A", Some("b")).await.unwrap_err().is_unsupported());
    assert!(client.enable_perf_map(PerfMapKind::All).await.unwrap_err().is_unsupported());
    assert!(client.disable_perf_map().await.unwrap_err().is_unsupported());
    let profiler = StartupProfiler { class_id: Uuid::nil(), path: "/nowhere/profiler.so".into() };
    let error = client.startup_profiler(&profiler).await.unwrap_err();
    assert!(error.is_unsupported(), "{error:?}");
}

#[tokio::test]
async fn the_environment_is_that_of_the_process() {
    for runtime in [Runtime::Net9, Runtime::Net10, Runtime::Net10Newer] {
        // Longer together than one message can be.
        let long = "ä".repeat(50_000);
        let target = Target::builder(runtime, Program::Work)
            .env("PIPESCOPE_TEST", "a=b = c")
            .env("PIPESCOPE_LONG", &long)
            .env("PIPESCOPE_LONGER", format!("{long}r"))
            .start();
        let variables = client(&target).environment().await.unwrap();
        let value = |name: &str| {
            let mut values = variables.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
            let value = values.next().cloned();
            assert_eq!(values.next(), None, "{name} is there once");
            value
        };
        assert_eq!(value("PIPESCOPE_TEST").as_deref(), Some("a=b = c"));
        assert_eq!(value("PIPESCOPE_LONGER"), Some(format!("{long}r")), "{runtime}");
        assert_eq!(value("PIPESCOPE_LONG"), Some(long), "{runtime}");
        assert_eq!(value("TMPDIR").as_deref(), target.tmpdir().to_str());
    }
}

#[tokio::test]
async fn a_suspended_runtime_takes_variables_and_resumes() {
    for runtime in [Runtime::Net9, Runtime::Net10] {
        let mut target = Target::builder(runtime, Program::Work)
            .env("DOTNET_DefaultDiagnosticPortSuspend", "1")
            .do_not_wait()
            .start();
        let client = client(&target);
        let info = client.process_info().await.unwrap();
        assert_eq!(info.pid, u64::from(target.pid()));
        client.set_environment_variable("PIPESCOPE_SET", Some("here")).await.unwrap();
        client.set_environment_variable("PIPESCOPE_UNSET", Some("x")).await.unwrap();
        client.set_environment_variable("PIPESCOPE_UNSET", None).await.unwrap();
        let profiler = AttachProfiler {
            timeout: Duration::from_secs(5),
            class_id: Uuid::nil(),
            path: "/nowhere/profiler.so".into(),
            data: Vec::new(),
        };
        let error = client.attach_profiler(&profiler).await.unwrap_err();
        let refused = matches!(error, Error::Refused { code: ErrorCode::NOT_YET_AVAILABLE, .. });
        assert!(refused, "{error:?}");
        client.resume().await.unwrap();
        target.wait_until_ready();
        assert_eq!(target.ask("env PIPESCOPE_SET"), "env PIPESCOPE_SET=here");
        assert_eq!(target.ask("env PIPESCOPE_UNSET"), "env PIPESCOPE_UNSET=");
        // Harmless for one that runs.
        client.resume().await.unwrap();
    }
}

#[tokio::test]
async fn a_perf_map_is_written() {
    for runtime in [Runtime::Net9, Runtime::Net10] {
        // Without this it comes into /tmp, whatever TMPDIR says.
        let place = tempfile::tempdir().unwrap();
        let target =
            Target::builder(runtime, Program::Work).env("DOTNET_PerfMapJitDumpPath", place.path()).start();
        let client = client(&target);
        client.enable_perf_map(PerfMapKind::PerfMap).await.unwrap();
        let map = place.path().join(format!("perf-{}.map", target.pid()));
        assert!(fs::read_to_string(&map).unwrap().contains("Main"), "{runtime}: methods compiled before");
        client.disable_perf_map().await.unwrap();
    }
}

#[tokio::test]
async fn a_profiler_that_is_not_there_is_refused_by_the_runtime() {
    let target = work(Runtime::Net9);
    let client = client(&target);
    let mut profiler = AttachProfiler {
        timeout: Duration::from_secs(5),
        class_id: Uuid::from_u128(1),
        path: "/nowhere/profiler.so".into(),
        data: vec![1, 2, 3],
    };
    let error = client.attach_profiler(&profiler).await.unwrap_err();
    assert!(matches!(error, Error::Refused { code: ErrorCode::MODULE_NOT_FOUND, .. }), "{error:?}");
    profiler.path = "profiler.so".into();
    let error = client.attach_profiler(&profiler).await.unwrap_err();
    assert!(error.to_string().contains("absolute"), "{error}");
    // The process has survived both.
    client.process_info().await.unwrap();
}

#[tokio::test]
async fn a_startup_hook_that_cannot_be_loaded_is_not_sent() {
    let mut target = work(Runtime::Net9);
    let client = client(&target);
    let no_assembly = target.tmpdir().join("hook.dll");
    fs::write(&no_assembly, "text").unwrap();
    let empty = target.tmpdir().join("empty.dll");
    fs::write(&empty, "").unwrap();
    for (path, reason) in [
        (Path::new("/nowhere/hook.dll"), "No such file"),
        (Path::new("hook.dll"), "absolute"),
        (target.tmpdir(), "not a file"),
        (&no_assembly, "not an assembly"),
        (&empty, "not an assembly"),
    ] {
        let error = client.apply_startup_hook(path).await.unwrap_err();
        assert!(matches!(error, Error::NotSent { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(target.is_running());
}

/// A .NET 9 of our own whose dump writer has these permissions; `None` for no dump writer.
fn runtime_with_dump_writer(mode: Option<u32>) -> tempfile::TempDir {
    let layout = Layout::of_workspace();
    let dotnet = layout.dotnet();
    let source = dotnet.parent().unwrap();
    let copy = tempfile::Builder::new().prefix("dump-").tempdir_in(layout.root()).unwrap();
    link_all(source, copy.path());
    let framework = copy.path().join("shared/Microsoft.NETCore.App/9.0.5");
    let writer = framework.join("createdump");
    fs::remove_file(&writer).unwrap();
    if let Some(mode) = mode {
        fs::copy(source.join("shared/Microsoft.NETCore.App/9.0.5/createdump"), &writer).unwrap();
        fs::set_permissions(&writer, fs::Permissions::from_mode(mode)).unwrap();
    }
    copy
}

fn link_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link_all(&entry.path(), &target);
        } else {
            fs::hard_link(entry.path(), target).unwrap();
        }
    }
}

fn work_on(runtime: &Path, tmpdir: &Path) -> Running {
    let mut command = Command::new(runtime.join("dotnet"));
    command.arg(Layout::of_workspace().program(Runtime::Net9, Program::Work)).env("TMPDIR", tmpdir);
    let running = Running::start(command);
    running.line("ready ");
    running
}

#[tokio::test]
async fn a_dump_is_written() {
    let runtime = runtime_with_dump_writer(Some(0o755));
    let tmpdir = tempfile::tempdir().unwrap();
    let running = work_on(runtime.path(), tmpdir.path());
    let pid = running.child.id();
    let client = Client::new(&process(pid));
    let path = tmpdir.path().join("core-%p");
    client.dump(&DumpRequest::new(&path, DumpKind::Normal)).await.unwrap();
    let written = fs::metadata(tmpdir.path().join(format!("core-{pid}"))).unwrap();
    assert!(written.len() > 100_000, "{written:?}");
    // Still there, and reachable.
    client.process_info().await.unwrap();

    let nowhere = DumpRequest::new("/nowhere/core", DumpKind::Normal);
    let error = client.dump(&nowhere).await.unwrap_err();
    assert!(error.to_string().contains("there is no directory /nowhere"), "{error}");
    let relative = DumpRequest::new("core", DumpKind::Normal);
    let error = client.dump(&relative).await.unwrap_err();
    assert!(error.to_string().contains("absolute"), "{error}");
}

/// A single-file application has the dump writer in itself, and writes full dumps only.
#[tokio::test]
async fn a_single_file_application_writes_full_dumps() {
    let mut target = work(Runtime::Net10);
    let client = client(&target);
    let path = target.tmpdir().join("core");
    let error = client.dump(&DumpRequest::new(&path, DumpKind::Normal)).await.unwrap_err();
    assert!(matches!(error, Error::Refused { message: Some(_), .. }), "{error:?}");
    assert!(error.to_string().contains("Only full dumps"), "{error}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    client.dump(&DumpRequest::new(&path, DumpKind::Full)).await.unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 10_000_000);
    client.process_info().await.unwrap();
    assert!(target.is_running());
}

#[tokio::test]
async fn a_dump_without_a_dump_writer_is_not_asked_for() {
    for (mode, reason) in [(None, "does not exist"), (Some(0o644), "is not executable")] {
        let runtime = runtime_with_dump_writer(mode);
        let tmpdir = tempfile::tempdir().unwrap();
        let running = work_on(runtime.path(), tmpdir.path());
        let client = Client::new(&process(running.child.id()));
        let request = DumpRequest::new(tmpdir.path().join("core"), DumpKind::Normal);
        let error = client.dump(&request).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        let Error::NotSent {
            source: EncodeError::Invalid(InvalidRequest::NoDumpWriter { path, .. }), ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert!(path.starts_with(runtime.path().canonicalize().unwrap()), "{}", path.display());
        client.process_info().await.unwrap();
    }
}
