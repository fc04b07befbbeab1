//! What stands at the other end of the standard streams.

use std::io::{self, BufRead as _, IsTerminal as _};

use tokio::sync::oneshot;

/// Columns of the terminal at standard output; `None` when there is none.
pub(crate) fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    ratatui::crossterm::terminal::size()
        .ok()
        .map(|(columns, _)| usize::from(columns))
        .filter(|columns| *columns > 0)
}

/// Resolves when the user presses Enter (or types `q` and Enter). Never, when standard input is no terminal or this
/// program is in the background: a closed or foreign standard input is no wish to end.
pub(crate) async fn enter_pressed() {
    let Some(pressed) = listen_for_enter() else { return std::future::pending().await };
    if pressed.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Reads one line on a thread of its own, which dies with the process: there is no other way to wait for a line that
/// can be given up.
fn listen_for_enter() -> Option<oneshot::Receiver<()>> {
    if !io::stdin().is_terminal() || !is_in_foreground() {
        return None;
    }
    let (sender, receiver) = oneshot::channel();
    let read = move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok_and(|length| length > 0) {
            // The receiver is gone when the program is ending anyway.
            let _ = sender.send(());
        }
    };
    // A line needs little stack.
    std::thread::Builder::new().name("stdin".to_owned()).stack_size(64 * 1024).spawn(read).ok()?;
    Some(receiver)
}

/// Whether this program's process group owns the terminal. Reading from the background would stop it.
pub(crate) fn is_in_foreground() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}
