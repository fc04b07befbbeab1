//! A monitor that is already there when processes start must not keep them from starting.
//!
//! A runtime that is asked for counters while its program initialises its own event sources can deadlock, and the
//! program with it: of six web applications that start beside a hasty monitor, one or more never become ready.

use std::time::Duration;

use pipescope_engine::monitor::{Monitor, MonitorConfig, ProcessFilter, ProcessState};
use testbed::{Program, Runtime, Target};

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn processes_start_under_the_eyes_of_a_monitor() {
    for round in 0..3 {
        let mut targets: Vec<Target> =
            (0..2).map(|_| Target::builder(Runtime::Net9, Program::Web).do_not_wait().start()).collect();
        let config = MonitorConfig {
            discovery_interval: Duration::from_millis(10),
            filter: ProcessFilter { pids: targets.iter().map(Target::pid).collect(), names: Vec::new() },
            ..MonitorConfig::default()
        };
        let monitor = Monitor::start(config);
        let ready = tokio::task::spawn_blocking(move || {
            targets.iter_mut().for_each(Target::wait_until_ready);
            targets
        });
        let targets = ready.await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        let watched = async {
            let is_watched = |pid: u32| {
                let of = |state: &ProcessState| *state == ProcessState::Watching;
                monitor.processes().iter().any(|process| process.pid == pid && of(&process.state))
            };
            while !targets.iter().all(|target| is_watched(target.pid())) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(DEADLINE, watched).await.expect("they are watched once they have started");
        monitor.shutdown().await;
    }
}
