//! Single-file .NET applications: reading one, and composing another around a program of ours.
//!
//! Such a file is a native host that holds the whole runtime, then the application's files, then a table of them.
//! Just before a fixed 32-byte signature in the host lie the 8 bytes that tell where the table is. Putting another table
//! behind the host makes another application of the same runtime, which is how there are .NET 10 targets with a
//! program of ours although no registry has a .NET 10 to install.
//!
//! The layout is that of the .NET SDK's bundler (manifest version 6): `major u32, minor u32, count i32, id string`,
//! the offset and size of `.deps.json` and of `.runtimeconfig.json`, `flags u64`, and per file `offset i64, size i64,
//! compressed size i64 (0: not compressed), kind u8, path string`. Strings carry their length in 7-bit groups.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Context, InstallError};

const SIGNATURE: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, //
    0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];
const VERSION: u32 = 6;
/// The host holds its application's file name in a buffer of this size, soon after the signature.
const NAME_BUFFER: usize = 1024;
/// Assemblies are mapped where they lie, which asks for this alignment.
const ALIGNMENT: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Assembly = 1,
    DepsJson = 3,
    RuntimeConfigJson = 4,
}

struct Entry {
    path: String,
    kind: u8,
    start: usize,
    size: usize,
}

/// A single-file application in memory.
pub(super) struct Bundle {
    path: PathBuf,
    bytes: Vec<u8>,
    signature: usize,
    entries: Vec<Entry>,
}

impl Bundle {
    /// Reads the file and its table.
    pub(super) fn open(path: &Path) -> Result<Bundle, InstallError> {
        let bytes = fs::read(path).context(|| format!("read {}", path.display()))?;
        let (signature, entries) = read_table(&bytes).ok_or_else(|| {
            InstallError(format!("{} is not a single-file application as expected", path.display()))
        })?;
        Ok(Bundle { path: path.to_owned(), bytes, signature, entries })
    }

    /// Writes the framework's assemblies to the folder, for the compiler to refer to.
    pub(super) fn extract_framework(&self, folder: &Path) -> Result<(), InstallError> {
        for entry in self.framework() {
            let to = folder.join(&entry.path);
            fs::write(&to, self.content(entry)).context(|| format!("write {}", to.display()))?;
        }
        Ok(())
    }

