//! What criterion estimated, from the files it keeps of each benchmark.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The median time of a pass, by group and function.
pub(super) struct Estimates(HashMap<(String, String), Duration>);

/// `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
}

/// `estimates.json`.
#[derive(Deserialize)]
struct Numbers {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// In nanoseconds.
    point_estimate: f64,
}

impl Estimates {
    /// Reads criterion's folder, in which each group has a folder and in it each function.
    pub(super) fn read(folder: &Path) -> Result<Estimates> {
        let mut medians = HashMap::new();
        for group in folders(folder)? {
            for function in folders(&group)? {
                let latest = function.join("new");
                if !latest.exists() {
                    continue;
                }
                let benchmark: Benchmark = json(&latest.join("benchmark.json"))?;
                let numbers: Numbers = json(&latest.join("estimates.json"))?;
                let key = (benchmark.group_id, benchmark.function_id.unwrap_or_default());
                let median = Duration::try_from_secs_f64(numbers.median.point_estimate / 1e9);
                medians.insert(key, median.context("criterion's median is no time")?);
            }
        }
        Ok(Estimates(medians))
    }

    pub(super) fn median(&self, group: &str, function: &str) -> Option<Duration> {
        self.0.get(&(group.to_owned(), function.to_owned())).copied()
    }
}

fn folders(of: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(of).with_context(|| format!("cannot read {}", of.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("cannot parse {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_found_by_group_and_function() {
        let folder = tempfile::tempdir().unwrap();
        let latest = folder.path().join("cpu/heads/new");
        fs::create_dir_all(&latest).unwrap();
        fs::create_dir_all(folder.path().join("report")).unwrap();
        fs::write(
            latest.join("benchmark.json"),
            r#"{"group_id":"cpu","function_id":"heads","value_str":null,"throughput":{"Elements":7}}"#,
        )
        .unwrap();
        fs::write(
            latest.join("estimates.json"),
            r#"{"mean":{"point_estimate":3.0},"median":{"point_estimate":2500000.0,"standard_error":1.0}}"#,
        )
        .unwrap();
        let estimates = Estimates::read(folder.path()).unwrap();
        assert_eq!(estimates.median("cpu", "heads"), Some(Duration::from_micros(2500)));
        assert_eq!(estimates.median("cpu", "tails"), None);
    }
}
