//! Getting the testbed: runtimes from package registries, a C# compiler, and the programs compiled with it.
//!
//! Every step leaves a stamp with the versions and sources it was made from, and is skipped when its stamp is current.

mod bundle;
mod frameworks;
mod packages;
mod programs;

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::layout::Layout;
use crate::runtime::{Program, Runtime};
use bundle::Bundle;
use programs::Sources;

/// What could not be done while installing, in words a person can act on.
#[derive(Debug)]
pub struct InstallError(String);

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InstallError {}

/// Names what was being done when a system call failed.
trait Context<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T, InstallError>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T, InstallError> {
        self.map_err(|error| InstallError(format!("{}: {error}", what())))
    }
}

/// The package that brings the `dotnet` host and .NET Core 3.1.23 (`PyPI`).
const NET31_PACKAGE: &str = "dotnetcore2==3.1.23";
/// A self-contained application whose files are .NET 9.0.5 with ASP.NET Core (npm).
const NET9_PACKAGE: &str = "@azure/mcp-linux-x64@0.5.0";
/// A generator that ships Roslyn 4.1 as plain assemblies (npm).
const ROSLYN_PACKAGE: &str = "@autorest/csharp@3.0.0-beta.20251203.1";

/// The single-file ASP.NET Core server that brings a .NET 10 runtime (npm).
fn single_file_package(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Net10Newer => "@azure/mcp-linux-x64@3.0.0-beta.46",
        _ => "@azure/mcp-linux-x64@2.0.5",
    }
}

/// Installs whatever of the testbed is missing or out of date, telling `say` of each step before it starts.
///
/// Needs `pip` and `npm`, and `mcs` of Debian's `mono-mcs`, which is installed when missing and this process is root.
/// Several processes may call it at once: one works, the others wait. Needs about 700 MB while it works.
///
/// # Errors
/// When a package cannot be had, a program does not compile, or the disk fails.
pub fn install(layout: &Layout, say: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
    let root = layout.root();
    fs::create_dir_all(root).context(|| format!("create {}", root.display()))?;
    let lock = File::create(root.join(".lock")).context(|| format!("create a lock in {}", root.display()))?;
    lock.lock().context(|| format!("lock {}", root.display()))?;

    step(layout, "dotnet-3.1", NET31_PACKAGE, say, |scratch| {
        packages::pip(NET31_PACKAGE, scratch)?;
        frameworks::lay_out_host(&scratch.join("dotnetcore2/bin"), layout)
    })?;
    step(layout, "dotnet-9", NET9_PACKAGE, say, |scratch| {
        packages::npm(NET9_PACKAGE, scratch)?;
        frameworks::lay_out_self_contained(&scratch.join("package/dist"), &root.join("dotnet"))
    })?;
    frameworks::allow_dumps(&root.join("dotnet"))?;
    for runtime in [Runtime::Net10, Runtime::Net10Newer] {
        let package = single_file_package(runtime);
        step(layout, &format!("single-file-{}", runtime.version()), package, say, |scratch| {
            packages::npm(package, scratch)?;
            let framework = scratch.join("framework");
            fs::create_dir_all(&framework).context(|| format!("create {}", framework.display()))?;
            Bundle::open(&scratch.join("package/dist/azmcp"))?.extract_framework(&framework)?;
            replace(scratch, &root.join(format!("single-file-{}", runtime.version())))
        })?;
    }
    let compiler = programs::compiler_sources()?;
    step(layout, "compiler", &format!("{ROSLYN_PACKAGE} {:016x}", compiler.fingerprint), say, |scratch| {
        packages::apt("mcs", "mono-mcs")?;
        packages::npm(ROSLYN_PACKAGE, scratch)?;
        programs::build_compiler(&scratch.join("package"), &compiler, layout)
    })?;
    let mut stale = Vec::new();
    for program in Program::COMPILED {
        let sources = programs::program_sources(program)?;
        if !is_done(layout, &step_of(program), &version_of(&compiler, &sources)) {
            stale.push((program, sources));
        }
    }
    // All in one run: starting the compiler takes longer than most programs do.
    for runtime in if stale.is_empty() { &[][..] } else { &Runtime::OURS } {
        let names: Vec<_> = stale.iter().map(|(program, _)| program.name()).collect();
        say(&format!("testbed: {} for {runtime}", names.join(", ")));
        let scratch = scratch(layout)?;
        programs::compile(&stale, *runtime, layout, scratch.path())
            .map_err(|error| InstallError(format!("testbed programs: {error}")))?;
    }
    for (program, sources) in &stale {
        write_stamp(layout, &step_of(*program), &version_of(&compiler, sources))?;
    }
    Ok(())
}

