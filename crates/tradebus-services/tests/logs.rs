//! No secret gets into logs, errors or `Debug` output.
//!
//! A program of its own, with one test: which places log at all is decided for the whole process.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::LevelFilter;
use tradebus_services::standin::{Fault, Standin, Times};
use tradebus_services::upstream::{SecretSource, Upstream, UpstreamConfig};

const SECRET: &str = "correct-horse-battery-staple";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nobody_reads_them() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    set_global_default(subscriber).unwrap();
    let standin = Standin::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    let mut config =
        UpstreamConfig { retry_min_ms: 1, retry_max_ms: 1, ..UpstreamConfig::new(standin.catalog_url()) };
    config.secret_headers.insert("X-Api-Key".to_owned(), SecretSource::File(path));
    let upstream = Upstream::new(config).unwrap();
    let echo = json!({"error": {"code": SECRET, "message": format!("the key {SECRET} is no good")}});
    standin.fail("", Fault::Html(502), Times::Next(1));
    upstream.get(&["search"], &[]).await.unwrap();
    standin.fail("", Fault::Json(403, echo, vec![]), Times::Next(1));
    let error = upstream.get(&["search"], &[]).await.unwrap_err();
    assert!(error.to_string().contains("the key *** is no good"), "{error}");
    let shown = format!("{error:?} {upstream:?} {:?}", upstream.status());
    assert!(!shown.contains(SECRET), "{shown}");
    let logged = String::from_utf8_lossy(&written.0.lock()).into_owned();
    assert!(logged.contains("trying again"), "something was logged");
    assert!(!logged.contains(SECRET));
}
