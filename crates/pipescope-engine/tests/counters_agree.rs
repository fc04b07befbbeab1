//! What a counters session says about real processes, compared with what those processes say about themselves.

use std::collections::HashMap;
use std::time::Duration;

use diagnostics_ipc::{client::Client, discovery, message::ProcessInfo};
use pipescope_engine::counters::{
    CounterRequest, CounterSession, Precedence, Reading, ReadingValue, Source, Status,
};
use testbed::{Figures, Program, Runtime, Target};

/// Generous: only a failure waits so long.
const DEADLINE: Duration = Duration::from_secs(60);

/// Everything a session said, by series.
#[derive(Default)]
struct Said {
    increments: HashMap<String, Vec<f64>>,
    levels: HashMap<String, f64>,
    ticks: usize,
}

impl Said {
    fn read(&mut self, reading: &Reading<'_>) {
        let name = reading.series.name.clone();
        if name == "exception-count" {
            self.ticks += 1;
        }
        match reading.value {
            // The span of a first value is uncertain: attaching is complete when it has come.
            ReadingValue::Increment { increment, is_first: false, .. } => {
                self.increments.entry(name).or_default().push(increment);
            }
            ReadingValue::Mean { mean, .. } => {
                self.levels.insert(name, mean);
            }
            _ => {}
        }
    }
}

async fn client_of(target: &mut Target) -> (Client, Option<ProcessInfo>) {
    let _ = target.socket();
    let process = discovery::find(target.pid()).expect("the target is discovered");
    let client = Client::new(&process);
    let info = match client.process_info().await {
        Ok(info) => Some(info),
        Err(error) if error.is_unsupported() => None,
        Err(error) => panic!("{error}"),
    };
    (client, info)
}

