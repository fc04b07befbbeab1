//! `/api/v1/live`: server-sent events for the pages.
//!
//! | event | data | when |
//! |---|---|---|
//! | `processes` | the list of `/api/v1/processes` | at once, and on every change |
//! | `problems` | the list of `/api/v1/problems` | at once, and on every change |
//! | `series` | `{uid, series}` | when a process has new series |
//! | `sample` | `{uid, time, values}` | once per interval and process |
//! | `clock` | `{time}` | every five seconds, so that a silent connection is a dead one |
//! | `skipped` | `{updates}` | when the client was too slow and missed some: read the history again |
//!
//! Nothing queues up per client but the monitor's bounded backlog: events are made when the socket takes them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use pipescope_engine::counters::CounterSelection;
use pipescope_engine::monitor::{Track, Update};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Interval, MissedTickBehavior};
use uuid::Uuid;

use crate::api;
use crate::controller::{Closing, Controller};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::wire;

/// Pages take a stream that is silent for three of these for dead.
const CLOCK: Duration = Duration::from_secs(5);

pub(crate) async fn live(
    State(controller): State<Controller>,
    method: Method,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let filter = Filter { uid: parameters.parsed("uid", "a GUID")?, selection: api::selection(&parameters)? };
    // Proxies such as nginx collect answers before they pass them on, unless told not to.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    if method == Method::HEAD {
        controller.permits().live_streams.check()?;
        return Ok((headers, Body::empty()).into_response());
    }
    let permit = controller.permits().live_streams.take()?;
    let stream = Live::new(controller, filter, permit);
    let events = stream::unfold(stream, |mut stream| async {
        stream.next().await.map(|event| (Ok::<_, Infallible>(event), stream))
    });
    Ok((headers, Body::from_stream(events)).into_response())
}

/// What a client wants to hear of.
#[derive(Debug)]
struct Filter {
    uid: Option<Uuid>,
    selection: Option<CounterSelection>,
}

/// One client's stream.
#[derive(Debug)]
struct Live {
    updates: Receiver<Update>,
    clock: Interval,
    closing: Closing,
    filter: Filter,
    /// Per process, by track: whether it is wanted. Only with a selection.
    wanted: HashMap<Uuid, Vec<bool>>,
    ready: VecDeque<Bytes>,
    /// As they were sent last.
    problems: Arc<[String]>,
    controller: Controller,
    _permit: OwnedSemaphorePermit,
}

impl Live {
    fn new(controller: Controller, filter: Filter, permit: OwnedSemaphorePermit) -> Self {
        // Subscribed before the list is read, so that no change falls between the two.
        let updates = controller.monitor().subscribe();
        let first = event("processes", &wire::processes(&controller.monitor().processes()));
        let problems = controller.monitor().problems();
        let second = event("problems", &*problems);
        let mut clock = tokio::time::interval(CLOCK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            updates,
            clock,
            closing: controller.closing(),
            filter,
            wanted: HashMap::new(),
            ready: VecDeque::from([first, second]),
            problems,
            controller,
            _permit: permit,
        }
    }

