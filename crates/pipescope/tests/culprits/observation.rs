//! Has the program observe a process while that works.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use serde_json::Value;
use testbed::{Figures, Program, Runtime, Target};

use super::harness::{Pipescope, pid};

/// What fits on the screen of a terminal: the lines, of as many columns as the program writes where there is no terminal.
const SCREEN_LINES: usize = 24;

/// What the program says when its session is open.
const SESSION_IS_OPEN: &str = "Observing ";

/// A report of a process, and what the runtime itself counted meanwhile.
#[derive(Debug)]
pub(crate) struct Observed {
    /// The report as JSON.
    pub(crate) json: Value,
    /// Before the session began, and while it was open; then while it still was, and after it had ended.
    figures: [Figures; 4],
}

impl Observed {
    /// What the runtime counted: at least while the session was surely open, at most while it may have been.
    #[track_caller]
    pub(crate) fn counted(&self, of: impl Fn(&Figures) -> u64) -> RangeInclusive<u64> {
        let [first, begun, done, last] = self.figures.each_ref().map(of);
        (done - begun)..=(last - first)
    }

    /// What the runtime had counted when the work was done.
    pub(crate) fn done(&self) -> &Figures {
        &self.figures[2]
    }

    /// A number of the report.
    #[track_caller]
    pub(crate) fn number(&self, pointer: &str) -> u64 {
        number(&self.json, pointer)
    }
}

/// The number in a place of a JSON value.
#[track_caller]
pub(crate) fn number(json: &Value, pointer: &str) -> u64 {
    json.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number {pointer} in {json:#}"))
}

/// The text in a place of a JSON value.
#[track_caller]
pub(crate) fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text {pointer} in {json:#}"))
}

/// The list in a place of a JSON value.
#[track_caller]
pub(crate) fn list<'a>(json: &'a Value, pointer: &str) -> &'a [Value] {
    json.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no list {pointer} in {json:#}"))
}

/// A process without any trouble so far.
pub(crate) fn target(runtime: Runtime) -> Target {
    Target::start(runtime, Program::Culprits, &[])
}

/// The report as JSON, of a process that does the work while it is observed.
#[track_caller]
pub(crate) fn observe(report: &str, target: &mut Target, work: impl FnOnce(&mut Target)) -> Observed {
    let first = target.figures();
    let mut inside = None;
    let said = during(&["report", report, "--json"], target, |target| {
        let begun = target.figures();
        work(target);
        inside = Some([begun, target.figures()]);
    });
    let last = target.figures();
    let json = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in:\n{said}"));
    let [begun, done] = inside.expect("the work was done");
    Observed { json, figures: [first, begun, done, last] }
}

/// The first screen of the report, of a process that does the work while it is observed.
#[track_caller]
pub(crate) fn first_screen_of(report: &str, target: &mut Target, work: impl FnOnce(&mut Target)) -> Screen {
    Screen::of(&during(&["report", report], target, work))
}

/// Runs a command that observes a process until it is interrupted, and gives what it prints.
#[track_caller]
pub(crate) fn during(command: &[&str], target: &mut Target, work: impl FnOnce(&mut Target)) -> String {
    let pid = pid(target);
    let mut arguments = command.to_vec();
    arguments.extend(["--process-id", &pid, "--duration", "0s"]);
    let mut pipescope = Pipescope::start(&arguments);
    pipescope.notes(SESSION_IS_OPEN);
    until_events_are_written(target);
    work(target);
    pipescope.signal("INT");
    pipescope.wait().expect(0).stdout
}

/// Waits until a runtime that has answered that a session is open writes events to it.
///
/// .NET Core 3.1 answers too early. It carries out one request after the other, so it is done with the session when it
/// answers the next one.
#[track_caller]
pub(crate) fn until_events_are_written(target: &Target) {
    Pipescope::run(&["info", "--process-id", &pid(target)]).expect(0);
}

/// A text, and what somebody sees of it without scrolling.
#[derive(Debug)]
pub(crate) struct Screen {
    first: String,
    text: String,
}

impl Screen {
    /// The first screen of a text.
    pub(crate) fn of(text: &str) -> Screen {
        let first = text.lines().take(SCREEN_LINES).collect::<Vec<_>>().join("\n");
        Screen { first, text: text.to_owned() }
    }

    /// Fails unless this is on it.
    #[track_caller]
    pub(crate) fn names(&self, what: &str) -> &Screen {
        assert!(self.first.contains(what), "`{what}` is not in the first screen:\n{}", self.first);
        self
    }

    /// Fails unless the first of these is on it, before the second wherever that is there too.
    #[track_caller]
    pub(crate) fn names_before(&self, what: &str, other: &str) -> &Screen {
        self.names(what);
        assert!(
            self.first.find(other).is_none_or(|other| self.first.find(what) < Some(other)),
            "`{other}` comes before `{what}` in the first screen:\n{}",
            self.first
        );
        self
    }

    /// Fails unless this is somewhere in the text.
    #[track_caller]
    pub(crate) fn and_below(&self, what: &str) -> &Screen {
        assert!(self.text.contains(what), "`{what}` is not in:\n{}", self.text);
        self
    }
}

/// Fails unless a value is in a range.
#[track_caller]
pub(crate) fn assert_within<T: PartialOrd + Debug + Copy>(value: T, range: &RangeInclusive<T>, what: &str) {
    assert!(range.contains(&value), "{what}: {value:?} is not in {range:?}");
}
