//! What the monitor is doing: its table, where it is scrolled to, what is typed. It handles keys and gives a view to
//! draw; it owns neither terminal nor session.

use std::time::{Duration, Instant};

use pipescope_engine::counters::Reading;
use ratatui::Frame;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::quantity::Style;
use super::screen::{self, Status, View};
use super::table::Table;

/// The monitor's state.
#[derive(Debug)]
pub(crate) struct Monitor {
    title: String,
    table: Table,
    /// What is shown while paused; the live table goes on beneath.
    frozen: Option<Table>,
    started: Instant,
    notice: Option<String>,
    offset: usize,
    /// Rows that fitted the screen when it was last drawn.
    page: usize,
    filter: String,
    is_typing: bool,
    shows_deltas: bool,
}

/// What a key asks of whoever runs the monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// To be drawn again.
    Draw,
    /// To end.
    Quit,
}

impl Monitor {
    pub(crate) fn new(title: String, interval: Duration, style: Style, shows_deltas: bool) -> Self {
        Self {
            title,
            table: Table::new(interval, style),
            frozen: None,
            started: Instant::now(),
            notice: None,
            offset: 0,
            page: 1,
            filter: String::new(),
            is_typing: false,
            shows_deltas,
        }
    }

    /// Takes in what a counter said.
    pub(crate) fn apply(&mut self, reading: &Reading<'_>) {
        self.table.apply(reading);
    }

    /// Shows something else there is to know, in place of what was shown before.
    pub(crate) fn notice(&mut self, text: String) {
        self.notice = Some(text);
    }

    /// Acts on a key or a change of the terminal.
    pub(crate) fn handle(&mut self, event: &Event) -> Action {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            _ => Action::Draw,
        }
    }

    fn key(&mut self, key: &KeyEvent) -> Action {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if matches!(key.code, KeyCode::Char('c' | 'd')) { Action::Quit } else { Action::Draw };
        }
        if self.is_typing {
            match key.code {
                KeyCode::Enter => self.is_typing = false,
                KeyCode::Esc => {
                    self.is_typing = false;
                    self.filter.clear();
                }
                KeyCode::Backspace => drop(self.filter.pop()),
                KeyCode::Char(c) => self.filter.push(c),
                _ => {}
            }
            self.offset = 0;
            return Action::Draw;
        }
        match key.code {
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('p') if self.frozen.is_none() => self.frozen = Some(self.table.clone()),
            KeyCode::Char('p' | 'r') => self.frozen = None,
            KeyCode::Char('d') => self.shows_deltas ^= true,
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Up | KeyCode::Char('k') => self.offset = self.offset.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.offset += 1,
            KeyCode::PageUp => self.offset = self.offset.saturating_sub(self.page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.offset += self.page,
            KeyCode::Home => self.offset = 0,
            // Drawing brings it back to the last page.
            KeyCode::End => self.offset = usize::MAX / 2,
            _ => {}
        }
        Action::Draw
    }

    /// Draws everything over the whole frame.
    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>) {
        self.page = screen::page_height(frame.area().height);
        let table = self.frozen.as_ref().unwrap_or(&self.table);
        let rows = table.rows(&self.filter);
        self.offset = self.offset.min(rows.len().saturating_sub(self.page));
        let status = match () {
            () if self.frozen.is_some() => Status::Paused,
            () if table.is_empty() => Status::Waiting,
            () => Status::Running,
        };
        let view = View {
            title: &self.title,
            status,
            elapsed: self.started.elapsed(),
            notice: self.notice.as_deref(),
            rows,
            offset: self.offset,
            filter: &self.filter,
            is_typing: self.is_typing,
            shows_deltas: self.shows_deltas,
        };
        screen::draw(frame, &view);
    }
}

#[cfg(test)]
mod tests {
    use pipescope_engine::counters::{ReadingValue, SeriesKind};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::naming::tests::series;
    use super::*;

    fn monitor() -> Monitor {
        let title = "shop  pid 12  .NET 9.0.5".to_owned();
        let mut monitor = Monitor::new(title, Duration::from_secs(1), Style::Abbreviated, false);
        for (name, unit, kind, tags, values) in [
            (
                "dotnet.gc.collections",
                "{collection}",
                SeriesKind::Counter,
                "gc.heap.generation=gen0",
                [0.0, 3.0],
            ),
            (
                "dotnet.gc.collections",
                "{collection}",
                SeriesKind::Counter,
                "gc.heap.generation=gen1",
                [0.0, 1.0],
            ),
            ("dotnet.process.memory.working_set", "By", SeriesKind::UpDownCounter, "", [4.31e7, 4.4e7]),
            ("dotnet.thread_pool.thread.count", "{thread}", SeriesKind::UpDownCounter, "", [2.0, 3.0]),
        ] {
            let series = series(name, unit, kind, tags);
            // Three each: as many as share a bar on the narrow screen.
            for value in values.into_iter().flat_map(|value| [value; 3]) {
                let value = match kind {
                    SeriesKind::Counter => {
                        ReadingValue::Counter { delta: Some(value), total: Some(value + 10.0) }
                    }
                    _ => ReadingValue::UpDownCounter { delta: None, total: Some(value) },
                };
                monitor.apply(&Reading { time_unix_nanos: 0, series: &series, value });
            }
        }
        monitor
    }

