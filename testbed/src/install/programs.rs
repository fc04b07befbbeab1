//! The C# compiler and what is compiled with it.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::bundle::Bundle;
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

/// The sources of a program: `programs/NAME.cs`, or all that lie in the folder `programs/NAME`.
pub(super) fn program_sources(program: Program) -> Result<Sources, InstallError> {
    let of_several = folder("programs").join(program.name());
    if !of_several.is_dir() {
        return sources(vec![folder("programs").join(format!("{program}.cs"))]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&of_several).context(|| format!("read {}", of_several.display()))? {
        files.push(entry.context(|| format!("read {}", of_several.display()))?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "cs"));
    files.sort();
    sources(files)
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
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

/// Compiles those of the programs that there are for the runtime, against the runtime's own assemblies, into a scratch
/// folder, and then moves them to where they are run from. Programs that run meanwhile go on with the files they have.
pub(super) fn compile(
    programs: &[(Program, Sources)],
    runtime: Runtime,
    layout: &Layout,
    scratch: &Path,
) -> Result<(), InstallError> {
    let mut command = Command::new(layout.dotnet());
    command.arg(layout.root().join("compiler/compile.dll"));
    let mut made = Vec::new();
    let assembly = |program: Program| scratch.join(format!("{program}.dll"));
    for (program, sources) in programs.iter().filter(|(program, _)| program.runs_on(runtime)) {
        if !made.is_empty() {
            command.arg("--");
        }
        made.push(assembly(*program));
        command.arg(format!("-out:{}", assembly(*program).display()));
        command.args(symbols(runtime).iter().map(|symbol| format!("-define:{symbol}")));
        for name in frameworks(*program == Program::Web && !runtime.is_single_file()) {
            command.arg(format!("-reference:{}", layout.framework(runtime, name).display()));
        }
        command.args(&sources.files);
    }
    if made.is_empty() {
        return Ok(());
    }
    run(&mut command)?;
    let bundle = runtime.is_single_file().then(|| Bundle::open(&layout.server(runtime))).transpose()?;
    for (program, _) in programs.iter().filter(|(program, _)| program.runs_on(runtime)) {
        if let Some(bundle) = &bundle {
            let single_file = scratch.join(program.name());
            bundle.compose(program.name(), &assembly(*program), &single_file)?;
            made.push(single_file);
        } else {
            let config = scratch.join(format!("{program}.runtimeconfig.json"));
            write_json(&config, &runtime_config(runtime, *program == Program::Web))?;
            made.push(config);
        }
    }
    let folder = layout.programs(runtime);
    fs::create_dir_all(&folder).context(|| format!("create {}", folder.display()))?;
    for file in made {
        let to = folder.join(file.file_name().unwrap_or_default());
        fs::rename(&file, &to).context(|| format!("move to {}", to.display()))?;
    }
    Ok(())
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
