//! Where time goes, as an independent reader found it.

use dotnet_analysis::Analysis;
use dotnet_analysis::cpu::{Cpu, CpuAnswer};
use dotnet_analysis::report::document::{Cell, Part};
use dotnet_analysis::report::{Answer as _, Facts, Question as _, text};

use crate::corpus;

fn answer(bytes: &[u8]) -> CpuAnswer {
    let mut cpu = Cpu::default();
    let mut analysis = Analysis::new().with(&mut cpu);
    let _ = corpus::decode(bytes, 1 << 16, &mut analysis);
    let code = analysis.into_code();
    cpu.answer(&Facts::default(), &code)
}

#[test]
fn methods_have_the_samples_that_the_independent_reader_counts() {
    let traces = [
        "HeartRateMonitor.10068.nettrace",
        "only_managed_samples.nettrace",
        "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
        "r9_cpu.nettrace",
    ];
    for name in traces {
        let Some(bytes) = corpus::trace(name) else { return };
        let answer = answer(&bytes);
        let expected = &corpus::answers(name)["cpu"];
        assert_eq!(answer.samples, expected["sample_events"], "{name}");
        assert_eq!(answer.managed_samples, expected["samples_managed"], "{name}");
        assert_eq!(answer.external_samples, expected["samples_external"], "{name}");
        // Names only, without modules: methods of the same name are one there.
        let sum = |method: &str, count: fn(&dotnet_analysis::cpu::Method) -> u64| -> u64 {
            let method = if method == "?!" { "?" } else { method };
            answer.methods.iter().filter(|found| found.name == method).map(count).sum()
        };
        for list in ["top_exclusive", "top_inclusive"] {
            for row in expected[list].as_array().unwrap() {
                let method = row["method"].as_str().unwrap();
                if let Some(exclusive) = row.get("exclusive") {
                    assert_eq!(sum(method, |found| found.exclusive), *exclusive, "{name}: {method}");
                }
                assert_eq!(sum(method, |found| found.inclusive), row["inclusive"], "{name}: {method}");
            }
        }
        let exclusive = answer.methods.iter().map(|method| method.exclusive);
        assert!(exclusive.clone().is_sorted_by(|a, b| a >= b), "{name}");
        assert_eq!(exclusive.sum::<u64>(), answer.samples, "{name}");
        let weight = answer.total;
        assert_eq!(weight.running + weight.native + weight.waiting, answer.samples, "{name}");
        assert_eq!(answer.by_thread.iter().map(|thread| thread.weight.samples).sum::<u64>(), answer.samples);
    }
}

#[test]
fn threads_that_sleep_are_not_hot() {
    let Some(bytes) = corpus::trace("r9_cpu.nettrace") else { return };
    let answer = answer(&bytes);
    assert_eq!(answer.methods[0].name, "System.Threading.Thread.Sleep(int32)");
    let shown = text::render(&answer.document(), Some(&Facts::default()), 100);
    let screen: Vec<&str> = shown.lines().take(24).collect();
    assert!(screen.iter().any(|line| line.contains("set_Capacity")), "{shown}");
    assert!(
        answer
            .document()
            .summary
            .starts_with("System.Collections.Generic.List`1[System.__Canon].set_Capacity ")
    );
    assert!(screen.iter().any(|line| line.contains("for time to pass (sleeps)")), "{shown}");
}

#[test]
fn the_json_keeps_its_names() {
    let Some(bytes) = corpus::trace("only_managed_samples.nettrace") else { return };
    let json = serde_json::to_value(answer(&bytes)).unwrap();
    assert_eq!((json["samples"].as_u64(), json["threads"].as_u64()), (Some(7423), Some(1)));
    let method = &json["methods"][0];
    assert_eq!(method["module"], "NoNativeStacks");
    assert_eq!(
        method["name"],
        "NoNativeStacks.Program.FindByte(value class System.Numerics.Vector`1<unsigned int8>&)"
    );
    assert_eq!((method["exclusive"].as_u64(), method["inclusive"].as_u64()), (Some(5004), Some(5004)));
    assert_eq!(json["tells_apart"], true);
}

#[test]
fn flame_graphs_have_the_samples_of_the_report() {
    let Some(bytes) = corpus::trace("r9_cpu.nettrace") else { return };
    let answer = answer(&bytes);
    let pictures = answer.pictures();
    let samples = [answer.total.busy(), answer.samples];
    assert_eq!(pictures.len(), samples.len());
    for (section, samples) in pictures.iter().zip(samples) {
        let [Part::Picture(picture)] = section.parts.as_slice() else { panic!("{section:?}") };
        assert!(picture.starts_with("<svg "));
        assert!(picture.contains(&format!(">{} samples, ", Cell::Count(samples))), "{samples}");
    }
    assert!(CpuAnswer::pictures(&self::answer(&[])).is_empty());
}
