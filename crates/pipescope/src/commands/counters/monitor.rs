//! `pipescope counters monitor`: counters live, in place.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use jiff::tz::TimeZone;
use pipescope_engine::counters::{CounterSession, Reading, Status as SessionStatus};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{Subscription, plain};
use crate::counters::{Action, Monitor, Style};
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::signals::StopSignals;
use crate::targets::Target;
use crate::text::printable;

/// Values of one interval come in several pieces: so long after the first the screen is drawn, with all of them.
const SETTLE: Duration = Duration::from_millis(40);

/// Show counters live, in place. Without a terminal: one line per value.
#[derive(Debug, Args)]
#[command(after_help = "\
Keys: q quit, p pause, r resume, / filter, d changes, arrows and page keys scroll.

Examples:
  pipescope counters monitor
  pipescope counters monitor -n shop --counters System.Runtime,Microsoft.AspNetCore.Hosting
  pipescope counters monitor -p 1234 --counters 'EventCounters\\System.Runtime[cpu-usage,alloc-rate]'")]
pub(crate) struct MonitorArgs {
    #[command(flatten)]
    subscription: Subscription,
    /// Show how much each value changed
    #[arg(long = "showDeltas", alias = "show-deltas")]
    show_deltas: bool,
    /// Show bytes as KB, MB, GB and short times as ms and µs
    #[arg(
        long = "abbreviateLargeNumbers",
        alias = "abbreviate-large-numbers",
        value_name = "BOOL",
        default_value_t = true,
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    abbreviate_large_numbers: bool,
}

/// Why watching came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Asked,
    ProcessEnded,
}

pub(crate) async fn run(args: MonitorArgs) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let target = args.subscription.selector.resolve().await?;
    let mut session = args.subscription.open(&target).await?;
    let on_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    let end = if on_terminal {
        let mut terminal =
            ratatui::try_init().fail_with(Kind::Platform, || "cannot use this terminal".to_owned())?;
        let end = on_screen(&args, &target, &mut session, &mut signals, &mut terminal).await;
        ratatui::restore();
        end
    } else {
        in_lines(&args, &mut session, &mut signals).await
    };
    let stopping = async {
        // The last values of a monitor that ends are of no use.
        session.stop(&mut |_: &Reading<'_>| {}).await
    };
    let end = match end? {
        End::ProcessEnded => {
            let text = format!("Process {} ({}) has ended.", target.pid(), printable(target.name()));
            return written(writeln!(io::stdout(), "{text}"));
        }
        end @ End::Asked => end,
    };
    debug_assert_eq!(end, End::Asked);
    tokio::select! {
        stopped = stopping => stopped.map(drop).fail_as(Kind::Stream),
        () = signals.next() => Ok(()),
    }
}

impl MonitorArgs {
    fn style(&self) -> Style {
        if self.abbreviate_large_numbers { Style::Abbreviated } else { Style::AsSent }
    }
}

async fn on_screen(
    args: &MonitorArgs,
    target: &Target,
    session: &mut CounterSession,
    signals: &mut StopSignals,
    terminal: &mut DefaultTerminal,
) -> Result<End, Failure> {
    let runtime = target.runtime_version().map_or_else(
        || ".NET Core 3.x".to_owned(),
        |version| format!(".NET {}", version.split('+').next().unwrap_or(version)),
    );
    let title = format!("{}  pid {}  {runtime}", printable(target.name()), target.pid());
    let mut monitor = Monitor::new(title, args.subscription.interval(), args.style(), args.show_deltas);
    let mut keys = keys();
    let mut clock = interval(Duration::from_secs(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let over = args.subscription.duration.over();
    tokio::pin!(over);
    // When to draw what has changed.
    let mut draw_at = Some(Instant::now());
    loop {
        let mut deliver = |reading: &Reading<'_>| monitor.apply(reading);
        let settled = async {
            match draw_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            status = session.next(&mut deliver) => match status.fail_as(Kind::Stream)? {
                SessionStatus::Ended => return Ok(End::ProcessEnded),
                SessionStatus::Open => draw_at = draw_at.or(Some(Instant::now() + SETTLE)),
            },
            Some(event) = keys.recv() => {
                if monitor.handle(&event) == Action::Quit {
                    return Ok(End::Asked);
                }
                draw_at = Some(Instant::now());
            }
            () = settled => {
                draw_at = None;
                terminal.draw(|frame| monitor.draw(frame)).fail_as(Kind::Unexpected)?;
            }
            // Nothing may have come: the time goes on all the same.
            _ = clock.tick() => draw_at = draw_at.or(Some(Instant::now() + SETTLE)),
            () = signals.next() => return Ok(End::Asked),
            () = &mut over => return Ok(End::Asked),
        }
        for notice in session.take_notices() {
            monitor.notice(notice.to_string());
        }
    }
}

/// Keys and changes of the terminal's size. They are read on a thread of their own, which ends with the program.
fn keys() -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(16);
    let read = move || {
        while let Ok(event) = event::read() {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
    };
    // Without the thread there are no keys; Ctrl-C as a signal still ends the program.
    let _ = std::thread::Builder::new().name("keys".to_owned()).spawn(read);
    receiver
}

async fn in_lines(
    args: &MonitorArgs,
    session: &mut CounterSession,
    signals: &mut StopSignals,
) -> Result<End, Failure> {
    let zone = TimeZone::system();
    let interval = args.subscription.interval().as_secs();
    let over = args.subscription.duration.over();
    tokio::pin!(over);
    let mut lines = String::new();
    loop {
        let mut deliver = |reading: &Reading<'_>| {
            if let Some(line) = plain::line(reading, interval, args.style(), &zone) {
                lines.push_str(&line);
                lines.push('\n');
            }
        };
        let end = tokio::select! {
            status = session.next(&mut deliver) => match status.fail_as(Kind::Stream)? {
                SessionStatus::Ended => Some(End::ProcessEnded),
                SessionStatus::Open => None,
            },
            () = signals.next() => Some(End::Asked),
            () = &mut over => Some(End::Asked),
        };
        let mut out = io::stdout().lock();
        written(out.write_all(lines.as_bytes()).and_then(|()| out.flush()))?;
        drop(out);
        lines.clear();
        for notice in session.take_notices() {
            let _ = writeln!(io::stderr(), "note: {notice}");
        }
        if let Some(end) = end {
            return Ok(end);
        }
    }
}
