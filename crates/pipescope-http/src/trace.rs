//! `/trace`: a `.nettrace` file, streamed while it is taken.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body as ResponseBody, Bytes};
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pipescope_engine::monitor::ProcessSummary;
use pipescope_engine::recording::{Flow, Outcome, Recording, TraceRequest};
use pipescope_engine::settling;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use crate::body::Body;
use crate::controller::Controller;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::pump::{self, End, Pump};
use crate::select::Selector;
use crate::spool::Spool;
use crate::trace_request::{self, EventPipeConfiguration};

pub(crate) async fn by_profile(
    State(controller): State<Controller>,
    method: Method,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let request = trace_request::of_profiles(&parameters)?;
    answer(&controller, &method, &parameters, &request).await
}

pub(crate) async fn by_configuration(
    State(controller): State<Controller>,
    method: Method,
    parameters: Parameters,
    Body(configuration): Body<EventPipeConfiguration>,
) -> Result<Response, Problem> {
    answer(&controller, &method, &parameters, &configuration.request()?).await
}

async fn answer(
    controller: &Controller,
    method: &Method,
    parameters: &Parameters,
    request: &TraceRequest,
) -> Result<Response, Problem> {
    pump::refuse_egress(parameters)?;
    let duration = pump::duration(parameters)?;
    let visible = controller.monitor().processes();
    let process = Selector::read(parameters)?.choose(&visible)?;
    let file = format!("{}_{}.nettrace", Timestamp::now().strftime("%Y%m%d_%H%M%S"), process.pid);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename={file}")),
    ];
    if method == Method::HEAD {
        // Says what GET would say, without a session in the target.
        controller.permits().traces.check()?;
        return Ok((headers, ResponseBody::empty()).into_response());
    }
    let permit = controller.permits().traces.take()?;
    let body = start(controller, process, request, duration, permit).await?;
    Ok((headers, body).into_response())
}

async fn start(
    controller: &Controller,
    process: &ProcessSummary,
    request: &TraceRequest,
    duration: Option<Duration>,
    permit: OwnedSemaphorePermit,
) -> Result<ResponseBody, Problem> {
    if request.has_managed_providers() {
        settling::settled(process.pid, process.start_key).await;
    }
    let recording = Recording::start_composed(&process.client, request)
        .await
        .map_err(|error| Problem::bad_request(format!("The trace could not be started: {error}")))?;
    let (pump, body) = pump::channel(duration, controller.closing());
    let pid = process.pid;
    // The task ends when the client goes away, so nobody needs to wait for it.
    tokio::spawn(async move {
        match run(recording, pump).await {
            Some(Outcome { problem: Some(problem), progress, .. }) => {
                tracing::warn!(
                    pid,
                    bytes = progress.bytes,
                    events = progress.events,
                    "trace ended early: {problem}"
                );
            }
            Some(Outcome { progress, .. }) => {
                tracing::info!(
                    pid,
                    bytes = progress.bytes,
                    events = progress.events,
                    lost = progress.lost,
                    "trace taken"
                );
            }
            None => tracing::info!(pid, "trace abandoned by its client"),
        }
        drop(permit);
    });
    Ok(body)
}

/// Passes on what the runtime sends until it is time to stop. `None` when the client went away.
async fn run(mut recording: Recording, pump: Pump) -> Option<Outcome> {
    let mut chunk = Vec::new();
    loop {
        // The time can be over while a client that is slow has yet to take what is in `chunk`.
        let end = tokio::select! {
            biased;
            end = pump.end() => end,
            room = pump.room(), if !chunk.is_empty() => match room {
                Some(room) => {
                    room.fill(Bytes::copy_from_slice(&chunk));
                    chunk.clear();
                    continue;
                }
                None => End::Abandoned,
            },
            flow = recording.next(&mut chunk), if chunk.is_empty() => match flow {
                Ok(Flow::Bytes) => continue,
                // An error of the connection ends the stream as its end does; the outcome tells them apart.
                Ok(Flow::Ended) | Err(_) => return Some(recording.ended()),
            },
        };
        return match end {
            End::Complete => stop(recording, &pump, &chunk).await,
            End::Abandoned => abandon(recording).await,
        };
    }
}

/// Stops the session and passes on what the runtime still has to say, which can be tens of megabytes. The runtime is
/// read at its own pace, the client gets it at its own. `pending` comes first.
async fn stop(recording: Recording, pump: &Pump, pending: &[u8]) -> Option<Outcome> {
    let spool = Mutex::new(Spool::default());
    let pushed = Notify::new();
    let lock = || spool.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stopping = pin!(recording.stop(|bytes| {
        lock().push(bytes);
        pushed.notify_one();
    }));
    if !pending.is_empty() {
        lock().push(pending);
    }
    let mut stopped = None;
    loop {
        let waiting = !lock().is_empty();
        let room = tokio::select! {
            result = &mut stopping, if stopped.is_none() => {
                stopped = Some(result.ok());
                continue;
            }
            room = pump.room(), if waiting => room,
            () = pushed.notified(), if !waiting && stopped.is_none() => continue,
            else => break,
        };
        let Some(room) = room else {
            lock().discard();
            if stopped.is_none() {
                // The session still ends in good order; that its client left is all there is to say.
                let _ = stopping.await;
            }
            return None;
        };
        if let Some(chunk) = lock().pop() {
            room.fill(chunk);
        }
    }
    let lost = lock().lost();
    stopped.flatten().map(|outcome| match lost {
        0 => outcome,
        lost => {
            Outcome { complete: false, problem: Some(format!("{lost} bytes could not be kept")), ..outcome }
        }
    })
}

async fn abandon(recording: Recording) -> Option<Outcome> {
    // Whether it could be stopped in good order matters to nobody here; the session ends with its connection.
    if let Err(error) = recording.stop(|_| {}).await {
        tracing::debug!("an abandoned trace was not stopped in good order: {error}");
    }
    None
}
