//! The pages, with and without a build that has them.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use pipescope_http::router;
use tower::ServiceExt as _;

use crate::client::{Client, request};

/// The addresses in the page's own markup.
fn linked(page: &str) -> Vec<String> {
    page.split('"')
        .filter(|text| text.starts_with("./"))
        .map(|text| text.trim_start_matches('.').to_owned())
        .collect()
}

#[tokio::test]
async fn the_page_and_all_it_links_to_are_served() {
    let client = Client::alone();
    let page = client.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    let text = page.text();
    if text.contains("This build has no pages") {
        // A build without Node: the page says so and leads to what there is.
        assert!(text.contains("npm ci") && text.contains("metrics") && text.contains("api/v1/processes"));
        return;
    }
    assert!(!text.contains("http://") && !text.contains("https://"), "nothing comes from elsewhere: {text}");
    let links = linked(&text);
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        let plain = client.get(&link).await;
        assert_eq!(plain.status, StatusCode::OK, "{link}");
        assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));
        let tag = plain.headers[header::ETAG].clone();

        let mut again = request(Method::GET, &link);
        again.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
        let again = client.ask(again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{link}");

        let mut small = request(Method::GET, &link);
        small.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        let small = client.ask(small).await;
        if small.headers.contains_key(header::CONTENT_ENCODING) {
            assert!(small.body.starts_with(&[0x1F, 0x8B]) && small.body.len() < plain.body.len(), "{link}");
        }
        if link.starts_with("/assets/") {
            assert!(plain.header(header::CACHE_CONTROL).contains("immutable"), "{link}");
        }
    }
}

#[tokio::test]
async fn a_head_request_has_the_headers_and_no_body() {
    let client = Client::alone();
    for path in ["/", "/processes", "/openapi.json", "/metrics"] {
        let answer = client.ask(request(Method::HEAD, path)).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0), "{path}");
        assert_eq!(
            answer.headers[header::CONTENT_TYPE],
            client.get(path).await.headers[header::CONTENT_TYPE]
        );
    }
}

#[tokio::test]
async fn clients_that_want_json_get_the_openapi_document_at_the_root() {
    let client = Client::alone();
    let mut json = request(Method::GET, "/");
    json.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    assert_eq!(client.ask(json).await.json()["openapi"], "3.0.4");
    let mut browser = request(Method::GET, "/");
    browser
        .headers_mut()
        .insert(header::ACCEPT, HeaderValue::from_static("text/html,application/json;q=0.9"));
    assert!(client.ask(browser).await.header(header::CONTENT_TYPE).starts_with("text/html"));
}

#[tokio::test]
async fn mounted_below_a_path_the_page_finds_its_files() {
    let client = Client::alone();
    let mounted = Router::new().nest("/deep/diag", router(client.controller.clone()));
    let ask = async |path: &str| {
        let request =
            Request::builder().uri(path).header(header::HOST, "localhost").body(Body::empty()).unwrap();
        let response = mounted.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, page) = ask("/deep/diag").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<base href=\"/deep/diag/\">"), "{page}");
    assert_eq!(ask("/deep/diag/-/healthy").await, (StatusCode::OK, "healthy\n".to_owned()));
    assert_eq!(ask("/deep/diag/nowhere").await.0, StatusCode::NOT_FOUND);
}