    /// The next event, or `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let update = tokio::select! {
                biased;
                () = self.closing.wait() => return None,
                update = self.updates.recv() => update,
                _ = self.clock.tick() => {
                    return Some(event("clock", &wire::Clock { time: Timestamp::now().as_millisecond() }));
                }
            };
            match update {
                Ok(update) => self.take(&update),
                Err(RecvError::Lagged(updates)) => {
                    self.controller.count_skipped(updates);
                    // The list may be among what was missed.
                    self.push("processes", &wire::processes(&self.controller.monitor().processes()));
                    self.push_problems();
                    self.push("skipped", &wire::Skipped { updates });
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take(&mut self, update: &Update) {
        match update {
            Update::Processes(processes) => {
                let present: HashSet<Uuid> = processes.iter().map(|process| process.uid).collect();
                self.wanted.retain(|uid, _| present.contains(uid));
                self.push("processes", &wire::processes(processes));
                self.push_problems();
            }
            Update::Tracks { uid, tracks } if self.is_of_interest(*uid) => {
                self.choose(*uid, tracks);
                let selection = self.filter.selection.as_ref();
                let update = wire::SeriesUpdate::new(
                    *uid,
                    tracks.iter().filter(|track| wire::wanted(selection, track)),
                );
                if !update.is_empty() {
                    let event = event("series", &update);
                    self.ready.push_back(event);
                }
            }
            Update::Samples(batch) if self.is_of_interest(batch.uid) => {
                if self.filter.selection.is_some() && !self.wanted.contains_key(&batch.uid) {
                    // Watched since before this client came.
                    let snapshot = self.controller.monitor().counters(batch.uid, Some(i64::MAX));
                    self.choose(batch.uid, snapshot.as_ref().map_or(&[], |snapshot| &snapshot.tracks));
                }
                let sample = wire::Sample::new(batch, self.wanted.get(&batch.uid).map(Vec::as_slice));
                let event = event("sample", &sample);
                self.ready.push_back(event);
            }
            Update::Tracks { .. } | Update::Samples(_) => {}
        }
    }

    fn is_of_interest(&self, uid: Uuid) -> bool {
        self.filter.uid.is_none_or(|wanted| wanted == uid)
    }

    fn choose(&mut self, uid: Uuid, tracks: &[Track]) {
        let Some(selection) = &self.filter.selection else { return };
        let chosen = tracks.iter().map(|track| wire::wanted(Some(selection), track)).collect();
        self.wanted.insert(uid, chosen);
    }

    /// Problems change together with the list.
    fn push_problems(&mut self) {
        let problems = self.controller.monitor().problems();
        if problems != self.problems {
            self.push("problems", &*problems);
            self.problems = problems;
        }
    }

    fn push(&mut self, name: &str, data: &(impl Serialize + ?Sized)) {
        self.ready.push_back(event(name, data));
    }
}

/// One event as the HTML standard has it, server-sent events: JSON has no line breaks, so the data is one line.
fn event(name: &str, data: &(impl Serialize + ?Sized)) -> Bytes {
    let mut text = format!("event: {name}\ndata: ").into_bytes();
    if serde_json::to_writer(&mut text, data).is_err() {
        // Our own shapes always become JSON; should that ever fail, the client gets a comment, which it skips.
        return Bytes::from_static(b": \n\n");
    }
    text.extend_from_slice(b"\n\n");
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::Options;
    use pipescope_engine::monitor::{Monitor, MonitorConfig, ProcessFilter};
    use tokio::sync::broadcast;

    /// No process has the id 0.
    fn watching_nobody() -> MonitorConfig {
        MonitorConfig {
            filter: ProcessFilter { pids: vec![0], names: Vec::new() },
            ..MonitorConfig::default()
        }
    }

    fn stream(backlog: usize) -> (broadcast::Sender<Update>, Live) {
        let controller = Controller::new(Monitor::start(watching_nobody()), Options::default());
        let permit = controller.permits().live_streams.take().expect("a free place");
        let (sender, updates) = broadcast::channel(backlog);
        let live = Live::new(controller, Filter { uid: None, selection: None }, permit);
        (sender, Live { updates, ..live })
    }

    async fn next(live: &mut Live) -> String {
        // The clock, and what is wrong on this machine, are not what these tests are about.
        loop {
            let event = live.next().await.expect("the stream goes on");
            let text = String::from_utf8_lossy(&event).into_owned();
            if !text.starts_with("event: clock") && !text.starts_with("event: problems") {
                return text;
            }
        }
    }

    #[tokio::test]
    async fn a_client_that_is_too_slow_is_told_what_it_missed() {
        let (sender, mut live) = stream(4);
        assert!(next(&mut live).await.starts_with("event: processes\ndata: ["));
        for _ in 0..10 {
            sender.send(Update::Processes([].into())).expect("the stream listens");
        }
        assert!(next(&mut live).await.starts_with("event: processes\n"), "the list as it is now");
        assert_eq!(next(&mut live).await, "event: skipped\ndata: {\"updates\":6}\n\n");
        for _ in 0..4 {
            assert_eq!(next(&mut live).await, "event: processes\ndata: []\n\n");
        }
        assert_eq!(live.controller.skipped_updates(), 6);
    }

    #[tokio::test]
    async fn the_end_of_the_monitor_is_the_end_of_the_stream() {
        let (sender, mut live) = stream(4);
        drop(sender);
        while live.next().await.is_some() {}
    }
}
