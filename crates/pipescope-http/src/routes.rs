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
        ("/api/v1/problems", get(api::problems)),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use axum::http::{Method, Request, header};
    use pipescope_engine::monitor::{Monitor, MonitorConfig, ProcessFilter};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;
    use crate::controller::Options;

    /// No process has the id 0.
    fn watching_nobody() -> MonitorConfig {
        MonitorConfig {
            filter: ProcessFilter { pids: vec![0], names: Vec::new() },
            ..MonitorConfig::default()
        }
    }

    fn document() -> Value {
        serde_json::from_str(about::OPENAPI).expect("the document is JSON")
    }

    #[test]
    fn the_document_has_exactly_the_routes_there_are() {
        let documented: BTreeSet<String> =
            document()["paths"].as_object().expect("paths").keys().cloned().collect();
        let routed: BTreeSet<String> = table().into_iter().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(documented, routed);
    }

    #[tokio::test]
    async fn the_document_has_exactly_the_methods_that_are_answered() {
        let controller = Controller::new(Monitor::start(watching_nobody()), Options::default());
        let routes = router(controller);
        for (path, operations) in document()["paths"].as_object().expect("paths") {
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let documented = operations.get(method.as_str().to_lowercase()).is_some();
                // HEAD is answered wherever GET is, and starts nothing.
                let asked = if method == Method::GET { Method::HEAD } else { method.clone() };
                let uri = path.replace("{uid}", "0").replace("{file}", "none");
                let request = Request::builder().method(asked).uri(uri).header(header::HOST, "localhost");
                let response = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
                let answered = response.status() != StatusCode::METHOD_NOT_ALLOWED;
                assert_eq!(answered, documented, "{method} {path}: {}", response.status());
            }
        }
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str));
                    map.values().for_each(|value| references(value, found));
                }
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 40, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
