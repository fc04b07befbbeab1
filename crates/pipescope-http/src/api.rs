//! `/api/v1/processes...`: what the pages read.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use pipescope_engine::counters::CounterSelection;
use uuid::Uuid;

use crate::controller::Controller;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::processes::read_environment;
use crate::wire;

pub(crate) async fn processes(State(controller): State<Controller>) -> Json<Vec<wire::Process>> {
    Json(wire::processes(&controller.monitor().processes()))
}

/// Processes that are there but cannot be watched at all, one line each.
pub(crate) async fn problems(State(controller): State<Controller>) -> Json<Vec<String>> {
    Json(controller.monitor().problems().to_vec())
}

pub(crate) async fn counters(
    State(controller): State<Controller>,
    Path(uid): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let uid = parse_uid(&uid)?;
    let since = parameters.parsed("since", "a time in milliseconds since the Unix epoch")?;
    let selection = selection(&parameters)?;
    let snapshot = controller.monitor().counters(uid, since).ok_or_else(|| unknown(uid))?;
    let counters = wire::Counters::new(&snapshot, selection.as_ref());
    let json = serde_json::to_vec(&counters).map_err(|error| Problem::process_failed(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response())
}

pub(crate) async fn environment(
    State(controller): State<Controller>,
    Path(uid): Path<String>,
    parameters: Parameters,
) -> Result<Json<BTreeMap<String, String>>, Problem> {
    let uid = parse_uid(&uid)?;
    let show = match parameters.text("secrets") {
        None | Some("mask") => false,
        Some("show") => true,
        Some(_) => return Err(Problem::bad_request("secrets is 'mask' or 'show'.")),
    };
    let process = controller.monitor().process(uid).ok_or_else(|| unknown(uid))?;
    let mut variables = read_environment(&process).await.map_err(Problem::process_failed)?;
    if !show {
        let mask = controller.options().mask;
        for (name, value) in &mut variables {
            *value = mask(name, value).into_owned();
        }
    }
    Ok(Json(variables))
}

fn parse_uid(text: &str) -> Result<Uuid, Problem> {
    text.parse()
        .map_err(|_| Problem::bad_request(format!("'{text}' is not the uid of a process: it is a GUID.")))
}

/// `counters=`, in the grammar of the command line's `--counters`.
pub(crate) fn selection(parameters: &Parameters) -> Result<Option<CounterSelection>, Problem> {
    parameters
        .text("counters")
        .map(|text| text.parse().map_err(|error| Problem::bad_request(format!("counters: {error}"))))
        .transpose()
}

fn unknown(uid: Uuid) -> Problem {
    Problem::not_found(format!("There is no process with uid {uid} (any more)."))
}
