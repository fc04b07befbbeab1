//! `cargo xtask dist`: a static release build in an archive, with the licences of everything in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::{command, output, run};
use crate::pipescope::{self, MUSL};
use crate::{target_dir, web};

pub(crate) fn dist() -> Result<()> {
    println!("==> building");
    web::build()?;
    pipescope::add_target(MUSL)?;
    let program = pipescope::build("release", Some(MUSL))?;
    println!("==> packing");
    let metadata =
        output(&mut command(&format!("cargo metadata --format-version 1 --filter-platform {MUSL}")))?;
    let metadata: Value =
        serde_json::from_str(&metadata).context("cannot parse what `cargo metadata` says")?;
    let packages = Packages::new(&metadata)?;
    let name = format!("pipescope-{}-{MUSL}", packages.version_of("pipescope")?);
    let folder = target_dir().join("dist").join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(&program, folder.join("pipescope"))?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(file, folder.join(file)).with_context(|| format!("cannot copy {file}"))?;
    }
    let licences = folder.join("third-party-licences");
    for package in packages.linked_into("pipescope")? {
        copy_licences(&package.folder, &licences.join(format!("{}-{}", package.name, package.version)))?;
    }
    // What the bundle of the pages holds.
    for package in ["preact", "uplot"] {
        let from = Path::new("web/node_modules").join(package);
        if from.exists() {
            copy_licences(&from, &licences.join(package))?;
        }
    }
    let archive = folder.with_file_name(format!("{name}.tar.gz"));
    run(command("tar czf").arg(&archive).arg("-C").arg(target_dir().join("dist")).arg(&name))?;
    println!("    {} ({} bytes)", archive.display(), fs::metadata(&archive)?.len());
    Ok(())
}

/// Copies licence texts and notices. A package without any is named by its crate page, which states the licence.
fn copy_licences(from: &Path, to: &Path) -> Result<()> {
    const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if entry.file_type()?.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    let manifest = from.join("Cargo.toml");
    if fs::read_dir(to)?.next().is_none() && manifest.exists() {
        fs::copy(manifest, to.join("Cargo.toml"))?;
    }
    Ok(())
}

#[derive(Clone)]
struct Package {
    name: String,
    version: String,
    folder: PathBuf,
    /// From a registry, not of this workspace.
    is_foreign: bool,
}

/// The packages of the workspace and all they depend on.
struct Packages {
    by_id: BTreeMap<String, Package>,
    /// Package to what is linked into it: neither build nor test dependencies.
    dependencies: BTreeMap<String, Vec<String>>,
}

impl Packages {
    fn new(metadata: &Value) -> Result<Packages> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let by_id: BTreeMap<_, _> = list(&metadata["packages"])
            .iter()
            .map(|package| {
                let manifest = PathBuf::from(text(&package["manifest_path"]));
                let folder = manifest.parent().map(Path::to_owned).unwrap_or_default();
                let (name, version) = (text(&package["name"]), text(&package["version"]));
                (
                    text(&package["id"]),
                    Package { name, version, folder, is_foreign: !package["source"].is_null() },
                )
            })
            .collect();
        let dependencies = list(&metadata["resolve"]["nodes"])
            .iter()
            .map(|node| {
                let is_linked = |kinds: &Value| list(kinds).iter().any(|kind| kind["kind"].is_null());
                let linked =
                    list(&node["deps"]).into_iter().filter(|dependency| is_linked(&dependency["dep_kinds"]));
                (text(&node["id"]), linked.map(|dependency| text(&dependency["pkg"])).collect())
            })
            .collect();
        if by_id.is_empty() {
            bail!("`cargo metadata` names no packages");
        }
        Ok(Packages { by_id, dependencies })
    }

    fn id_of(&self, name: &str) -> Result<&String> {
        let found = self.by_id.iter().find(|(_, package)| package.name == name && !package.is_foreign);
        found.map(|(id, _)| id).with_context(|| format!("no package `{name}`"))
    }

    fn version_of(&self, name: &str) -> Result<&str> {
        Ok(&self.by_id[self.id_of(name)?].version)
    }

    /// The foreign packages that end up in the program.
    fn linked_into(&self, name: &str) -> Result<Vec<&Package>> {
        let mut seen = BTreeSet::new();
        let mut queue = vec![self.id_of(name)?];
        while let Some(id) = queue.pop() {
            if seen.insert(id) {
                queue.extend(self.dependencies.get(id).into_iter().flatten());
            }
        }
        Ok(seen
            .into_iter()
            .filter_map(|id| self.by_id.get(id))
            .filter(|package| package.is_foreign)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_linked_counts() {
        let package = |name: &str, source: Value| json!({"id": name, "name": name, "version": "1.0.0", "source": source, "manifest_path": "/x/Cargo.toml"});
        let dependency = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let registry = || json!("registry");
        let metadata = json!({
            "packages": [
                package("program", Value::Null), package("library", Value::Null), package("linked", registry()),
                package("tested", registry()), package("built", registry()),
            ],
            "resolve": {"nodes": [
                {"id": "program", "deps": [dependency("library", Value::Null), dependency("tested", json!("dev"))]},
                {"id": "library", "deps": [dependency("linked", Value::Null), dependency("built", json!("build"))]},
                {"id": "linked", "deps": []},
            ]},
        });
        let packages = Packages::new(&metadata).unwrap();
        let names: Vec<_> =
            packages.linked_into("program").unwrap().iter().map(|package| &package.name).collect();
        assert_eq!(names, ["linked"]);
        assert_eq!(packages.version_of("program").unwrap(), "1.0.0");
    }
}
