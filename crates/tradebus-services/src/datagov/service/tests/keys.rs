//! The gateway wants a key, and counts.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Desk, PathStyle, SEARCH, key_file, slugs};

const WRONG: &str = "correct-horse-battery-staple-is-no-key-x";
const OURS: &str = "ours-ours-ours-ours-ours-ours-ours-ours!";

#[rstest]
#[case::missing(None)]
#[case::wrong(Some(WRONG))]
#[tokio::test]
async fn without_a_good_key_it_is_unavailable(#[case] key: Option<&str>) {
    let file = key.map(key_file);
    let desk = Desk::with(PathStyle::Gateway, |settings| {
        if let Some(file) = &file {
            settings.give_key(file);
        }
    })
    .await;
    let error = desk.error(SEARCH, json!({"q": "oil"})).await;
    assert_eq!((&*error.code, desk.standin.total_calls()), ("unavailable", 1), "{error}");
    assert!(error.message.contains("api_key"), "{error}");
    let metrics = desk.data("datagov.metrics.get", Value::Null).await;
    let shown = format!("{error} {error:?} {metrics} {:?}", desk.service);
    assert!(!shown.contains(WRONG), "{shown}");
}

#[tokio::test]
async fn the_key_stands_in_the_header_only() {
    let file = key_file(OURS);
    let desk = Desk::with(PathStyle::Gateway, |settings| settings.give_key(&file)).await;
    desk.standin.limit_key(OURS, 10);
    assert_eq!(slugs(&desk.data(SEARCH, json!({"q": "oil prices"})).await).len(), 2);
    let seen = desk.standin.seen();
    assert_eq!(seen[0].headers["x-api-key"], OURS);
    assert!(!format!("{} {:?}", seen[0].path, seen[0].query).contains(OURS));
}

#[tokio::test]
async fn a_key_that_is_used_up() {
    let file = key_file(OURS);
    let desk = Desk::with(PathStyle::Gateway, |settings| settings.give_key(&file)).await;
    desk.standin.limit_key(OURS, 2);
    desk.data(SEARCH, json!({"q": "oil"})).await;
    desk.data(SEARCH, json!({"q": "gas"})).await;
    let error = desk.error(SEARCH, json!({"q": "rates"})).await;
    assert_eq!(error.code, "rate_limited");
    assert!(error.message.contains("try again after") && !error.message.contains(OURS), "{error}");
    assert!(desk.standin.total_calls() <= 3, "it is not asked again and again");
    assert!(desk.ask(SEARCH, json!({"q": "oil"})).await.cached, "what is known is given");
    let old = desk.ask_fresh(SEARCH, json!({"q": "oil"})).await;
    assert_eq!((old.success, &old.more["stale"]), (true, &json!(true)));
    let health = desk.data("datagov.health.check", Value::Null).await;
    assert_eq!(health["status"], "degraded", "{health}");
}
