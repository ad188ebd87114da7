//! Secrets go to the upstream, and nowhere else.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;
use tracing::subscriber::set_default;
use tracing_subscriber::filter::LevelFilter;

use super::quick;
use crate::standin::{Fault, Standin, Times};
use crate::upstream::{SecretSource, Upstream};

const SECRET: &str = "correct-horse-battery-staple";

/// A client of the catalogue that has a secret.
fn with_secret(standin: &Standin) -> (tempfile::TempDir, Upstream) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    let mut config = quick(&standin.catalog_url());
    config.secret_headers.insert("X-Api-Key".to_owned(), SecretSource::File(path));
    (directory, Upstream::new(config).unwrap())
}

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
async fn another_host_does_not_get_them() {
    let (standin, other) = (Standin::start().await.unwrap(), Standin::start().await.unwrap());
    let (_directory, upstream) = with_secret(&standin);
    standin.fail("", Fault::Redirect(format!("{}/search", other.catalog_url())), Times::Next(1));
    upstream.get(&["search"], &[]).await.unwrap();
    assert_eq!(standin.seen()[0].headers["x-api-key"], SECRET);
    assert!(!format!("{:?}", other.seen()).contains(SECRET));
    // The same host does.
    standin.fail("", Fault::Redirect("/api/stats".to_owned()), Times::Next(1));
    upstream.get(&["search"], &[]).await.unwrap();
    assert_eq!(standin.seen().last().unwrap().headers["x-api-key"], SECRET);
}

#[tokio::test]
async fn nobody_reads_them() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = set_default(subscriber);
    let standin = Standin::start().await.unwrap();
    let (_directory, upstream) = with_secret(&standin);
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
