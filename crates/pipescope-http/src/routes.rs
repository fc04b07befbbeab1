//! Every route, in one table.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};

use crate::controller::Controller;
use crate::problem::Problem;
use crate::{about, api, guard, live, live_metrics, metrics, pages, processes, trace};

/// The routes, ready to be served or to be nested below a path of another router.
pub fn router(controller: Controller) -> Router {
    let router =
        table().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(controller.clone(), guard::guard))
        .with_state(controller)
}

/// Path and handlers. HEAD is answered wherever GET is.
fn table() -> Vec<(&'static str, MethodRouter<Controller>)> {
    vec![
        // dotnet-monitor's.
        ("/", get(pages::index)),
        ("/processes", get(processes::processes)),
        ("/process", get(processes::process)),
        ("/env", get(processes::environment)),
        ("/info", get(about::info)),
        ("/trace", get(trace::by_profile).post(trace::by_configuration)),
        ("/livemetrics", get(live_metrics::configured).post(live_metrics::chosen)),
        ("/metrics", get(metrics::metrics)),
        // Ours.
        ("/api/v1/processes", get(api::processes)),
        ("/api/v1/processes/{uid}/counters", get(api::counters)),
        ("/api/v1/processes/{uid}/environment", get(api::environment)),
        ("/api/v1/live", get(live::live)),
        ("/openapi.json", get(about::openapi)),
        ("/-/healthy", get(about::healthy)),
        ("/-/ready", get(about::ready)),
        ("/favicon.svg", get(pages::favicon)),
        ("/assets/{file}", get(pages::asset)),
    ]
}

async fn not_found() -> Problem {
    Problem::not_found("There is no such route. /openapi.json lists all of them.")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "The route does not take this method.")
}
