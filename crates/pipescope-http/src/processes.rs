//! `/processes`, `/process` and `/env`, as dotnet-monitor has them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use pipescope_engine::monitor::ProcessSummary;
use serde::Serialize;
use uuid::Uuid;

use crate::controller::Controller;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::select::Selector;

/// dotnet-monitor's `ProcessIdentifier`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessIdentifier {
    pid: u32,
    uid: Uuid,
    name: String,
    is_default: bool,
}

/// dotnet-monitor's `ProcessInfo`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessInfo {
    pid: u32,
    uid: Uuid,
    name: String,
    command_line: Option<String>,
    operating_system: Option<String>,
    process_architecture: Option<String>,
    managed_entry_point_assembly_name: Option<String>,
}

pub(crate) async fn processes(State(controller): State<Controller>) -> Json<Vec<ProcessIdentifier>> {
    let visible = controller.monitor().processes();
    let mut all: Vec<ProcessIdentifier> = visible
        .iter()
        .map(|process| ProcessIdentifier {
            pid: process.pid,
            uid: process.uid,
            name: process.name.clone(),
            is_default: visible.len() == 1,
        })
        .collect();
    all.sort_by_key(|process| process.pid);
    Json(all)
}

pub(crate) async fn process(
    State(controller): State<Controller>,
    parameters: Parameters,
) -> Result<Json<ProcessInfo>, Problem> {
    let visible = controller.monitor().processes();
    let process = Selector::read(&parameters)?.choose(&visible)?;
    Ok(Json(ProcessInfo {
        pid: process.pid,
        uid: process.uid,
        name: process.name.clone(),
        command_line: given(&process.command_line),
        operating_system: given(&process.operating_system),
        process_architecture: given(&process.architecture),
        managed_entry_point_assembly_name: process.entry_assembly.clone(),
    }))
}

/// The values as they are: whoever asks dotnet-monitor's route expects to work with them.
pub(crate) async fn environment(
    State(controller): State<Controller>,
    parameters: Parameters,
) -> Result<Json<BTreeMap<String, String>>, Problem> {
    let visible = controller.monitor().processes();
    let process = Selector::read(&parameters)?.choose(&visible)?;
    let variables = read_environment(process).await.map_err(Problem::bad_request)?;
    Ok(Json(variables))
}

/// The environment of a process, or why it cannot be had.
pub(crate) async fn read_environment(process: &ProcessSummary) -> Result<BTreeMap<String, String>, String> {
    let variables = process.client.environment().await.map_err(|error| error.to_string())?;
    Ok(variables.into_iter().collect())
}

/// Runtimes that do not know say an empty text; JSON has a word for that.
pub(crate) fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
