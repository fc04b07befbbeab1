//! Names of native code, from the files that this very process has mapped.

use std::fs::{self, File};
use std::io::Cursor;
use std::path::PathBuf;

use dotnet_analysis::symbols::native::elf::{ElfError, Place, places};
use dotnet_analysis::symbols::native::{Mapping, Mappings};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _, elf};
use proptest::prelude::*;

/// Looked for by its name.
#[inline(never)]
fn a_function_of_this_test(number: u64) -> u64 {
    std::hint::black_box(number).wrapping_mul(3)
}

fn mappings() -> Mappings {
    Mappings::parse(&fs::read("/proc/self/maps").unwrap())
}

fn path(mapping: &Mapping) -> PathBuf {
    PathBuf::from(String::from_utf8(mapping.path.clone()).unwrap())
}

#[test]
fn a_function_of_this_process_has_its_name() {
    let address = a_function_of_this_test as fn(u64) -> u64 as usize as u64;
    let mappings = mappings();
    let mapping = mappings.find(address).expect("code is mapped");
    assert!(mapping.has_file());
    assert_eq!(path(mapping), std::env::current_exe().unwrap());
    let offset = mapping.offset_of(address).unwrap();
    let found = places(File::open(path(mapping)).unwrap(), &[offset, u64::MAX, offset]).unwrap();
    let [Place::Function(name), Place::Outside, Place::Function(again)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(name.contains("a_function_of_this_test"), "{name}");
    assert_eq!(name, again);
}

/// The C library's file.
fn c_library() -> Vec<u8> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let file = maps.lines().find_map(|line| {
        let path = line.get(line.find('/')?..)?;
        path.contains("/libc").then_some(path)
    });
    fs::read(file.expect("tests use a C library that is shared")).unwrap()
}

#[test]
fn a_library_without_debugging_symbols_names_what_others_may_call() {
    let bytes = c_library();
    let file = ElfFile64::<Endianness>::parse(bytes.as_slice()).unwrap();
    let malloc = file.dynamic_symbols().find(|symbol| symbol.name() == Ok("malloc")).unwrap();
    let endian = file.endian();
    let segments = elf::FileHeader64::<Endianness>::parse(bytes.as_slice())
        .unwrap()
        .program_headers(endian, bytes.as_slice())
        .unwrap();
    let offset = segments
        .iter()
        .find_map(|segment| {
            let inside = malloc.address().checked_sub(segment.p_vaddr(endian))?;
            let is_loaded = segment.p_type(endian) == elf::PT_LOAD && inside < segment.p_filesz(endian);
            is_loaded.then(|| segment.p_offset(endian) + inside)
        })
        .unwrap();
    let found = places(Cursor::new(&bytes), &[offset, offset + malloc.size() - 1, 0]).unwrap();
    let is_malloc = |place: &Place| matches!(place, Place::Function(name) if name.contains("malloc"));
    assert!(is_malloc(&found[0]) && is_malloc(&found[1]), "{found:?}");
    assert_eq!(found[2], Place::Nameless(0), "the header is no function");
}

#[test]
fn files_of_other_kinds_have_no_functions() {
    for bytes in [b"".as_slice(), b"MZ\x90\0", b"\x7fELF", &[0; 100]] {
        assert_eq!(places(Cursor::new(bytes), &[0]), Err(ElfError::OtherKind), "{bytes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Sizes and places in damaged files mean nothing, and harm nobody.
    #[test]
    fn damaged_files_are_errors(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        in_header: bool,
        length in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let mut bytes = c_library();
        let sections = usize::try_from(u64::from_le_bytes(bytes[0x28..0x30].try_into().unwrap())).unwrap();
        for (index, value) in damage {
            // The file's header, or those of its sections.
            let place = if in_header { 4 + index.index(60) } else { sections + index.index(bytes.len() - sections) };
            bytes[place] = value;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let found = places(Cursor::new(&bytes), &[0, 0x3_0000, u64::MAX]);
        prop_assert!(found.is_err() || found.is_ok_and(|places| places.len() == 3));
    }
}
