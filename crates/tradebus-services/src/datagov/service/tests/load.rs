//! Walks into the catalogue on disk.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tradebus::{SubscribeOptions, Subscription};

use super::{CATALOGUE, Desk, LOAD, PathStyle, SEARCH, slugs, within};
use crate::standin::{Fault, Route, Times};

/// What the walks of a desk say about themselves.
struct Told(Subscription);

impl Told {
    async fn of(desk: &Desk) -> Self {
        Self(desk.bus.subscribe("data.datagov.load.*", SubscribeOptions::default()).await.unwrap())
    }

    async fn next(&mut self) -> Value {
        let message = within("a message of a walk", self.0.next()).await.unwrap();
        serde_json::from_slice(&message.payload).unwrap()
    }

    /// What is said at the end.
    async fn end(&mut self) -> Value {
        loop {
            let told = self.next().await;
            if told["state"] != "running" {
                return told;
            }
        }
    }
}

/// Whose catalogue is in this folder.
async fn desk_in(folder: &TempDir) -> Desk {
    let path = folder.path().join("datagov.sqlite");
    Desk::with(PathStyle::Catalog, |settings| settings.catalogue.path = Some(path)).await
}

async fn loaded(desk: &Desk) -> Vec<String> {
    let mut found = slugs(&desk.data(SEARCH, json!({"local": true, "per_page": 1000})).await);
    found.sort();
    found
}

fn all(desk: &Desk) -> Vec<String> {
    let mut all = desk.standin.dataset_slugs();
    all.sort();
    all
}

fn page(slug: &str, after: Option<&str>) -> Fault {
    let page = json!({"results": [{"title": slug, "slug": slug}], "after": after, "sort": "relevance"});
    Fault::Json(200, page, vec![])
}

#[tokio::test]
async fn a_walk_fills_the_catalogue_and_tells_of_it() {
    let desk = Desk::open().await;
    let empty = desk.data(CATALOGUE, Value::Null).await;
    assert_eq!((&empty["records"], &empty["path"], &empty["walks"]), (&json!(0), &Value::Null, &json!([])));
    let mut told = Told::of(&desk).await;
    let begun = desk.ask(LOAD, json!({"per_page": 7})).await;
    assert_eq!(begun.more["source"], "standin");
    let begun = begun.into_data().unwrap();
    assert_eq!(
        (&begun["state"], &begun["resumed"], &begun["records"]),
        (&json!("running"), &json!(false), &json!(0))
    );
    assert_eq!(begun["topic"], format!("data.datagov.load.{}", begun["load"].as_str().unwrap()));
    let first = told.next().await;
    assert_eq!((&first["pages"], &first["records"], &first["new"]), (&json!(1), &json!(7), &json!(7)));
    let end = told.end().await;
    let count = desk.standin.dataset_slugs().len();
    assert_eq!((&end["state"], &end["load"], end.get("message")), (&json!("done"), &begun["load"], None));
    assert_eq!((&end["records"], &end["new"], &end["replaced"]), (&json!(count), &json!(count), &json!(0)));
    assert_eq!(end["pages"], count.div_ceil(7));
    assert!(end["elapsed_ms"].is_u64());
    assert_eq!(loaded(&desk).await, all(&desk));
    let holds = desk.data(CATALOGUE, Value::Null).await;
    assert_eq!((&holds["records"], &holds["walks"][0]["state"]), (&json!(count), &json!("done")));
    assert_eq!((&holds["walks"][0]["load"], &holds["walks"][0]["per_page"]), (&begun["load"], &json!(7)));
    assert!(holds["bytes"].as_u64().unwrap() > 0 && holds["max_bytes"] == 4_u64 << 30);
}

#[tokio::test]
async fn pages_are_not_kept_among_the_answers_and_a_walk_that_is_done_begins_anew() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    for times in 1..=2 {
        let begun = desk.data(LOAD, json!({})).await;
        assert_eq!(begun["resumed"], false);
        let end = told.end().await;
        assert_eq!(desk.standin.calls(Route::DatagovSearch), times);
        assert_eq!(end["replaced"] == 0, times == 1, "{end}");
    }
    let metrics = desk.data("datagov.metrics.get", Value::Null).await;
    assert_eq!(metrics["cache"]["misses"], 0, "{metrics}");
}

#[tokio::test]
async fn a_walk_goes_on_when_the_service_runs_again() {
    let folder = TempDir::new().unwrap();
    let desk = desk_in(&folder).await;
    let mut told = Told::of(&desk).await;
    desk.ask(LOAD, json!({"per_page": 3})).await.into_data().unwrap();
    told.next().await;
    // It may be further already; from here on nothing more comes.
    desk.standin.fail("", Fault::Slow(Duration::from_mins(10)), Times::Always);
    let desk = desk.again(|_settings, standin| standin.heal()).await;
    let end = told.end().await;
    assert_eq!(end["state"], "done");
    let count = desk.standin.dataset_slugs().len();
    assert_eq!((&end["records"], &end["pages"]), (&json!(count), &json!(count.div_ceil(3))));
    assert_eq!(loaded(&desk).await, all(&desk));
    let mut asked: HashMap<Option<String>, usize> = HashMap::new();
    for seen in desk.standin.seen() {
        *asked.entry(seen.query).or_default() += 1;
    }
    assert_eq!(asked.len(), count.div_ceil(3));
    assert!(
        asked.values().sum::<usize>() <= asked.len() + 1,
        "the page under way is asked for again: {asked:?}"
    );
}