    /// Writes a single-file application of the same runtime that runs the assembly.
    pub(super) fn compose(&self, name: &str, assembly: &Path, to: &Path) -> Result<(), InstallError> {
        let main = fs::read(assembly).context(|| format!("read {}", assembly.display()))?;
        let main_name = format!("{name}.dll");
        let mut files: Vec<(String, Kind, Vec<u8>)> = self
            .framework()
            .map(|entry| (entry.path.clone(), Kind::Assembly, self.content(entry).to_vec()))
            .collect();
        files.push((main_name.clone(), Kind::Assembly, main));
        let deps = deps_json(name, files.iter().map(|(path, ..)| path));
        files.push((format!("{name}.deps.json"), Kind::DepsJson, deps.to_string().into_bytes()));
        let config = self.runtime_config()?;
        files.push((
            format!("{name}.runtimeconfig.json"),
            Kind::RuntimeConfigJson,
            config.to_string().into_bytes(),
        ));

        let mut out = self.host()?;
        self.rename(&mut out, &main_name)?;
        let mut table = Vec::new();
        let mut located = [(0, 0); 2];
        for (path, kind, content) in &files {
            out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
            let (start, size) = (out.len() as u64, content.len() as u64);
            match kind {
                Kind::DepsJson => located[0] = (start, size),
                Kind::RuntimeConfigJson => located[1] = (start, size),
                Kind::Assembly => {}
            }
            out.extend_from_slice(content);
            for number in [start, size, 0] {
                table.extend(number.to_le_bytes());
            }
            table.push(*kind as u8);
            write_string(&mut table, path);
        }
        let start = out.len() as u64;
        out.extend(VERSION.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.extend((files.len() as u32).to_le_bytes());
        write_string(&mut out, "testbed");
        for number in [located[0].0, located[0].1, located[1].0, located[1].1, 0] {
            out.extend(number.to_le_bytes());
        }
        out.extend(table);
        out[self.signature - 8..self.signature].copy_from_slice(&start.to_le_bytes());

        // A running target keeps its file open for execution, so the file is replaced, not written over.
        let _ = fs::remove_file(to);
        fs::write(to, out).context(|| format!("write {}", to.display()))?;
        fs::set_permissions(to, fs::Permissions::from_mode(0o755))
            .context(|| format!("make {} executable", to.display()))
    }

    /// The native host alone.
    fn host(&self) -> Result<Vec<u8>, InstallError> {
        let end = self.entries.iter().map(|entry| entry.start).min();
        let end = end.ok_or_else(|| InstallError(format!("{} holds no files", self.path.display())))?;
        Ok(self.bytes[..end].to_vec())
    }

    /// Tells the host the file name of its main assembly.
    fn rename(&self, host: &mut [u8], name: &str) -> Result<(), InstallError> {
        let stem = self.path.file_name().unwrap_or_default().to_string_lossy();
        let old = format!("{stem}.dll\0").into_bytes();
        let from = self.signature + SIGNATURE.len();
        let buffer = host.get_mut(from..from + NAME_BUFFER).unwrap_or_default();
        let at = buffer.windows(old.len()).position(|window| window == old);
        let at =
            at.ok_or_else(|| InstallError(format!("no main assembly's name in {}", self.path.display())))?;
        let new = format!("{name}\0").into_bytes();
        buffer[at..at + new.len().max(old.len())].fill(0);
        buffer[at..at + new.len()].copy_from_slice(&new);
        Ok(())
    }

    /// The application's runtime configuration, with what a bare machine needs.
    fn runtime_config(&self) -> Result<Value, InstallError> {
        let entry = self.entries.iter().find(|entry| entry.kind == Kind::RuntimeConfigJson as u8);
        let text = entry.map(|entry| self.content(entry)).unwrap_or_default();
        let mut config: Value = serde_json::from_slice(text)
            .context(|| format!("parse the runtime configuration in {}", self.path.display()))?;
        config["runtimeOptions"]["configProperties"]["System.Globalization.Invariant"] = true.into();
        Ok(config)
    }

    /// The assemblies that belong to .NET and ASP.NET Core.
    fn framework(&self) -> impl Iterator<Item = &Entry> {
        const PREFIXES: [&str; 9] = [
            "System.",
            "Microsoft.AspNetCore.",
            "Microsoft.Extensions.",
            "Microsoft.Net.Http",
            "Microsoft.JSInterop",
            "Microsoft.Win32.",
            "Microsoft.CSharp",
            "mscorlib",
            "netstandard",
        ];
        self.entries.iter().filter(|entry| {
            entry.kind == Kind::Assembly as u8
                && !entry.path.contains('/')
                && PREFIXES.iter().any(|prefix| entry.path.starts_with(prefix))
        })
    }

    fn content(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start..entry.start + entry.size]
    }
}

/// Finds the signature and reads the table it leads to. `None` when anything is not as expected.
fn read_table(bytes: &[u8]) -> Option<(usize, Vec<Entry>)> {
    let signature = bytes.windows(SIGNATURE.len()).position(|window| window == SIGNATURE)?;
    let start = u64::from_le_bytes(bytes.get(signature.checked_sub(8)?..signature)?.try_into().ok()?);
    let mut reader = Reader { bytes: bytes.get(usize::try_from(start).ok()?..)? };
    if reader.u32()? != VERSION {
        return None;
    }
    reader.u32()?;
    let count = reader.u32()?;
    reader.string()?;
    for _ in 0..5 {
        reader.usize()?;
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let (start, size, compressed) = (reader.usize()?, reader.usize()?, reader.usize()?);
        let (kind, path) = (reader.take(1)?[0], reader.string()?);
        bytes.get(start..start.checked_add(size)?)?;
        if compressed != 0 {
            return None;
        }
        entries.push(Entry { path, kind, start, size });
    }
    Some((signature, entries))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn usize(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take(8)?.try_into().ok()?)).ok()
    }

    fn string(&mut self) -> Option<String> {
        let mut length = 0;
        for shift in (0..28).step_by(7) {
            let byte = self.take(1)?[0];
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return String::from_utf8(self.take(length)?.to_vec()).ok();
            }
        }
        None
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    let mut length = text.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(text.as_bytes());
}

