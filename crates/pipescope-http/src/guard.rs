//! What stands before every route: protection of a server on loopback from pages that a browser has open, and the
//! headers that every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::controller::{Controller, HostPolicy};
use crate::problem::Problem;

/// Names of this machine that no DNS server can hand out for another.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Headers of every answer, unless the route set its own. The pages load nothing from elsewhere and run no script that
/// did not come as a file from here; nobody may show them in a frame, or read answers from another origin.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

pub(crate) async fn guard(State(controller): State<Controller>, request: Request, next: Next) -> Response {
    let refusal =
        refuse_host(&controller.options().hosts, &request).or_else(|| refuse_foreign_page(request.headers()));
    let mut response = match refusal {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn refuse_host(policy: &HostPolicy, request: &Request) -> Option<Problem> {
    let HostPolicy::Loopback { also } = policy else { return None };
    // The target of the request beats the header (HTTP/1.1, host and :authority).
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).and_then(|value| value.to_str().ok()),
    };
    match host {
        Some(host) => {
            let name = without_port(host);
            let known = LOOPBACK_NAMES.iter().copied().chain(also.iter().map(String::as_str));
            let mut known = known.filter(|known| known.eq_ignore_ascii_case(name));
            known.next().is_none().then(|| {
                Problem::forbidden(format!(
                    "This server answers on loopback only under the names {}, not as '{name}'.",
                    LOOPBACK_NAMES.join(", ")
                ))
            })
        }
        // Nothing that runs in a browser speaks HTTP/1.0.
        None if request.version() < Version::HTTP_11 => None,
        None => Some(Problem::bad_request("The Host header is missing.")),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons inside the brackets of an IPv6 address are not a port's.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// Browsers say which site a request comes from. A page of another site may link here, but not make requests behind
/// its reader's back, such as starting traces.
fn refuse_foreign_page(headers: &HeaderMap) -> Option<Problem> {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    let foreign = is("sec-fetch-site", "cross-site") || is("sec-fetch-site", "same-site");
    (foreign && !is("sec-fetch-mode", "navigate"))
        .then(|| Problem::forbidden("Requests from pages of other sites are not answered."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn check(host: &str, also: &[&str], expected: bool) {
        let policy = HostPolicy::Loopback { also: also.iter().map(|&name| name.to_owned()).collect() };
        let request = Request::builder().uri("/").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(refuse_host(&policy, &request).is_none(), expected, "{host}");
        assert!(refuse_host(&HostPolicy::Any, &request).is_none());
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for host in ["localhost", "LOCALHOST:52323", "127.0.0.1:1", "127.0.0.1", "[::1]:52323", "[::1]"] {
            check(host, &[], true);
        }
        for host in
            ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "[::2]:80", "127.0.0.2", ""]
        {
            check(host, &[], false);
        }
        check("diag.example:443", &["diag.example"], true);
    }

    #[test]
    fn the_target_beats_the_header_and_http_10_needs_neither() {
        let policy = HostPolicy::Loopback { also: Vec::new() };
        let absolute = Request::builder().uri("http://evil.example/").header(header::HOST, "localhost");
        assert!(refuse_host(&policy, &absolute.body(Body::empty()).unwrap()).is_some());
        let bare = |version| Request::builder().uri("/").version(version).body(Body::empty()).unwrap();
        assert!(refuse_host(&policy, &bare(Version::HTTP_11)).is_some());
        assert!(refuse_host(&policy, &bare(Version::HTTP_10)).is_none());
    }

    #[test]
    fn other_sites_may_link_but_not_fetch() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v)))
                .collect::<HeaderMap>()
        };
        let foreign = ("sec-fetch-site", "cross-site");
        assert!(refuse_foreign_page(&headers(&[foreign, ("sec-fetch-mode", "no-cors")])).is_some());
        assert!(refuse_foreign_page(&headers(&[foreign])).is_some());
        assert!(refuse_foreign_page(&headers(&[foreign, ("sec-fetch-mode", "navigate")])).is_none());
        assert!(refuse_foreign_page(&headers(&[("sec-fetch-site", "same-origin")])).is_none());
        assert!(refuse_foreign_page(&headers(&[])).is_none());
    }
}
