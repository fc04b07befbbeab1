//! `counters monitor` on a real terminal, through tmux.

use std::process::Command;
use std::time::{Duration, Instant};

use testbed::{Program, Runtime, Target};

use super::harness::{DEADLINE, pid};

/// A terminal of its own, with the program in it. Ends with everything in it when dropped.
#[derive(Debug)]
struct Terminal {
    server: String,
}

impl Terminal {
    fn start(width: u16, height: u16, arguments: &[&str]) -> Self {
        let id =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos();
        let terminal = Self { server: format!("pipescope-test-{}-{id}", std::process::id()) };
        let line = format!(
            "{} {}; echo \"exit code $?\"; cat",
            env!("CARGO_BIN_EXE_pipescope"),
            arguments.join(" ")
        );
        let (width, height) = (width.to_string(), height.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &width, "-y", &height, &line]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-L", &self.server, "-f", "/dev/null"])
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux is installed (cargo xtask setup)");
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if wanted(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "in vain: {what}\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn press(&self, keys: &[&str]) {
        let arguments: Vec<&str> = ["send-keys"].iter().chain(keys).copied().collect();
        self.tmux(&arguments);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
    }
}

/// The line of a screen that has this text.
fn line<'a>(screen: &'a str, text: &str) -> &'a str {
    screen.lines().find(|line| line.contains(text)).unwrap_or_default()
}

#[test]
fn the_table_updates_in_place() {
    let mut target = Target::start(Runtime::Net9, Program::Counters, &[]);
    let terminal = Terminal::start(
        80,
        24,
        &[
            "counters",
            "monitor",
            "-p",
            &pid(&target),
            "--counters",
            "Testbed-Counters,System.Runtime[dotnet.gc.collections]",
        ],
    );
    let screen = terminal.until("first values", |screen| screen.contains("Queue Length"));
    let title = screen.lines().next().unwrap_or_default();
    assert!(title.starts_with(&format!("counters  pid {}  .NET 9.0.5", target.pid())), "{screen}");
    assert!(title.contains("Running") || title.contains("Waiting"), "{screen}");
    assert!(screen.contains("q quit"), "{screen}");

    target.run("queue 4711");
    terminal.until("the new value", |screen| line(screen, "Queue Length").contains("4,711 items"));
    target.run("queue 12");
    let screen = terminal
        .until("the next value in its place", |screen| line(screen, "Queue Length").contains(" 12 items"));
    assert_eq!(screen.matches("Queue Length").count(), 1, "{screen}");
    assert!(line(&screen, "Queue Length").contains('█'), "a sparkline:\n{screen}");

    terminal.press(&["/"]);
    terminal.press(&["-l", "gen1"]);
    let screen = terminal.until("the filter", |screen| screen.contains("filter: gen1"));
    assert!(!screen.contains("Queue Length") && screen.contains("gc.heap.generation=gen1"), "{screen}");
    terminal.press(&["Escape"]);
    terminal.until("all again", |screen| screen.contains("Queue Length"));

    terminal.press(&["p"]);
    terminal.until("the pause", |screen| screen.contains("Paused"));
    target.run("queue 99");
    terminal.press(&["r"]);
    terminal.until("the value after the pause", |screen| line(screen, "Queue Length").contains(" 99 items"));

    terminal.tmux(&["resize-window", "-x", "120", "-y", "40"]);
    terminal.until("the larger screen", |screen| {
        screen.lines().next().is_some_and(|title| title.chars().count() > 100)
    });

    terminal.press(&["q"]);
    let screen = terminal.until("the end", |screen| screen.contains("exit code"));
    assert!(
        screen.contains("exit code 0") && !screen.contains("Queue Length"),
        "the terminal is as before:\n{screen}"
    );
}

#[test]
fn the_end_of_the_target_is_said_on_a_restored_terminal() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let terminal = Terminal::start(80, 24, &["counters", "monitor", "-p", &pid(&target)]);
    terminal.until("values", |screen| screen.contains("dotnet.gc.collections"));
    target.kill();
    let screen = terminal.until("the end", |screen| screen.contains("exit code"));
    assert!(screen.contains(&format!("Process {} (work) has ended.", target.pid())), "{screen}");
    assert!(screen.contains("exit code 0"), "{screen}");
}

#[test]
fn a_trace_shows_its_progress_in_place_and_ends_with_enter() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("x.nettrace").display().to_string();
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let arguments = ["trace", "collect", "-p", &pid(&target), "-o", &path, "--clrevents", "exception"];
    let terminal = Terminal::start(100, 30, &arguments);
    terminal.until("the hint", |screen| screen.contains("Press Enter or Ctrl-C to stop."));
    target.run("throw 100");
    terminal.until("events", |screen| {
        line(screen, "] ").contains("events") && !line(screen, "] ").contains("  0 events")
    });
    terminal.until("time goes on", |screen| screen.contains("[00:00:00:02]"));
    terminal.press(&["Enter"]);
    let screen = terminal.until("the end", |screen| screen.contains("exit code"));
    assert!(screen.contains("Trace completed.") && screen.contains("exit code 0"), "{screen}");
    assert!(screen.matches(" events").count() <= 2, "progress stays in its line:\n{screen}");
}
