//! The pages, which the build put into the binary. See `build.rs` for where they come from.

use axum::extract::{OriginalUri, Path};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::about;
use crate::problem::Problem;

/// A file of the pages.
#[derive(Debug)]
struct Asset {
    /// Below the page's own address.
    path: &'static str,
    content_type: &'static str,
    etag: &'static str,
    bytes: &'static [u8],
    /// The same compressed, where that is smaller.
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The names of these files change with their content.
const HASHED: &str = "assets/";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// `/`: the page; for clients that want JSON and no page, the OpenAPI document, which dotnet-monitor has there.
pub(crate) async fn index(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    if prefers_json(&headers) {
        return about::openapi().await;
    }
    let page = match find("index.html") {
        Some(asset) => String::from_utf8_lossy(asset.bytes).into_owned(),
        None => WITHOUT_PAGES.to_owned(),
    };
    // Mounted as /diag and asked for without a slash at the end, relative addresses would miss the mount.
    let page = if uri.path().ends_with('/') {
        page
    } else {
        page.replacen("<head>", &format!("<head><base href=\"{}/\">", escape(uri.path())), 1)
    };
    ([(header::CONTENT_TYPE, HTML), (header::CACHE_CONTROL, ASK_AGAIN)], page).into_response()
}

pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    serve("favicon.svg", &headers)
}

pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("{HASHED}{file}"), &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = find(path) else {
        return Problem::not_found(format!("There is no file {path}.")).into_response();
    };
    let caching = if path.starts_with(HASHED) { FOREVER } else { ASK_AGAIN };
    let mut response = if accepts(headers, header::IF_NONE_MATCH, asset.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let compressed = asset.gzip.filter(|_| accepts(headers, header::ACCEPT_ENCODING, "gzip"));
        let mut response = compressed.unwrap_or(asset.bytes).into_response();
        if compressed.is_some() {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    fields.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    fields.insert(header::CACHE_CONTROL, caching);
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn find(path: &str) -> Option<&'static Asset> {
    PAGES.iter().find(|asset| asset.path == path)
}

/// Whether `name` is among the values of a list header, and not turned down with a weight of zero.
fn accepts(headers: &HeaderMap, field: header::HeaderName, name: &str) -> bool {
    headers
        .get_all(field)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let (value, weight) = item.split_once(';').unwrap_or((item, ""));
            let value = value.trim();
            let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
            (value.strip_prefix("W/").unwrap_or(value) == name || value == "*") && !refused
        })
}

fn prefers_json(headers: &HeaderMap) -> bool {
    accepts(headers, header::ACCEPT, "application/json") && !accepts(headers, header::ACCEPT, "text/html")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// What `/` says in a build without pages.
const WITHOUT_PAGES: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>pipescope</title></head>
<body>
<h1>pipescope</h1>
<p>This build has no pages: there was no Node.js when it was made, or its packages could not be fetched.
Everything else is here:</p>
<ul>
<li><a href="api/v1/processes">the processes, as JSON</a></li>
<li><a href="metrics">the metrics of every process, for Prometheus</a></li>
<li><a href="openapi.json">all routes, as an OpenAPI document</a></li>
</ul>
<p>To get the pages, install Node.js 20.19 or later with npm and build again, or run
<code>npm ci &amp;&amp; npm run build</code> in the folder <code>web</code> of the source and build again.</p>
</body>
</html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, name: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(field).unwrap());
        assert_eq!(accepts(&headers, header::ACCEPT, name), expected, "{field}");
    }

    #[test]
    fn list_headers_are_read_item_by_item() {
        check("gzip, deflate, br", "gzip", true);
        check("br;q=1.0, gzip;q=0.5", "gzip", true);
        check("gzip;q=0", "gzip", false);
        check("deflate", "gzip", false);
        check("*", "gzip", true);
        check("W/\"abc\"", "\"abc\"", true);
        check("notgzip", "gzip", false);
    }
}
