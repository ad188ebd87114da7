//! The stand-in, compared with the facts about the services.

mod datagov;
mod dbnomics;
mod faults;

use http::HeaderMap;
use serde_json::Value;

use super::Standin;
use crate::upstream::tls;

/// What came back.
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The names of an object's fields, as they came.
    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }
}

/// Asks without any politeness.
async fn ask(url: &str, headers: &[(&str, &str)]) -> Got {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(None).unwrap())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let request =
        headers.iter().fold(client.get(url), |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Got { status, headers, text: response.text().await.unwrap() }
}

async fn get(base: &str, path: &str) -> Got {
    ask(&format!("{base}{path}"), &[]).await
}

#[tokio::test]
async fn it_ends_when_it_is_stopped() {
    let standin = Standin::start().await.unwrap();
    let url = standin.url();
    assert_eq!(get(&url, "/search").await.status, 200);
    standin.stop().await;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(None).unwrap())
        .no_proxy()
        .build()
        .unwrap();
    assert!(client.get(format!("{url}/search")).send().await.unwrap_err().is_connect());
}