/// The name of the step that compiles a program.
fn step_of(program: Program) -> String {
    format!("program-{program}")
}

/// What a compiled program was made with and from.
fn version_of(compiler: &Sources, program: &Sources) -> String {
    format!("{:016x} {:016x}", compiler.fingerprint, program.fingerprint)
}

/// Runs `work` with a scratch folder on the testbed's own disk, unless the stamp says it was done for `version`.
fn step(
    layout: &Layout,
    name: &str,
    version: &str,
    say: &mut dyn FnMut(&str),
    work: impl FnOnce(&Path) -> Result<(), InstallError>,
) -> Result<(), InstallError> {
    if is_done(layout, name, version) {
        return Ok(());
    }
    say(&format!("testbed: {name} ({version})"));
    // A stamp goes before its parts do, so that a step that was cut short is done again.
    let _ = fs::remove_file(stamp(layout, name));
    work(scratch(layout)?.path()).map_err(|error| InstallError(format!("testbed step `{name}`: {error}")))?;
    write_stamp(layout, name, version)
}

/// A folder for what is not finished, on the testbed's own disk.
fn scratch(layout: &Layout) -> Result<TempDir, InstallError> {
    let scratch = tempfile::Builder::new().prefix(".scratch-").tempdir_in(layout.root());
    scratch.context(|| format!("make a scratch folder in {}", layout.root().display()))
}

fn is_done(layout: &Layout, name: &str, version: &str) -> bool {
    fs::read_to_string(stamp(layout, name)).is_ok_and(|done| done == version)
}

fn write_stamp(layout: &Layout, name: &str, version: &str) -> Result<(), InstallError> {
    let stamp = stamp(layout, name);
    fs::write(&stamp, version).context(|| format!("write {}", stamp.display()))
}

fn stamp(layout: &Layout, name: &str) -> PathBuf {
    layout.root().join(format!(".done-{name}"))
}

/// Whether the program as it is in this source tree is installed.
///
/// # Errors
/// Says what is missing and which command brings it.
pub(crate) fn check(layout: &Layout, program: Program) -> Result<(), InstallError> {
    let advice = "run `cargo xtask setup`";
    // A ready-made program is there when the ones are that are compiled against what it brings.
    let compiled = if Program::COMPILED.contains(&program) { program } else { Program::Work };
    let sources = programs::program_sources(compiled)?;
    let stamp = fs::read_to_string(stamp(layout, &step_of(compiled)))
        .map_err(|_| InstallError(format!("no `{program}` in {}: {advice}", layout.root().display())))?;
    if stamp.ends_with(&format!("{:016x}", sources.fingerprint)) {
        Ok(())
    } else {
        Err(InstallError(format!("the source of `{compiled}` in testbed/programs has changed: {advice}")))
    }
}

/// Moves a folder into the place of another.
fn replace(from: &Path, to: &Path) -> Result<(), InstallError> {
    if to.exists() {
        fs::remove_dir_all(to).context(|| format!("remove {}", to.display()))?;
    }
    fs::create_dir_all(to).context(|| format!("create {}", to.display()))?;
    for entry in fs::read_dir(from).context(|| format!("read {}", from.display()))? {
        let entry = entry.context(|| format!("read {}", from.display()))?;
        fs::rename(entry.path(), to.join(entry.file_name()))
            .context(|| format!("move to {}", to.display()))?;
    }
    Ok(())
}
