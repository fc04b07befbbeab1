//! What looking for processes costs: once, and again every time.

use std::time::{Duration, Instant};

use diagnostics_ipc::discovery::Scanner;

const ROUNDS: u32 = 200;

fn main() {
    let started = Instant::now();
    let mut scanner = Scanner::new();
    let first = scanner.scan();
    let once = started.elapsed();
    let mut rounds: Vec<Duration> = Vec::new();
    for _ in 0..ROUNDS {
        // As after a pause, when nothing of ours is in the caches of the CPU any more.
        std::thread::sleep(Duration::from_millis(10));
        let started = Instant::now();
        scanner.scan();
        rounds.push(started.elapsed());
    }
    rounds.sort();
    let mean = rounds.iter().sum::<Duration>() / ROUNDS;
    println!("{} processes, {} problems", first.processes.len(), first.problems.len());
    let median = rounds[rounds.len() / 2];
    println!(
        "first scan {once:?}; later scans: median {median:?}, mean {mean:?}, slowest {:?}",
        rounds.last()
    );
}
