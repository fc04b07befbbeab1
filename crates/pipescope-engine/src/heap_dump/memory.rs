//! How much memory a process uses, and how much more it may.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// Where control groups are mounted, as seen by whoever looks from `/`.
const CGROUPS: &str = "sys/fs/cgroup";
/// The longest file that is read. Those of control groups have a few kilobytes.
const LONGEST_FILE: u64 = 64 << 10;
/// Levels of control groups that are looked at.
const MOST_LEVELS: usize = 32;

/// The memory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ProcessMemory {
    /// What it uses, in bytes.
    pub(super) resident: Option<u64>,
    /// What it may use more before a limit of its control groups ends it, in bytes; `None` without a limit, or where the
    /// groups cannot be seen.
    pub(super) room: Option<u64>,
}

impl ProcessMemory {
    /// What the system says about a process.
    pub(super) fn of(pid: u32) -> Self {
        let process = PathBuf::from(format!("/proc/{pid}"));
        Self { resident: resident(&process), room: room(&process, &Path::new("/").join(CGROUPS)) }
    }
}

fn resident(process: &Path) -> Option<u64> {
    let status = read(&process.join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// The files of a control group: its limit, what it uses, and what of that are files that give way when room is needed.
struct Controller {
    limit: &'static str,
    usage: &'static str,
    gives_way: &'static str,
}

const VERSION_2: Controller =
    Controller { limit: "memory.max", usage: "memory.current", gives_way: "inactive_file" };
const VERSION_1: Controller = Controller {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    gives_way: "total_inactive_file",
};

/// The least room among the groups of a process, from its own to the outermost.
fn room(process: &Path, cgroups: &Path) -> Option<u64> {
    let groups = read(&process.join("cgroup"))?;
    groups.lines().filter_map(|line| room_by(line, process, cgroups)).min()
}

/// The room that a line such as `0::/system.slice/shop.service` or `4:memory:/docker/1f3a` leads to.
fn room_by(line: &str, process: &Path, cgroups: &Path) -> Option<u64> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
    let (controller, folder) = match controllers {
        "" => (VERSION_2, ""),
        _ if controllers.split(',').any(|name| name == "memory") => (VERSION_1, "memory"),
        _ => return None,
    };
    let is_within = |group: &Path| group.components().all(|part| !matches!(part, Component::ParentDir));
    let group = Path::new(group.trim_start_matches('/'));
    let mounted = cgroups.join(folder);
    // A group outside of what we can see, as another container's is: from inside, its mount begins with it.
    let (mounted, group) = match is_within(group) && mounted.join(group).is_dir() {
        true => (mounted, group),
        false => (process.join("root").join(CGROUPS).join(folder), Path::new("")),
    };
    let levels = group.ancestors().take(MOST_LEVELS);
    levels.filter_map(|level| controller.room_in(&mounted.join(level))).min()
}

impl Controller {
    /// What a group has left of its limit; `None` where it has none.
    fn room_in(&self, group: &Path) -> Option<u64> {
        // `max`, or in version 1 a number near 2^63, is no limit; no process can use that much anyway.
        let limit: u64 = read(&group.join(self.limit))?.trim().parse().ok()?;
        let usage: u64 = read(&group.join(self.usage))?.trim().parse().ok()?;
        let gives_way = read(&group.join("memory.stat")).and_then(|figures| {
            let mut lines = figures.lines().filter_map(|line| line.split_once(' '));
            lines.find(|(name, _)| *name == self.gives_way)?.1.trim().parse().ok()
        });
        Some(limit.saturating_sub(usage.saturating_sub(gives_way.unwrap_or(0))))
    }
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a process and control groups, as files with those contents.
    fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        place
    }

    fn room_of(files: &[(&str, &str)]) -> Option<u64> {
        let place = place(files);
        room(&place.path().join("process"), &place.path().join("cgroups"))
    }

    #[test]
    fn the_tightest_group_counts_without_files_that_give_way() {
        let inner = [
            ("process/cgroup", "0::/outer/inner\n"),
            ("cgroups/outer/inner/memory.max", "1000\n"),
            ("cgroups/outer/inner/memory.current", "700\n"),
            ("cgroups/outer/inner/memory.stat", "anon 500\ninactive_file 200\nactive_file 9\n"),
        ];
        assert_eq!(room_of(&inner), Some(500));
        let outer = [("cgroups/outer/memory.max", "5000"), ("cgroups/outer/memory.current", "4900")];
        assert_eq!(room_of(&[&inner[..], &outer].concat()), Some(100));
        let over = [("cgroups/outer/memory.max", "5000"), ("cgroups/outer/memory.current", "5001")];
        assert_eq!(room_of(&[&inner[..], &over].concat()), Some(0));
    }

    #[test]
    fn version_1_has_other_names() {
        let files = [
            ("process/cgroup", "11:cpu,cpuacct:/d\n4:memory:/d/1f\n0::/\n"),
            ("cgroups/memory/d/1f/memory.limit_in_bytes", "900"),
            ("cgroups/memory/d/1f/memory.usage_in_bytes", "300"),
            ("cgroups/memory/d/1f/memory.stat", "inactive_file 5\ntotal_inactive_file 100\n"),
        ];
        assert_eq!(room_of(&files), Some(700));
    }

    #[test]
    fn a_group_that_cannot_be_seen_is_looked_at_from_inside() {
        for group in ["0::/../other", "0::/gone"] {
            let files = [
                ("process/cgroup", group),
                ("process/root/sys/fs/cgroup/memory.max", "80"),
                ("process/root/sys/fs/cgroup/memory.current", "20"),
                ("other/memory.max", "1"),
                ("other/memory.current", "0"),
                ("cgroups/cgroup.procs", ""),
            ];
            assert_eq!(room_of(&files), Some(60), "{group}");
        }
    }

    #[test]
    fn without_a_limit_there_is_none() {
        let unlimited = [
            ("process/cgroup", "0::/a\n"),
            ("cgroups/a/memory.max", "max\n"),
            ("cgroups/a/memory.current", "700\n"),
        ];
        assert_eq!(room_of(&unlimited), None);
        assert_eq!(room_of(&[("process/cgroup", "nonsense\n0::\n")]), None);
        assert_eq!(room_of(&[]), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(ProcessMemory::of(std::process::id()).resident > Some(1 << 20));
    }
}
