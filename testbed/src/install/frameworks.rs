//! Laying out what packages contain as a `dotnet` root: `host/fxr/VERSION` and `shared/FRAMEWORK/VERSION`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Context, InstallError};
use crate::layout::Layout;

/// Moves a folder that is a `dotnet` root already into place.
pub(super) fn lay_out_host(from: &Path, layout: &Layout) -> Result<(), InstallError> {
    super::replace(from, &layout.root().join("dotnet"))?;
    // Frameworks of the other step lay in the folder that was replaced.
    let _ = fs::remove_file(super::stamp(layout, "dotnet-9"));
    let dotnet = layout.dotnet();
    fs::set_permissions(&dotnet, fs::Permissions::from_mode(0o755))
        .context(|| format!("make {} executable", dotnet.display()))
}

/// Lets the runtimes write dumps: packages come with a dump writer that cannot be executed.
pub(super) fn allow_dumps(root: &Path) -> Result<(), InstallError> {
    let versions = root.join("shared/Microsoft.NETCore.App");
    let entries = fs::read_dir(&versions).context(|| format!("list {}", versions.display()))?;
    for writer in entries.flatten().map(|entry| entry.path().join("createdump")).filter(|path| path.exists())
    {
        fs::set_permissions(&writer, fs::Permissions::from_mode(0o755))
            .context(|| format!("make {} executable", writer.display()))?;
    }
    Ok(())
}

/// Lays the files of a self-contained ASP.NET Core application out as shared frameworks.
///
/// The application's `.deps.json` says which files are the runtime's. Of ASP.NET Core's assemblies it may list
/// some as its own, having newer copies of them, so those are taken by name.
pub(super) fn lay_out_self_contained(from: &Path, root: &Path) -> Result<(), InstallError> {
    let names = file_names(from)?;
    let deps = names.iter().find(|name| name.ends_with(".deps.json"));
    let deps = deps.ok_or_else(|| InstallError(format!("no .deps.json in {}", from.display())))?;
    let pack = runtime_pack(&from.join(deps))?;

    let core = Framework { name: "Microsoft.NETCore.App", version: &pack.version };
    core.write(from, root, &pack.managed, &pack.native, None)?;
    let belongs_to_aspnet = |name: &&String| {
        let prefixes = [
            "Microsoft.AspNetCore.",
            "Microsoft.Extensions.",
            "Microsoft.Net.Http",
            "Microsoft.JSInterop",
            "System.",
        ];
        Path::new(name).extension().is_some_and(|extension| extension == "dll")
            && !pack.managed.contains(name)
            && !pack.native.contains(name)
            && prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    let aspnet: Vec<String> = names.iter().filter(belongs_to_aspnet).cloned().collect();
    let config = json!({"runtimeOptions": {"tfm": "net9.0", "framework": {"name": core.name, "version": core.version}}});
    let name = "Microsoft.AspNetCore.App";
    Framework { name, version: &pack.version }.write(from, root, &aspnet, &[], Some(&config))
}

/// The files of the base framework.
struct RuntimePack {
    version: String,
    managed: Vec<String>,
    native: Vec<String>,
}

/// Reads which files are the base framework's from a self-contained application's `.deps.json`.
fn runtime_pack(deps: &Path) -> Result<RuntimePack, InstallError> {
    let text = fs::read_to_string(deps).context(|| format!("read {}", deps.display()))?;
    let json: Value = serde_json::from_str(&text).context(|| format!("parse {}", deps.display()))?;
    let targets = json["targets"].as_object().into_iter().flat_map(Map::values);
    let libraries = targets.filter_map(Value::as_object).flatten();
    for (library, files) in libraries {
        let Some((name, version)) = library.split_once('/') else { continue };
        if name.starts_with("runtimepack.Microsoft.NETCore.App.Runtime") {
            let list = |kind: &str| -> Vec<String> {
                files[kind].as_object().map(|files| files.keys().cloned().collect()).unwrap_or_default()
            };
            return Ok(RuntimePack {
                version: version.to_owned(),
                managed: list("runtime"),
                native: list("native"),
            });
        }
    }
    Err(InstallError(format!("{} names no runtime pack", deps.display())))
}

struct Framework<'a> {
    name: &'a str,
    version: &'a str,
}

impl Framework<'_> {
    /// Copies the files and writes the `.deps.json` by which the host finds them.
    fn write(
        &self,
        from: &Path,
        root: &Path,
        managed: &[String],
        native: &[String],
        config: Option<&Value>,
    ) -> Result<(), InstallError> {
        const RESOLVER: &str = "libhostfxr.so";
        let folder = root.join("shared").join(self.name).join(self.version);
        let resolver = root.join("host/fxr").join(self.version);
        for folder in [&folder, &resolver] {
            fs::create_dir_all(folder).context(|| format!("create {}", folder.display()))?;
        }
        for file in managed.iter().chain(native) {
            let to = if file == RESOLVER { resolver.join(file) } else { folder.join(file) };
            fs::copy(from.join(file), &to).context(|| format!("copy to {}", to.display()))?;
        }
        let entries = |files: &mut dyn Iterator<Item = &String>| -> Value {
            files.map(|file| (file.clone(), json!({}))).collect::<Map<_, _>>().into()
        };
        // Programs, not libraries the runtime loads.
        let loaded = |file: &&String| !matches!(file.as_str(), RESOLVER | "createdump");
        let library = format!("{}.Runtime.linux-x64/{}", self.name, self.version);
        let platform = ".NETCoreApp,Version=v9.0";
        let target = format!("{platform}/linux-x64");
        let deps = json!({
            "runtimeTarget": {"name": target, "signature": ""},
            "compilationOptions": {},
            "targets": {
                platform: {},
                target.as_str(): {library.as_str(): {
                    "runtime": entries(&mut managed.iter()),
                    "native": entries(&mut native.iter().filter(loaded)),
                }},
            },
            "libraries": {library.as_str(): {
                "type": "package", "serviceable": true, "sha512": "", "path": library.to_lowercase(),
            }},
        });
        write_json(&folder.join(format!("{}.deps.json", self.name)), &deps)?;
        config.map_or(Ok(()), |config| {
            write_json(&folder.join(format!("{}.runtimeconfig.json", self.name)), config)
        })
    }
}

pub(super) fn write_json(path: &Path, json: &Value) -> Result<(), InstallError> {
    fs::write(path, format!("{json:#}\n")).context(|| format!("write {}", path.display()))
}

/// The names of a folder's files, sorted.
fn file_names(folder: &Path) -> Result<Vec<String>, InstallError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).context(|| format!("read {}", folder.display()))? {
        let entry = entry.context(|| format!("read {}", folder.display()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