#[tokio::test]
async fn a_walk_that_failed_goes_on_when_it_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let desk = desk_in(&folder).await;
    let mut told = Told::of(&desk).await;
    let real = desk.data(SEARCH, json!({"per_page": 5})).await;
    let first = page("own", real["after"].as_str());
    desk.standin.fail("", first, Times::Next(1));
    desk.standin.fail("", Fault::Html(403), Times::Always);
    desk.ask(LOAD, json!({"per_page": 5})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!((&end["state"], &end["records"]), (&json!("failed"), &json!(1)));
    assert!(end["message"].as_str().unwrap().contains("403"), "{end}");
    desk.standin.heal();
    // Also after the service has ended, and then of itself it does nothing.
    let desk = desk.again(|_settings, _standin| {}).await;
    let begun = desk.data(LOAD, json!({"per_page": 5})).await;
    assert_eq!((&begun["resumed"], &begun["records"], &begun["pages"]), (&json!(true), &json!(1), &json!(1)));
    let end = told.end().await;
    let count = desk.standin.dataset_slugs().len();
    assert_eq!((&end["state"], &end["records"]), (&json!("done"), &json!(count - 5 + 1)));
}

#[tokio::test]
async fn restart_begins_with_the_first_page() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    desk.ask(LOAD, json!({"max_records": 4})).await.into_data().unwrap();
    assert_eq!(told.end().await["records"], 4);
    let begun = desk.data(LOAD, json!({"max_records": 6, "restart": true})).await;
    assert_eq!((&begun["resumed"], &begun["records"]), (&json!(false), &json!(0)));
    let end = told.end().await;
    assert_eq!((&end["records"], &end["new"], &end["replaced"]), (&json!(6), &json!(2), &json!(4)));
}

#[tokio::test]
async fn a_walk_stops_at_its_bound_and_goes_on_from_there() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    desk.ask(LOAD, json!({"per_page": 4, "max_records": 6})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!((&end["state"], &end["records"], &end["pages"]), (&json!("stopped"), &json!(6), &json!(2)));
    assert!(end["message"].as_str().unwrap().contains("`max_records` allows, which is 6"), "{end}");
    let calls = desk.standin.total_calls();
    let again = desk.data(LOAD, json!({"max_records": 5})).await;
    assert_eq!((&again["state"], &again["records"]), (&json!("stopped"), &json!(6)));
    assert_eq!(desk.standin.total_calls(), calls, "there is nothing to do");
    let begun = desk.data(LOAD, json!({})).await;
    assert_eq!((&begun["state"], &begun["resumed"]), (&json!("running"), &json!(true)));
    let end = told.end().await;
    let count = desk.standin.dataset_slugs().len();
    assert_eq!((&end["state"], &end["records"], &end["new"]), (&json!("done"), &json!(count), &json!(count)));
}

#[tokio::test]
async fn a_cursor_that_is_not_taken_leads_to_the_beginning_once() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    desk.standin.fail("", page("before", Some("notacursor")), Times::Next(1));
    desk.ask(LOAD, json!({})).await.into_data().unwrap();
    assert_eq!(told.next().await["records"], 1);
    let anew = told.next().await;
    assert_eq!((&anew["state"], &anew["records"]), (&json!("running"), &json!(0)));
    assert!(anew["message"].as_str().unwrap().contains("begun anew from the first page"), "{anew}");
    let end = told.end().await;
    assert_eq!(
        (&end["state"], &end["records"]),
        (&json!("done"), &json!(desk.standin.dataset_slugs().len()))
    );

    for _ in 0..2 {
        desk.standin.fail("", page("again", Some("notacursor")), Times::Next(1));
        desk.standin.fail("", Fault::Html(500), Times::Next(1));
    }
    desk.ask(LOAD, json!({"q": "oil"})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!(end["state"], "failed");
    assert!(end["message"].as_str().unwrap().contains("the cursor is not"), "{end}");
}

#[tokio::test]
async fn a_circle_ends_a_walk() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    desk.standin.fail("", Fault::EndlessPages, Times::Always);
    desk.ask(LOAD, json!({"per_page": 5})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!((&end["state"], &end["pages"]), (&json!("failed"), &json!(2)));
    assert!(end["message"].as_str().unwrap().contains("circle"), "{end}");
    desk.standin.heal();
    assert_eq!(desk.data(LOAD, json!({"per_page": 5})).await["resumed"], false, "its cursor leads nowhere");
    assert_eq!(told.end().await["state"], "done");
}

