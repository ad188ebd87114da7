//! Cursors and walks.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Desk, PathStyle, RANKING, SEARCH, slugs};
use crate::standin::{Fault, Route, Times};

#[rstest]
#[tokio::test]
async fn the_cursor_leads_to_the_end(
    #[values("relevance", "popularity", "last_harvested_date")] sort: &str,
    #[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle,
) {
    let desk = Desk::of(style).await;
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = desk.data(SEARCH, json!({"per_page": 7, "sort": sort, "after": after})).await;
        found.extend(slugs(&data));
        after = data["after"].clone();
        if after.is_null() {
            break;
        }
    }
    let whole = slugs(&desk.data(SEARCH, json!({"per_page": 1000, "sort": sort})).await);
    assert_eq!(found, whole);
    found.sort();
    let mut all = desk.standin.dataset_slugs();
    all.sort();
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_bad_cursor_is_the_fault_of_who_gives_it() {
    let desk = Desk::with(PathStyle::Catalog, |settings| settings.upstream.breaker.failures = 1).await;
    for times in 1..=3 {
        let error = desk.error(SEARCH, json!({"q": "oil", "after": "notacursor"})).await;
        assert_eq!(error.code, "bad_request");
        assert!(error.message.contains("start from the first page"), "{error}");
        assert_eq!(desk.standin.total_calls(), times, "it is not tried again");
    }
    // Nor is the catalogue left alone because of it.
    assert_eq!(slugs(&desk.data(SEARCH, json!({"q": "oil prices"})).await).len(), 2);
}

#[tokio::test]
async fn a_500_without_a_cursor_is_tried_again() {
    let desk = Desk::open().await;
    desk.standin.fail("", Fault::Html(500), Times::Next(2));
    assert_eq!(slugs(&desk.data(SEARCH, json!({"q": "oil prices"})).await).len(), 2);
    assert_eq!(desk.standin.total_calls(), 3);
}

#[tokio::test]
async fn a_walk_through_endless_pages_ends() {
    let desk = Desk::open().await;
    desk.standin.fail("", Fault::EndlessPages, Times::Always);
    let data = desk.data(RANKING, json!({"pages": 20})).await;
    assert_eq!((&data["cut"]["reason"], &data["pages"]), (&json!("circle"), &json!(2)));
    assert_eq!(data["looked_at"], desk.standin.dataset_slugs().len(), "each once");
}

#[tokio::test]
async fn a_walk_ends_after_as_many_pages_as_it_may() {
    let desk = Desk::open().await;
    walk_with(&desk, 30);
    let data = desk.data(RANKING, json!({"pages": 3, "min_score": 0})).await;
    assert_eq!((&data["pages"], &data["looked_at"]), (&json!(3), &json!(3)));
    assert_eq!(data["cut"]["reason"], "pages");
    assert!(data["cut"]["message"].as_str().unwrap().contains("3 pages"));
    let again = desk.data(RANKING, json!({"pages": 3, "min_score": 0})).await;
    assert_eq!(slugs(&again), slugs(&data));
    assert_eq!(desk.standin.calls(Route::DatagovSearch), 3, "pages are cached");
}

#[tokio::test]
async fn a_walk_is_as_old_as_its_oldest_page() {
    let desk = Desk::open().await;
    walk_with(&desk, 2);
    let of = |pages: u64| json!({"pages": pages, "min_score": 0});
    assert!(!desk.ask(RANKING, of(1)).await.cached);
    let mixed = desk.ask(RANKING, of(2)).await;
    assert_eq!((mixed.cached, desk.standin.total_calls()), (false, 2), "one page is out of the cache");
    assert!(desk.ask(RANKING, of(2)).await.cached);
    desk.standin.fail("", Fault::Html(502), Times::Always);
    let old = desk.ask_fresh(RANKING, of(2)).await;
    assert_eq!((old.cached, &old.more["stale"]), (true, &json!(true)));
    assert_eq!(old.into_data().unwrap()["pages"], 2);
}

#[tokio::test]
async fn a_walk_that_fails_on_its_way_says_so() {
    let desk = Desk::open().await;
    walk_with(&desk, 2);
    // The third page is asked for with a cursor that the catalogue does not take.
    let data = desk.data(RANKING, json!({"pages": 20, "min_score": 0})).await;
    assert_eq!((&data["pages"], &data["looked_at"]), (&json!(2), &json!(2)));
    assert_eq!(data["cut"]["reason"], "failed", "{data}");
}

/// Lets the next pages have one dataset each, and a cursor that is of no use to the stand-in.
fn walk_with(desk: &Desk, pages: usize) {
    for number in 0..pages {
        let hit = json!({"title": format!("Page {number}"), "slug": format!("page-{number}")});
        let page = json!({"results": [hit], "after": format!("cursor-{number}"), "sort": "relevance"});
        desk.standin.fail("/search", Fault::Json(200, page, vec![]), Times::Next(1));
    }
}
