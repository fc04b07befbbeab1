//! `convert` to formats of samples. What is in the files is tested where they are written; here are traces, files and options.

use std::fs;
use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::harness::Pipescope;
use super::stream::Stream;
use super::traces::TraceFile;

const FORMATS: [&str; 7] = ["speedscope", "chrome", "firefox", "pprof", "folded", "svg", "csv"];

fn to<'a>(format: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["convert", "x.nettrace", "--to", format].iter().chain(more).copied().collect()
}

#[test]
fn a_hot_method_is_in_every_format() {
    let Some(trace) = TraceFile::recorded("only_managed_samples.nettrace") else { return };
    let answers = super::corpus::answers("only_managed_samples.nettrace");
    let hot = answers["cpu"]["top_exclusive"][0]["method"].as_str().expect("a name");
    let hot = hot.split_once('(').map_or(hot, |(method, _)| method);
    for format in FORMATS {
        let ended = trace.run(&to(format, &["-o", "out"])).expect(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{format}");
        let mut file = fs::read(trace.directory().join("out")).expect("it is there");
        if format == "pprof" {
            let mut plain = Vec::new();
            GzDecoder::new(file.as_slice()).read_to_end(&mut plain).expect("gzip");
            file = plain;
        }
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains(hot), "{format}");
    }
}

#[test]
fn samples_are_those_of_the_independent_reader() {
    let Some(trace) = TraceFile::recorded("r9_cpu.nettrace") else { return };
    let answers = super::corpus::answers("r9_cpu.nettrace");
    let folded = trace.run(&to("folded", &[])).expect(0).stdout;
    let counts = folded.lines().map(|line| line.rsplit_once(' ').and_then(|(_, count)| count.parse().ok()));
    let sum: u64 = counts.map(|count: Option<u64>| count.expect("a number")).sum();
    assert_eq!(answers["cpu"]["sample_events"], sum);

    let csv = trace.run(&to("csv", &[])).expect(0).stdout;
    for method in answers["cpu"]["top_exclusive"].as_array().expect("a list").iter().take(5) {
        let name = method["method"].as_str().expect("a name");
        let line = csv.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}\n{csv}"));
        let counts = format!(",managed,{},{},", method["exclusive"], method["inclusive"]);
        assert!(line.contains(&counts), "{line}");
    }
    // The .NET 9 runtime calls nearly all samples external; what waits is known all the same.
    let running = trace.run(&to("csv", &["--only", "running"])).expect(0).stdout;
    assert!(running.lines().nth(1).is_some_and(|line| line.contains("set_Capacity")), "{running}");
    let waiting = trace.run(&to("csv", &["--only", "waiting"])).expect(0).stdout;
    assert!(waiting.lines().nth(1).is_some_and(|line| line.contains("Thread.Sleep")), "{waiting}");
}

#[test]
fn threads_can_be_chosen_and_told_apart() {
    let Some(trace) = TraceFile::recorded("r9_cpu.nettrace") else { return };
    let all = trace.run(&to("folded", &["--by-thread"])).expect(0).stdout;
    let threads: Vec<&str> = {
        let mut threads: Vec<_> = all.lines().filter_map(|line| Some(line.split_once(';')?.0)).collect();
        threads.dedup();
        threads
    };
    assert!(threads.len() > 2 && threads.iter().all(|name| name.starts_with("Thread ")), "{threads:?}");
    let id = threads[1].trim_start_matches("Thread ");
    let one = trace.run(&to("folded", &["--by-thread", "--threads", id])).expect(0).stdout;
    let expected: Vec<&str> = all.lines().filter(|line| line.starts_with(threads[1])).collect();
    assert_eq!(one.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_file_named_gz_is_compressed() {
    let Some(trace) = TraceFile::recorded("r9_cpu.nettrace") else { return };
    let plain = trace.run(&to("speedscope", &[])).expect(0).stdout;
    trace.run(&to("speedscope", &["-o", "x.json.gz"])).expect(0);
    let file = fs::read(trace.directory().join("x.json.gz")).expect("it is there");
    let mut read = String::new();
    GzDecoder::new(file.as_slice()).read_to_string(&mut read).expect("gzip");
    assert_eq!(read, plain);
    assert!(file.len() * 4 < plain.len());
}

#[test]
fn a_difference_has_both_traces() {
    let Some(before) = TraceFile::recorded("only_managed_samples.nettrace") else { return };
    let Some(after) = TraceFile::recorded("r9_cpu.nettrace") else { return };
    let baseline = before.path().display().to_string();
    let picture = after.run(&to("svg", &["--baseline", &baseline])).expect(0).stdout;
    assert!(picture.contains("Before: 7,423 samples; after: 2,791."), "{}", &picture[..2000]);
    assert!(picture.contains("larger share than before"));
}

#[test]
fn what_is_missing_is_said_in_the_picture_too() {
    let Some(trace) = TraceFile::recorded("r9_killed.nettrace") else { return };
    let ended = trace.run(&to("svg", &[])).expect(2);
    assert!(ended.stderr.contains("methods have no names: the trace has no rundown"), "{}", ended.stderr);
    assert!(ended.stdout.contains("Note: methods have no names"));
    assert!(ended.stdout.contains("Note: the trace is not complete"));
}

#[test]
fn a_trace_without_samples_is_said() {
    let trace = TraceFile::new(&Stream::new().end());
    for format in FORMATS {
        let ended = trace.run(&to(format, &["-o", "out"])).expect(0);
        assert!(ended.stderr.contains("there are no samples in it"), "{format}: {}", ended.stderr);
    }
    let speedscope = trace.run(&to("speedscope", &[])).expect(0).stdout;
    let file: Value = serde_json::from_str(&speedscope).expect("JSON");
    assert_eq!(file["profiles"], Value::Array(Vec::new()));
}

#[test]
fn options_that_do_not_fit_are_refused() {
    for (format, option, said) in [
        ("csv", &["--stacks"][..], "--stacks is for ndjson only"),
        ("ndjson", &["--only", "running"], "--only is for formats of samples only"),
        ("ndjson", &["--threads", "1"], "--threads is for formats of samples only"),
        ("pprof", &["--by-thread"], "--by-thread is for svg and folded only"),
        ("folded", &["--baseline", "y"], "--baseline is for svg only"),
    ] {
        let ended = Pipescope::run(&to(format, option)).expect(3);
        assert!(ended.error().contains(said), "{}", ended.stderr);
    }
}