#[tokio::test]
async fn what_cannot_be_read_is_counted() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    let results = json!([7, {"title": "T", "slug": "t"}, {"_sort": ["abc"]}]);
    desk.standin.fail("", Fault::Json(200, json!({"results": results}), vec![]), Times::Next(1));
    desk.ask(LOAD, json!({})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!((&end["state"], &end["records"], &end["unreadable"]), (&json!("done"), &json!(1), &json!(2)));
    desk.standin.fail("", Fault::BrokenJson, Times::Always);
    desk.ask(LOAD, json!({})).await.into_data().unwrap();
    let end = told.end().await;
    assert!(end["state"] == "failed" && end["message"].as_str().unwrap().contains("it is no JSON"), "{end}");
}

#[tokio::test]
async fn one_walks_at_a_time() {
    let desk = Desk::open().await;
    let mut told = Told::of(&desk).await;
    desk.standin.fail("", Fault::Slow(Duration::from_mins(10)), Times::Always);
    let begun = desk.data(LOAD, json!({"q": "oil", "keyword": ["a", "b"]})).await;
    let load = begun["load"].as_str().unwrap();
    let error = desk.error(LOAD, json!({"q": "gas"})).await;
    assert_eq!(error.code, "bad_request");
    assert!(error.message.contains(&format!("the walk `{load}` is under way")), "{error}");
    let same = desk.data(LOAD, json!({"q": "oil", "keyword": ["b", "a", "a"], "per_page": 3})).await;
    assert_eq!(
        (&same["load"], &same["state"], &same["resumed"]),
        (&begun["load"], &json!("running"), &json!(true))
    );
    assert_eq!(desk.data(CATALOGUE, Value::Null).await["walks"][0]["state"], "running");
    let desk = desk.again(|_settings, standin| standin.heal()).await;
    // The catalogue was in a temporary folder, and is gone with the service.
    assert_eq!(desk.data(CATALOGUE, Value::Null).await["walks"], json!([]));
    desk.ask(LOAD, json!({"q": "gas"})).await.into_data().unwrap();
    assert_eq!(told.end().await["state"], "done");
}

#[tokio::test]
async fn one_instance_walks_into_a_catalogue() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (desk_in(&folder).await, desk_in(&folder).await);
    let mut told = Told::of(&one).await;
    one.standin.fail("", Fault::Slow(Duration::from_mins(10)), Times::Always);
    one.ask(LOAD, json!({})).await.into_data().unwrap();
    let error = other.error(LOAD, json!({"q": "oil"})).await;
    assert!(error.code == "bad_request" && error.message.contains("another instance walks"), "{error}");
    let one = one.again(|_settings, standin| standin.heal()).await;
    assert_eq!(told.end().await["state"], "done");
    let mut told = Told::of(&other).await;
    other.ask(LOAD, json!({"q": "oil"})).await.into_data().unwrap();
    assert_eq!(told.end().await["state"], "done");
    assert_eq!(loaded(&other).await, all(&one));
}

#[tokio::test]
async fn a_walk_ends_where_the_disk_does() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("datagov.sqlite");
    let desk = Desk::with(PathStyle::Catalog, |settings| {
        settings.catalogue.path = Some(path);
        settings.catalogue.max_bytes = 1 << 20;
    })
    .await;
    let mut told = Told::of(&desk).await;
    let real = desk.data(SEARCH, json!({"per_page": 5})).await;
    desk.standin.fail("", page("small", real["after"].as_str()), Times::Next(1));
    let noise: String = (0..3 << 20).map(|_| fastrand::alphanumeric()).collect();
    let large = json!({"results": [{"title": "large", "slug": "large", "description": noise}]});
    desk.standin.fail("", Fault::Json(200, large, vec![]), Times::Next(1));
    desk.ask(LOAD, json!({"per_page": 5})).await.into_data().unwrap();
    let end = told.end().await;
    assert_eq!((&end["state"], &end["records"]), (&json!("failed"), &json!(1)));
    assert!(end["message"].as_str().unwrap().contains("`services.datagov.catalogue.max_bytes`"), "{end}");
    assert_eq!(loaded(&desk).await, ["small"]);
    let desk = desk.again(|settings, _standin| settings.catalogue.max_bytes = 1 << 30).await;
    assert_eq!(desk.data(LOAD, json!({"per_page": 5})).await["resumed"], true);
    assert_eq!(told.end().await["state"], "done");
}

#[tokio::test]
async fn a_file_that_is_no_catalogue_is_said_when_it_is_needed() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("datagov.sqlite"), "x".repeat(5_000)).unwrap();
    let desk = desk_in(&folder).await;
    for (topic, params) in [(LOAD, json!({})), (CATALOGUE, json!({})), (SEARCH, json!({"local": true}))] {
        let error = desk.error(topic, params).await;
        assert_eq!(error.code, "unavailable");
        assert!(error.message.contains("it is no database; it was left as it is"), "{error}");
    }
    assert!(desk.ask(SEARCH, json!({})).await.success);
}
