//! The loader of recorded traces, against an independent reader's counts of events.

use dotnet_analysis::loader::Loader;

use crate::corpus;
use crate::questions::ask;

#[test]
fn counts_are_those_of_the_reader() {
    for name in ["r10_0_9_allkw.nettrace", "r9_jitloader_startup.nettrace", "HeartRateMonitor.10068.nettrace"]
    {
        let Some(answer) = ask::<Loader>(name) else { return };
        let answers = corpus::answers(name);
        let events = answers["by_event"].as_array().unwrap();
        let count = |provider: &str, id: u64| {
            let row = events.iter().find(|row| row[0] == provider && row[1] == id);
            row.map_or(0, |row| row[4].as_u64().unwrap())
        };
        let of_runtime = |id| count("Microsoft-Windows-DotNETRuntime", id);
        assert_eq!(answer.assemblies, of_runtime(154), "{name}");
        assert_eq!(answer.loaded.len() as u64, of_runtime(154), "{name}");
        assert!(answer.loaded.iter().all(|assembly| assembly.ready_to_run.is_some()), "{name}");
        assert_eq!(answer.unloaded, of_runtime(155), "{name}");
        assert_eq!(answer.present, count("Microsoft-Windows-DotNETRuntimeRundown", 156), "{name}");
        assert_eq!(answer.requests.count, of_runtime(291), "{name}");
        assert_eq!(
            answer.requested.iter().map(|requested| requested.count).sum::<u64>(),
            of_runtime(291),
            "{name}"
        );
        assert_eq!(
            answer.attempts.iter().map(|attempt| attempt.count).sum::<u64>(),
            of_runtime(292),
            "{name}"
        );
        assert_eq!(answer.handlers, of_runtime(293) + of_runtime(294) + of_runtime(295), "{name}");
        assert_eq!(answer.probes_found + answer.probes_missing, of_runtime(296), "{name}");
        assert_eq!(answer.type_loads.count, of_runtime(74), "{name}");
        assert_eq!(answer.types.iter().map(|of_type| of_type.count).sum::<u64>(), of_runtime(74), "{name}");
        assert_eq!(answer.unreadable, 0, "{name}");
    }
}
