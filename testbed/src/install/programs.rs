//! The C# compiler and what is compiled with it.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::frameworks::write_json;
use super::packages::run;
use super::{Context, InstallError};
use crate::layout::Layout;
use crate::runtime::{Program, Runtime};

/// C# files and a number that changes when they do.
pub(super) struct Sources {
    files: Vec<PathBuf>,
    pub(super) fingerprint: u64,
}

/// The compiler's own source.
pub(super) fn compiler_sources() -> Result<Sources, InstallError> {
    sources(vec![folder("compiler").join("compile.cs")])
}

/// The sources of the programs.
pub(super) fn program_sources() -> Result<Sources, InstallError> {
    sources(Program::COMPILED.into_iter().map(source).collect())
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn source(program: Program) -> PathBuf {
    folder("programs").join(format!("{program}.cs"))
}

fn sources(files: Vec<PathBuf>) -> Result<Sources, InstallError> {
    let mut hasher = DefaultHasher::new();
    for file in &files {
        hasher.write(&fs::read(file).context(|| format!("read {}", file.display()))?);
    }
    Ok(Sources { files, fingerprint: hasher.finish() })
}

/// Puts Roslyn and its command line into the folder `compiler`.
pub(super) fn build_compiler(roslyn: &Path, sources: &Sources, layout: &Layout) -> Result<(), InstallError> {
    let folder = layout.root().join("compiler");
    fs::create_dir_all(&folder).context(|| format!("create {}", folder.display()))?;
    for assembly in ["Microsoft.CodeAnalysis.dll", "Microsoft.CodeAnalysis.CSharp.dll"] {
        let to = folder.join(assembly);
        fs::copy(roslyn.join(assembly), &to).context(|| format!("copy to {}", to.display()))?;
    }
    write_json(&folder.join("compile.runtimeconfig.json"), &runtime_config(Runtime::Net9, false))?;
    let output = format!("-out:{}", folder.join("compile.dll").display());
    run(Command::new("mcs").arg(output).args(&sources.files))
}

/// Compiles every program that there is for the runtime, against the runtime's own assemblies.
pub(super) fn compile(runtime: Runtime, layout: &Layout) -> Result<(), InstallError> {
    let folder = layout.programs(runtime);
    fs::create_dir_all(&folder).context(|| format!("create {}", folder.display()))?;
    let mut command = Command::new(layout.dotnet());
    command.arg(layout.root().join("compiler/compile.dll"));
    for (index, program) in
        Program::COMPILED.into_iter().filter(|program| program.runs_on(runtime)).enumerate()
    {
        if index > 0 {
            command.arg("--");
        }
        command.arg(format!("-out:{}", layout.assembly(runtime, program).display()));
        command.args(symbols(runtime).iter().map(|symbol| format!("-define:{symbol}")));
        for name in frameworks(program == Program::Web && !runtime.is_single_file()) {
            command.arg(format!("-reference:{}", layout.framework(runtime, name).display()));
        }
        command.arg(source(program));
        if !runtime.is_single_file() {
            let config = runtime_config(runtime, program == Program::Web);
            write_json(&folder.join(format!("{program}.runtimeconfig.json")), &config)?;
        }
    }
    run(&mut command)
}

/// The preprocessor symbols that .NET's own tools define.
fn symbols(runtime: Runtime) -> &'static [&'static str] {
    match runtime.major() {
        10.. => &["NET9_0_OR_GREATER", "NET10_0_OR_GREATER"],
        9 => &["NET9_0_OR_GREATER"],
        _ => &[],
    }
}

fn frameworks(web: bool) -> &'static [&'static str] {
    if web { &["Microsoft.NETCore.App", "Microsoft.AspNetCore.App"] } else { &["Microsoft.NETCore.App"] }
}

/// The `runtimeconfig.json` of a program that a `dotnet` host starts.
fn runtime_config(runtime: Runtime, web: bool) -> Value {
    let references: Vec<Value> =
        frameworks(web).iter().map(|name| json!({"name": name, "version": runtime.version()})).collect();
    json!({"runtimeOptions": {
        "frameworks": references,
        // Without this the runtime asks for a library of Unicode data that a bare machine does not have.
        "configProperties": {"System.Globalization.Invariant": true},
    }})
}
