//! `dump`: core dumps of real processes.

use std::fs;

use testbed::{Program, Runtime, Target};

use super::harness::{Pipescope, pid};

/// What an ELF core file starts with: magic, and `ET_CORE` as the type at byte 16.
fn is_core(file: &[u8]) -> bool {
    file.starts_with(b"\x7fELF") && file.get(16) == Some(&4)
}

#[test]
fn a_dump_is_a_core_file_where_it_was_wanted() {
    for (runtime, kind) in [
        (Runtime::Net9, "mini"),
        (Runtime::Net31, "mini"),
        (Runtime::Net9, "triage"),
        (Runtime::Net10, "full"),
    ] {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let path = target.tmpdir().join("core-%p").display().to_string();
        let ended = Pipescope::run(&["dump", &pid(&target), "--type", kind, "-o", &path]).expect(0);
        let path = path.replace("%p", &pid(&target));
        assert!(ended.stdout.starts_with(&format!("Complete: {path} (")), "{runtime}: {}", ended.stdout);
        assert!(ended.stdout.contains(" MB, "), "{runtime}: {}", ended.stdout);
        assert!(is_core(&fs::read(&path).expect("the dump")), "{runtime}");
        // It goes on.
        assert!(target.is_running());
        Pipescope::run(&["info", &pid(&target)]).expect(0);
    }
}

#[test]
fn a_dump_goes_to_the_current_directory_and_has_a_crash_report_beside_it() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["dump", "-p", &pid(&target), "--type", "mini", "--crashreport"];
    let ended = Pipescope::start_in(directory.path(), &arguments).wait().expect(0);
    let names = || fs::read_dir(directory.path()).expect("a list").flatten();
    let mut names: Vec<String> =
        names().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let [dump, report] = names.as_slice() else { panic!("{names:?}") };
    assert!(dump.starts_with("core_2") && dump.len() == "core_20260102_030405".len(), "{dump}");
    assert_eq!(*report, format!("{dump}.crashreport.json"));
    assert!(ended.stdout.contains(dump.as_str()), "{}", ended.stdout);
    assert!(ended.stderr.contains("Writing a mini dump of work (pid "), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_written_is_said_with_what_to_do() {
    let mut target = Target::start(Runtime::Net10, Program::Work, &[]);
    let path = target.tmpdir().join("core").display().to_string();
    let ended = Pipescope::run(&["dump", &pid(&target), "--type", "mini", "-o", &path]).expect(1);
    assert!(
        ended
            .error()
            .contains("no dump was written (a single-file application writes full dumps only: --type full)"),
        "{}",
        ended.stderr
    );
    let ended = Pipescope::run(&["dump", &pid(&target), "-o", "/nowhere/core"]).expect(1);
    assert!(ended.error().contains("(-o is a path as the process sees it)"), "{}", ended.stderr);
    assert!(ended.error().contains("there is no directory /nowhere"), "{}", ended.stderr);
    assert!(target.is_running());
    let old = Target::start(Runtime::Net31, Program::Work, &[]);
    let ended = Pipescope::run(&["dump", &pid(&old), "-o", "/tmp/core-%t"]).expect(3);
    assert!(ended.error().contains("knows no '%' in the path of a dump but '%p'"), "{}", ended.stderr);
    Pipescope::run(&["dump", "4194304"]).expect(3);
    Pipescope::run(&["dump", &pid(&target), "--type", "everything"]).expect(3);
    Pipescope::run(&["dump", &pid(&target), "-n", "work"]).expect(3);
}
