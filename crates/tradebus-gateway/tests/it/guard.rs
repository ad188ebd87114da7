//! Who may come in.

use reqwest::{Method, StatusCode};
use secrecy::SecretString;

use crate::support::{Open, answer, header, open, open_with};

const TOKEN: &str = "correct-horse-battery";

async fn with_token() -> Open {
    open_with(|settings| settings.token = Some(SecretString::from(TOKEN))).await
}

#[tokio::test]
async fn names_that_are_not_ours_are_refused() {
    let open = open_with(|settings| settings.hosts = vec!["desk.example".to_owned()]).await;
    for (host, expected) in [
        ("localhost", StatusCode::OK),
        ("desk.example:80", StatusCode::OK),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let status = answer(open.request(Method::GET, "/health/live").header("host", host)).await.0;
        assert_eq!(status, expected, "{host}");
    }
    open.close().await;
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let open = open().await;
    let post = || {
        let request = open.request(Method::POST, "/api/v1/messages").body(r#"{"topic":"t"}"#);
        request.header("content-type", "application/json")
    };
    assert_eq!(answer(post()).await.0, StatusCode::OK);
    assert_eq!(answer(post().header("origin", open.gateway.url())).await.0, StatusCode::OK);
    assert_eq!(answer(post().header("origin", "http://evil.example")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(answer(post().header("sec-fetch-site", "cross-site")).await.0, StatusCode::FORBIDDEN);
    // A form of another site can send text without being asked.
    let form = open.request(Method::POST, "/api/v1/messages").header("content-type", "text/plain");
    assert_eq!(answer(form.body(r#"{"topic":"t"}"#)).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    open.close().await;
}

#[tokio::test]
async fn without_the_token_nobody_comes_in() {
    let open = with_token().await;
    let get = |path: &str| open.request(Method::GET, path);
    for path in ["/api/v1/snapshot", "/api/v1/subscribe?pattern=*", "/metrics", "/openapi.json", "/nowhere"] {
        let response = get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(header(&response, "www-authenticate").starts_with("Bearer"));
        assert_eq!(answer(get(path).bearer_auth("wrong")).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(answer(get("/api/v1/snapshot").bearer_auth(TOKEN)).await.0, StatusCode::OK);
    assert_eq!(answer(get("/health/live")).await.0, StatusCode::OK);
    let page = get("/").send().await.unwrap();
    assert_eq!((page.status(), header(&page, "location").as_str()), (StatusCode::SEE_OTHER, "/login"));
    open.close().await;
}

#[tokio::test]
async fn a_browser_logs_in_and_out() {
    let open = with_token().await;
    let login = async |token: &str| {
        let form =
            open.request(Method::POST, "/login").header("content-type", "application/x-www-form-urlencoded");
        form.body(format!("token={token}")).send().await.unwrap()
    };
    let wrong = login("wrong").await;
    assert_eq!(
        (wrong.status(), header(&wrong, "location").as_str()),
        (StatusCode::SEE_OTHER, "/login?failed")
    );
    assert_eq!(header(&wrong, "set-cookie"), "");
    let right = login(TOKEN).await;
    let cookie = header(&right, "set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with = |method: Method, path: &str| open.request(method, path).header("cookie", &cookie);
    assert_eq!(with(Method::GET, "/").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(answer(with(Method::GET, "/api/v1/session")).await.1["login"], true);
    assert_eq!(with(Method::POST, "/logout").send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(answer(with(Method::GET, "/api/v1/snapshot")).await.0, StatusCode::UNAUTHORIZED);
    open.close().await;
}

#[tokio::test]
async fn guessing_is_slow() {
    let open = open_with(|settings| {
        settings.token = Some(SecretString::from(TOKEN));
        settings.limits.wrong_tokens_per_minute = 3;
    })
    .await;
    let ask =
        async |token: &str| answer(open.request(Method::GET, "/api/v1/snapshot").bearer_auth(token)).await.0;
    for _ in 0..3 {
        assert_eq!(ask("wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ask(TOKEN).await, StatusCode::TOO_MANY_REQUESTS, "also the right one waits");
    open.close().await;
}

#[tokio::test]
async fn an_address_that_others_can_reach_needs_a_token() {
    let open = open().await;
    let everywhere = tradebus_gateway::GatewaySettings::new(([0, 0, 0, 0], 0).into());
    let loaded = tradebus::config::Loader::new().load().unwrap();
    let node = tradebus_gateway::Node { bus: open.bus.clone(), config: loaded, services: Vec::new() };
    let error = tradebus_gateway::Gateway::open(everywhere, node).await.unwrap_err();
    assert!(error.to_string().contains("a token is needed"), "{error}");
    open.close().await;
}

#[tokio::test]
async fn a_client_makes_only_so_many_requests() {
    let open = open_with(|settings| settings.limits.requests_per_second = 1).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(answer(open.request(Method::GET, "/health/live")).await.0);
    }
    assert_eq!(statuses[0], StatusCode::OK);
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    open.close().await;
}