    fn screen(monitor: &mut Monitor, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| monitor.draw(frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(line).collect()
    }

    fn press(monitor: &mut Monitor, keys: &[KeyCode]) {
        for key in keys {
            assert_eq!(monitor.handle(&Event::Key((*key).into())), Action::Draw, "{key:?}");
        }
    }

    #[test]
    fn the_screen_has_names_values_units_and_the_last_minute() {
        assert_eq!(
            screen(&mut monitor(), 80, 12),
            [
                "shop  pid 12  .NET 9.0.5                                       Running  00:00:00",
                "",
                "Name                                 Value Unit                      Last minute",
                "P",
                "  dotnet.gc.collections",
                "    gc.heap.generation=gen0             13 collection                         ▁█",
                "    gc.heap.generation=gen1             11 collection                         ▁█",
                "  dotnet.process.memory.working_set     44 MB                                 ▇█",
                "  dotnet.thread_pool.thread.count        3 thread                             ▁█",
                "",
                "",
                "q quit  p pause  r resume  / filter"
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_scrolled_to() {
        let mut monitor = monitor();
        assert_eq!(
            screen(&mut monitor, 80, 7)[3..6],
            ["P", "  dotnet.gc.collections", screen(&mut monitor, 80, 7)[5].as_str()]
        );
        press(&mut monitor, &[KeyCode::Down]);
        let lines = screen(&mut monitor, 80, 7);
        assert_eq!(lines[3], "  dotnet.gc.collections");
        assert!(lines[6].ends_with("2-4 of 6"), "{lines:?}");
        press(&mut monitor, &[KeyCode::End]);
        assert!(screen(&mut monitor, 80, 7)[5].starts_with("  dotnet.thread_pool.thread.count"));
        press(&mut monitor, &[KeyCode::PageDown, KeyCode::Home]);
        assert_eq!(screen(&mut monitor, 80, 7)[3], "P");
    }

    #[test]
    fn a_filter_is_typed_kept_and_cleared() {
        let mut monitor = monitor();
        press(
            &mut monitor,
            &[
                KeyCode::Char('/'),
                KeyCode::Char('q'),
                KeyCode::Backspace,
                KeyCode::Char('W'),
                KeyCode::Char('o'),
            ],
        );
        let lines = screen(&mut monitor, 80, 8);
        assert!(lines[4].starts_with("  dotnet.process.memory.working_set"), "{lines:?}");
        assert!(lines[7].starts_with("filter: Wo_"), "{lines:?}");
        press(&mut monitor, &[KeyCode::Enter]);
        assert!(screen(&mut monitor, 80, 8)[7].ends_with("[Wo]"));
        press(&mut monitor, &[KeyCode::Esc]);
        assert_eq!(screen(&mut monitor, 80, 8)[4], "  dotnet.gc.collections");
    }

    #[test]
    fn a_pause_freezes_what_is_shown() {
        let mut monitor = monitor();
        press(&mut monitor, &[KeyCode::Char('p')]);
        let paused = screen(&mut monitor, 80, 12);
        assert!(paused[0].contains("Paused"));
        let series = series("dotnet.thread_pool.thread.count", "{thread}", SeriesKind::UpDownCounter, "");
        let value = ReadingValue::UpDownCounter { delta: None, total: Some(99.0) };
        monitor.apply(&Reading { time_unix_nanos: 0, series: &series, value });
        assert_eq!(screen(&mut monitor, 80, 12)[3..], paused[3..]);
        press(&mut monitor, &[KeyCode::Char('r')]);
        assert!(screen(&mut monitor, 80, 12)[8].contains("99"));
    }

    #[test]
    fn it_ends_when_asked_to() {
        let mut monitor = monitor();
        assert_eq!(monitor.handle(&Event::Key(KeyCode::Char('q').into())), Action::Quit);
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(monitor.handle(&Event::Key(interrupt)), Action::Quit);
        assert_eq!(monitor.handle(&Event::Resize(10, 10)), Action::Draw);
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(1, 1), (3, 2), (20, 5), (40, 3), (200, 60)] {
            screen(&mut monitor(), width, height);
        }
    }
}