/// A `.deps.json` by which the host finds the assemblies.
fn deps_json<'a>(name: &str, assemblies: impl Iterator<Item = &'a String>) -> Value {
    let files: Map<String, Value> = assemblies.map(|path| (path.clone(), json!({}))).collect();
    let platform = ".NETCoreApp,Version=v10.0";
    let target = format!("{platform}/linux-x64");
    let library = format!("{name}/1.0.0");
    json!({
        "runtimeTarget": {"name": target, "signature": ""},
        "targets": {platform: {}, target.as_str(): {library.as_str(): {"runtime": files}}},
        "libraries": {library.as_str(): {"type": "project", "serviceable": false, "sha512": ""}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host of our own making whose application has one file.
    fn sample() -> Vec<u8> {
        let mut bytes = b"host code........".to_vec();
        let pointer = bytes.len();
        bytes.extend([0; 8]);
        bytes.extend(SIGNATURE);
        bytes.extend(b"sample.dll\0");
        bytes.resize(bytes.len() + NAME_BUFFER, 0);
        let config = (bytes.len(), br#"{"runtimeOptions":{"configProperties":{}}}"#);
        bytes.extend(config.1);
        let library = (bytes.len(), b"library");
        bytes.extend(library.1);
        let table = bytes.len() as u64;
        bytes[pointer..pointer + 8].copy_from_slice(&table.to_le_bytes());
        for number in [VERSION, 0, 2] {
            bytes.extend(number.to_le_bytes());
        }
        write_string(&mut bytes, "id");
        bytes.extend([0; 40]);
        for (start, size, kind, path) in [
            (config.0, config.1.len(), Kind::RuntimeConfigJson, "sample.runtimeconfig.json"),
            (library.0, library.1.len(), Kind::Assembly, "System.Sample.dll"),
        ] {
            for number in [start, size, 0] {
                bytes.extend((number as u64).to_le_bytes());
            }
            bytes.push(kind as u8);
            write_string(&mut bytes, path);
        }
        bytes
    }

    #[test]
    fn a_composed_application_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let (host, main, out) =
            (folder.path().join("sample"), folder.path().join("x.dll"), folder.path().join("x"));
        fs::write(&host, sample()).unwrap();
        fs::write(&main, b"main").unwrap();
        Bundle::open(&host).unwrap().compose("program-with-a-longer-name", &main, &out).unwrap();
        let composed = Bundle::open(&out).unwrap();
        let names: Vec<&str> = composed.entries.iter().map(|entry| entry.path.as_str()).collect();
        let name = "program-with-a-longer-name";
        let expected = [
            "System.Sample.dll".to_owned(),
            format!("{name}.dll"),
            format!("{name}.deps.json"),
            format!("{name}.runtimeconfig.json"),
        ];
        assert_eq!(names, expected);
        assert_eq!(composed.content(&composed.entries[1]), b"main");
        assert!(composed.entries.iter().all(|entry| entry.start % ALIGNMENT == 0));
        let shown = String::from_utf8_lossy(&composed.bytes);
        assert!(shown.contains("program-with-a-longer-name.dll\0") && !shown.contains("sample.dll\0"));
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        let whole = sample();
        assert!(read_table(&whole).is_some());
        for length in 0..whole.len() {
            assert!(read_table(&whole[..length]).is_none(), "cut at {length}");
        }
    }
}