/// Reads until `ticks` more intervals were seen.
async fn intervals(session: &mut CounterSession, said: &mut Said, ticks: usize) {
    let wanted = said.ticks + ticks;
    let read = async {
        while said.ticks < wanted {
            let status = session.next(&mut |reading| said.read(reading)).await.expect("the stream goes on");
            assert_eq!(status, Status::Open);
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("counters come");
}

fn request() -> CounterRequest {
    CounterRequest {
        selection: "EventCounters\\System.Runtime".parse().expect("a selection"),
        ..CounterRequest::default()
    }
}

async fn increments_agree(runtime: Runtime) {
    // Tiered compilation compiles methods again in the background, at times of its own choosing.
    let mut target = Target::builder(runtime, Program::Work).env("DOTNET_TieredCompilation", "0").start();
    let (client, info) = client_of(&mut target).await;
    let mut session =
        CounterSession::open(&client, info.as_ref(), &request(), Precedence::MeterWins).await.expect("opens");
    let mut said = Said::default();
    // The work comes in two portions with an interval between, so that sums of several intervals are compared.
    intervals(&mut session, &mut said, 1).await;
    let before = target.figures();
    for command in ["throw 120", "collect 0 3", "collect 1 2"] {
        target.run(command);
    }
    intervals(&mut session, &mut said, 1).await;
    for command in ["throw 80", "collect 2 1", "jit 50", "contend 7", "pool 30"] {
        target.run(command);
    }
    let after = target.figures();
    // An interval that began after the figures were taken is complete when the second one from here has come.
    intervals(&mut session, &mut said, 2).await;
    let last = target.figures();
    methods_agree(runtime, &mut target, &mut session, &mut said).await;
    session.stop(&mut |reading| said.read(reading)).await.expect("stops");

    let check = |counter: &str, figure: fn(&Figures) -> u64| {
        let figures = [&before, &after, &last].map(figure);
        let said = &said.increments[counter];
        assert_eq!(
            figures[1], figures[2],
            "{runtime}: {counter} was still changing: {figures:?}, we read {said:?}"
        );
        let sum = said.iter().sum::<f64>() as u64;
        assert_eq!(sum, figures[2] - figures[0], "{runtime}: {counter}: {figures:?}, we read {said:?}");
    };
    assert_eq!(after.thrown - before.thrown, 200);
    check("exception-count", |f| f.exceptions.unwrap_or(f.thrown));
    check("gen-0-gc-count", |f| f.gen0_collections);
    check("gen-1-gc-count", |f| f.gen1_collections);
    check("gen-2-gc-count", |f| f.gen2_collections);
    check("monitor-lock-contention-count", |f| f.lock_contentions);
}

/// The totals of compiled methods and IL, once nothing new is compiled between the figures and the next interval.
async fn methods_agree(runtime: Runtime, target: &mut Target, session: &mut CounterSession, said: &mut Said) {
    let mut seen = Vec::new();
    while seen.len() < 10 {
        let figures = target.figures();
        let Some(methods) = figures.methods_jitted else { return };
        intervals(session, said, 2).await;
        let ours = (said.levels["methods-jitted-count"] as u64, said.levels["il-bytes-jitted"] as u64);
        let theirs = (methods, figures.il_bytes_jitted.expect("beside the methods"));
        if ours == theirs {
            return;
        }
        seen.push((ours, theirs));
    }
    panic!("{runtime}: methods and IL bytes jitted never agree: {seen:?}");
}

#[tokio::test]
async fn increments_agree_on_3_1() {
    increments_agree(Runtime::Net31).await;
}

#[tokio::test]
async fn increments_agree_on_9() {
    increments_agree(Runtime::Net9).await;
}

#[tokio::test]
async fn increments_agree_on_10() {
    increments_agree(Runtime::Net10).await;
}

#[tokio::test]
async fn increments_agree_on_the_newest_10() {
    increments_agree(Runtime::Net10Newer).await;
}

/// Allocated bytes grow with every interval, also by what counting itself allocates, so nobody inside can read the
/// figure of the moment at which the runtime took it. A listener inside hears the values themselves.
#[tokio::test]
async fn allocated_bytes_agree() {
    for runtime in Runtime::OURS {
        let mut target = Target::start(runtime, Program::Work, &[]);
        target.run("listen");
        let (client, info) = client_of(&mut target).await;
        let mut session = CounterSession::open(&client, info.as_ref(), &request(), Precedence::MeterWins)
            .await
            .expect("opens");
        let mut said = Said::default();
        intervals(&mut session, &mut said, 1).await;
        target.run("allocate 5000000");
        intervals(&mut session, &mut said, 2).await;
        session.stop(&mut |reading| said.read(reading)).await.expect("stops");
        let ours = &said.increments["alloc-rate"];
        let ticks = target.ask("ticks alloc-rate");
        let theirs: Vec<f64> = ticks
            .trim_start_matches("ticks [")
            .trim_end_matches(']')
            .split(',')
            .map(|increment| increment.parse().expect("a number"))
            .collect();
        assert!(theirs.windows(ours.len()).any(|part| part == ours), "{runtime}: {ours:?} in {theirs:?}");
        assert!(ours.iter().sum::<f64>() >= 5_000_000.0, "{runtime}: {ours:?}");
    }
}

/// On .NET 9 and later the meter of the same name wins over the EventCounters.
#[tokio::test]
async fn the_meter_wins_where_there_is_one() {
    for runtime in [Runtime::Net31, Runtime::Net9] {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let (client, info) = client_of(&mut target).await;
        let request = CounterRequest::default();
        let mut session = CounterSession::open(&client, info.as_ref(), &request, Precedence::MeterWins)
            .await
            .expect("opens");
        let mut sources = Vec::new();
        let read = async {
            while sources.len() < 20 {
                let _ =
                    session.next(&mut |reading| sources.push(reading.series.source)).await.expect("goes on");
            }
        };
        tokio::time::timeout(DEADLINE, read).await.expect("values come");
        let expected = if runtime == Runtime::Net31 { Source::EventCounter } else { Source::Meter };
        assert!(sources.iter().all(|source| *source == expected), "{runtime}: {sources:?}");
        session.stop(&mut |_| {}).await.expect("stops");
    }
}
