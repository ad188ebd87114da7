//! Secrets go to the upstream, and nowhere else. That they do not get into logs is tested in `tests/logs.rs`.

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
