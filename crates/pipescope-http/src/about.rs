//! `/info`, the probes, and the OpenAPI document.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::controller::Controller;
use crate::problem::Problem;

/// Kept by hand; a test compares it with the routes.
pub(crate) const OPENAPI: &str = include_str!("openapi.json");

/// dotnet-monitor's `DotnetMonitorInfo`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    version: String,
    runtime_version: String,
    diagnostic_port_mode: &'static str,
    diagnostic_port_name: Option<String>,
    capabilities: [Capability; 5],
}

#[derive(Debug, Serialize)]
pub(crate) struct Capability {
    name: &'static str,
    enabled: bool,
}

/// In dotnet-monitor's order.
const CAPABILITIES: [(&str, bool); 5] = [
    ("exceptions", false),
    ("parameters", false),
    ("call_stacks", false),
    ("metrics", true),
    ("http_egress", true),
];

pub(crate) async fn info(State(controller): State<Controller>) -> Json<Info> {
    Json(Info {
        version: controller.options().version.clone(),
        // dotnet-monitor gives the .NET version it runs on; there is none under us.
        runtime_version: "native".to_owned(),
        diagnostic_port_mode: "Connect",
        diagnostic_port_name: None,
        capabilities: CAPABILITIES.map(|(name, enabled)| Capability { name, enabled }),
    })
}

pub(crate) async fn healthy() -> &'static str {
    "healthy\n"
}

/// Ready until it is asked to close, so that a balancer stops sending before connections are refused.
pub(crate) async fn ready(State(controller): State<Controller>) -> Result<&'static str, Problem> {
    if controller.is_closing() {
        return Err(Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "The controller is closing."));
    }
    Ok("ready\n")
}

pub(crate) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], OPENAPI).into_response()
}
