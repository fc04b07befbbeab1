//! Puts the pages into the binary.
//!
//! In this order:
//! 1. `PIPESCOPE_WEB=skip`: none. `PIPESCOPE_WEB=DIR`: the built pages in that folder.
//! 2. `web/dist`, if it is newer than the sources in `web`.
//! 3. Built here, in a copy below `OUT_DIR`, so that builds beside each other do not meet in one `node_modules`.
//! 4. None: npm is missing or failed. A warning says so, and so does the page at `/`; all else works.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What the built pages depend on, in `web`.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "tsconfig.json",
    "vite.config.ts",
];

/// What a browser is told the file is, by extension.
const CONTENT_TYPES: [(&str, &str); 5] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
];

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-env-changed=PIPESCOPE_WEB");
    println!("cargo::rerun-if-changed=build.rs");
    let pages = match find_pages(&out) {
        Ok(pages) => Some(pages),
        Err(Missing::Wanted) => None,
        Err(Missing::Because(reason)) => {
            println!("cargo::warning=pipescope is built without its pages: {reason}");
            println!(
                "cargo::warning=everything else works; PIPESCOPE_WEB=skip builds without pages and without this warning"
            );
            None
        }
    };
    fs::write(out.join("pages.rs"), listing(pages.as_deref())?)
}

/// Why there are no pages.
enum Missing {
    /// Because that was asked for.
    Wanted,
    Because(String),
}

fn find_pages(out: &Path) -> Result<PathBuf, Missing> {
    let because = |reason: &str| Missing::Because(reason.to_owned());
    match env::var_os("PIPESCOPE_WEB") {
        Some(value) if value == "skip" => return Err(Missing::Wanted),
        Some(value) if !value.is_empty() => {
            let dir = PathBuf::from(value);
            watch(&dir);
            return if has_page(&dir) {
                Ok(dir)
            } else {
                Err(because("PIPESCOPE_WEB names a folder without index.html"))
            };
        }
        _ => {}
    }
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let web = Path::new(&manifest).join("../../web");
    if !web.join("package.json").is_file() {
        return Err(because("their sources are not beside this crate"));
    }
    for source in SOURCES {
        watch(&web.join(source));
    }

    let sources = SOURCES.iter().filter_map(|source| newest(&web.join(source))).max();
    let up_to_date = |dist: &Path| has_page(dist) && changed(&dist.join("index.html")) >= sources;
    let dist = web.join("dist");
    if up_to_date(&dist) {
        watch(&dist);
        return Ok(dist);
    }
    let copy = out.join("web");
    let built = copy.join("dist");
    if up_to_date(&built) {
        return Ok(built);
    }
    build(&web, &copy).map_err(|reason| {
        // Somebody may build them by hand next: look again then. As long as the folder is missing that means at every
        // build, and so is npm only asked again once something has changed.
        watch(&dist);
        Missing::Because(reason)
    })?;
    Ok(built)
}

/// Builds the pages in `copy`, from a copy of the sources.
fn build(web: &Path, copy: &Path) -> Result<(), String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if !Command::new(npm).arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Err("npm was not found; install Node.js 20.19 or later with npm".to_owned());
    }
    let failed = copy.join("failed");
    let version = fingerprint(web);
    if fs::read_to_string(&failed).is_ok_and(|before| before == version) {
        return Err(
            "npm failed before and nothing has changed; try `npm ci && npm run build` in web".to_owned()
        );
    }
    let io = |error: io::Error| format!("their sources could not be copied: {error}");
    for source in SOURCES {
        let target = copy.join(source);
        if target.is_dir() {
            fs::remove_dir_all(&target).map_err(io)?;
        }
        copy_all(&web.join(source), &target).map_err(io)?;
    }
    let run = |arguments: &[&str]| {
        let output = Command::new(npm).args(arguments).current_dir(copy).output();
        let problem = match output {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => last_line(&output.stderr).or_else(|| last_line(&output.stdout)).unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        // Kept so that an offline build does not wait for the network again and again.
        let _ = fs::write(&failed, &version);
        Err(format!("`npm {}` failed: {problem}", arguments.join(" ")))
    };
    run(&["ci", "--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"])?;
    run(&["run", "build"])?;
    let _ = fs::remove_file(failed);
    Ok(())
}

fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.contains("complete log"))
        .map(str::to_owned)
}

fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

fn has_page(dir: &Path) -> bool {
    dir.join("index.html").is_file()
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// When a file, or anything in a folder (a removal counts), last changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let below = fs::read_dir(path).ok().into_iter().flatten().flatten();
    below.filter_map(|entry| newest(&entry.path())).chain(changed(path)).max()
}

/// Which sources and which npm a failure was about.
fn fingerprint(web: &Path) -> String {
    let newest = SOURCES.iter().filter_map(|source| newest(&web.join(source))).max();
    format!("{newest:?} {:?}", env::var_os("PATH"))
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The table that `src/pages.rs` includes.
fn listing(pages: Option<&Path>) -> io::Result<String> {
    let mut table = String::from("/// Every file of the pages.\nstatic PAGES: &[Asset] = &[\n");
    let mut files = Vec::new();
    if let Some(pages) = pages {
        collect(pages, "", &mut files)?;
    }
    files.sort();
    for (name, path) in files.iter().filter(|(name, _)| !has_extension(name, "gz")) {
        let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default();
        let kind = CONTENT_TYPES.iter().find(|(known, _)| *known == extension);
        let content_type = kind.map_or("application/octet-stream", |(_, kind)| *kind);
        let mut hasher = DefaultHasher::new();
        hasher.write(&fs::read(path)?);
        let compressed = files.iter().find(|(other, _)| other.strip_suffix(".gz") == Some(name.as_str()));
        let gzip = compressed.map_or("None".to_owned(), |(_, path)| format!("Some({})", include(path)));
        // Writing into a String cannot fail.
        let _ = writeln!(
            table,
            "Asset {{ path: {name:?}, content_type: {content_type:?}, etag: \"\\\"{:016x}\\\"\", \
             bytes: {}, gzip: {gzip} }},",
            hasher.finish(),
            include(path)
        );
    }
    table.push_str("];\n");
    Ok(table)
}

fn include(path: &Path) -> String {
    // Debug formatting of a text is how Rust spells it, escapes included.
    format!("include_bytes!({:?})", path.to_string_lossy())
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// Files below `dir` by their name relative to it, with `/` between.
fn collect(dir: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(OsStr::to_str) else { continue };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.push((name, path.canonicalize()?));
        }
    }
    Ok(())
}
