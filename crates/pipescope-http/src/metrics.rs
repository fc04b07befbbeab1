//! `/metrics`: Prometheus text for every process, and how this controller itself is doing.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pipescope_engine::exposition::{self, Naming};

use crate::controller::Controller;
use crate::parameters::Parameters;
use crate::problem::Problem;

pub(crate) async fn metrics(
    State(controller): State<Controller>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let naming: Naming = match parameters.text("naming") {
        Some(text) => text
            .parse()
            .map_err(|error: exposition::UnknownNaming| Problem::bad_request(error.to_string()))?,
        None => Naming::default(),
    };
    let mut text = exposition::prometheus(controller.monitor(), naming);
    write_own(&mut text, &controller);
    Ok(([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response())
}

fn write_own(text: &mut String, controller: &Controller) {
    let permits = controller.permits();
    let families: [(&str, &str, &str, u64); 4] = [
        (
            "pipescope_http_live_streams",
            "gauge",
            "Event streams that are open",
            permits.live_streams.taken() as u64,
        ),
        (
            "pipescope_http_skipped_updates_total",
            "counter",
            "Updates that event streams left out because their client was too slow",
            controller.skipped_updates(),
        ),
        ("pipescope_http_traces", "gauge", "Traces that are being taken", permits.traces.taken() as u64),
        (
            "pipescope_http_livemetrics_streams",
            "gauge",
            "Streams of live metrics that are open",
            permits.live_metrics.taken() as u64,
        ),
    ];
    for (name, kind, help, value) in families {
        // Writing into a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
}
