//! Native code of real processes has names.

use std::fs;
use std::path::{Path, PathBuf};

use diagnostics_ipc::discovery::{self, Process};
use dotnet_analysis::profile::{Frame, FrameKind};
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSegment as _, ObjectSymbol as _};
use pipescope_engine::native_code;
use testbed::{Program, Runtime, Target};

/// A function that every runtime lets others call.
const FUNCTION: &str = "MetaDataGetDispenser";

/// The file with the runtime in it, and where [`FUNCTION`] is in that process.
fn runtime_function(process: &Process) -> (String, u64) {
    let maps = fs::read_to_string(format!("/proc/{}/maps", process.pid)).expect("mappings");
    let library = maps.lines().find_map(|line| {
        let path = &line[line.find('/')?..];
        path.ends_with("/libcoreclr.so").then(|| PathBuf::from(path))
    });
    // Single files have it in themselves.
    let executable = || fs::read_link(format!("/proc/{}/exe", process.pid)).expect("an executable");
    let path = library.unwrap_or_else(executable);
    let bytes = fs::read(&path).expect("the file");
    let file = ElfFile64::<Endianness>::parse(bytes.as_slice()).expect("an ELF file");
    let symbol = file.dynamic_symbols().find(|symbol| symbol.name() == Ok(FUNCTION)).expect("the function");
    let in_file = file.segments().find_map(|segment| {
        let inside = symbol.address().checked_sub(segment.address())?;
        let (start, size) = segment.file_range();
        (inside < size).then_some(start + inside)
    });
    let in_file = in_file.expect("a segment with the function");
    let address =
        maps.lines().filter(|line| line.ends_with(path.to_str().expect("a plain path"))).find_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let (start, end) = fields.next()?.split_once('-')?;
            let is_code = fields.next()?.contains('x');
            let number = |text| u64::from_str_radix(text, 16).ok();
            let (start, end, offset) = (number(start)?, number(end)?, number(fields.next()?)?);
            let address = start + in_file.checked_sub(offset)?;
            (is_code && address < end).then_some(address)
        });
    let name = path.file_name().expect("a name").to_str().expect("a plain name");
    (name.to_owned(), address.expect("the function is mapped"))
}

#[test]
fn functions_of_the_runtime_have_names() {
    for runtime in Runtime::all() {
        let target = Target::start(runtime, Program::Work, &[]);
        let process = discovery::find(target.pid()).expect("the target can be reached");
        let (module, address) = runtime_function(&process);
        let frames = native_code::frames_at(&process, &[8, address, address + 1]);
        let function = Frame { module, name: FUNCTION.to_owned(), kind: FrameKind::Native };
        let name = runtime.version();
        assert_eq!(frames.get(&address), Some(&function), "{name}");
        assert_eq!(frames.get(&(address + 1)), Some(&function), "{name}");
        assert_eq!(frames.get(&8), None, "{name}: nothing is mapped there");

        let earlier = Process { start_key: process.start_key - 1, ..process.clone() };
        assert!(native_code::frames_at(&earlier, &[address]).is_empty(), "{name}: that process is gone");
        drop(target);
        assert!(native_code::frames_at(&process, &[address]).is_empty(), "{name}: it has ended");
    }
}

#[test]
fn stubs_are_named_by_the_map_for_perf() {
    let mut target = Target::builder(Runtime::Net9, Program::Work)
        .env("DOTNET_PerfMapEnabled", "1")
        .env("DOTNET_PerfMapJitDumpPath", "/tmp")
        .start();
    let process = discovery::find(target.pid()).expect("the target can be reached");
    let path = format!("/tmp/perf-{}.map", target.pid());
    let (address, name) = target.until("a stub in the map", |_| {
        let map = fs::read_to_string(&path).ok()?;
        let line = map.lines().find(|line| line.contains("GenerateLookupStub"))?;
        let mut parts = line.trim_start_matches("0x").splitn(3, ' ');
        let address = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some((address, parts.nth(1)?.to_owned()))
    });
    let frames = native_code::frames_at(&process, &[address]);
    let stub = Frame { module: String::new(), name, kind: FrameKind::Native };
    assert_eq!(frames.get(&address), Some(&stub));

    // That of an earlier process with the same id.
    let old = fs::File::options().append(true).open(&path).expect("the map");
    old.set_modified(std::time::UNIX_EPOCH).expect("its time of change");
    assert!(native_code::frames_at(&process, &[address]).is_empty());
    target.kill();
    for kind in ["perf", "perfinfo"] {
        let left = format!("/tmp/{kind}-{}.map", target.pid());
        if Path::new(&left).exists() {
            fs::remove_file(left).expect("ours");
        }
    }
}
