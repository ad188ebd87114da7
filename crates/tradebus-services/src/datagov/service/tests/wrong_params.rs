//! Parameters that are wrong: the field, what was given and what is allowed are named.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::super::bounds;
use super::{CATALOGUE, Desk, GET, LOAD, RANKING, SEARCH};

#[rstest]
#[case(SEARCH, json!({"per_page": 0}), "`per_page` is 0: allowed is 1 to 1000")]
#[case(SEARCH, json!({"per_page": 1001}), "`per_page` is 1001")]
#[case(SEARCH, json!({"per_page": "x"}), "`per_page`: invalid type")]
#[case(SEARCH, json!({"per_page": 1.5}), "`per_page`: invalid type")]
#[case(SEARCH, json!({"sort": "distance"}), "`sort`: unknown variant `distance`, expected one of `relevance`")]
#[case(SEARCH, json!({"after": ""}), "`after` is a text of 0 characters: allowed is a text of 1 to 2000")]
#[case(SEARCH, json!({"q": "x".repeat(501)}), "`q` is a text of 501 characters")]
#[case(SEARCH, json!({"q": 7}), "`q`: invalid type")]
#[case(SEARCH, json!({"org_slug": "../x"}), "`org_slug` is \"../x\"")]
#[case(SEARCH, json!({"org_type": 7}), "`org_type`: it must be a text or a list of texts")]
#[case(SEARCH, json!({"keyword": ["a", ""]}), "`keyword[1]` is a text of 0 characters")]
#[case(SEARCH, json!({"keyword": vec!["a"; 21]}), "`keyword` is a list of 21: allowed is a list of at most 20")]
#[case(SEARCH, json!({"publisher": ""}), "`publisher` is a text of 0")]
#[case(SEARCH, json!({"spatial_filter": "both"}), "`spatial_filter`: unknown variant `both`")]
#[case(SEARCH, json!({"has_download": "yes"}), "`has_download`: invalid type")]
#[case(SEARCH, json!({"rows": 7}), "unknown field `rows`")]
#[case(SEARCH, json!({"keyword": vec!["é".repeat(200); 20]}), "the address would have")]
#[case(GET, json!({}), "`slug` and `id`: both are missing")]
#[case(GET, json!({"slug": "a", "id": "b"}), "`slug` and `id`: both are there")]
#[case(GET, json!({"slug": ""}), "`slug` is \"\": allowed is 1 to 200 characters")]
#[case(GET, json!({"slug": ".."}), "`slug` is \"..\"")]
#[case(GET, json!({"id": "../organizations"}), "`id` is \"../organizations\"")]
#[case(GET, json!({"slug": "a\\b"}), "`slug` is")]
#[case(GET, json!({"slug": "a\u{0}b"}), "`slug` is")]
#[case(GET, json!({"slug": "x".repeat(201)}), "...: allowed is 1 to 200 characters")]
#[case("datagov.categories.list", json!({"size": 1001}), "`size` is 1001: allowed is 1 to 1000")]
#[case("datagov.categories.list", json!({"min_count": 0}), "`min_count` is 0")]
#[case("datagov.locations.search", json!({}), "missing field `q`")]
#[case("datagov.locations.search", json!({"q": "x", "size": 2001}), "`size` is 2001: allowed is 1 to 2000")]
#[case("datagov.locations.search", json!({"q": ""}), "`q` is a text of 0 characters")]
#[case(RANKING, json!({"pages": 21}), "`pages` is 21: allowed is 1 to 20")]
#[case(RANKING, json!({"min_score": 1.1}), "`min_score` is 1.1: allowed is 0 to 1")]
#[case(RANKING, json!({"limit": 0}), "`limit` is 0: allowed is 1 to 1000")]
#[case(RANKING, json!({"after": "x"}), "unknown field `after`")]
#[case(LOAD, json!({"per_page": 1001}), "`per_page` is 1001: allowed is 1 to 1000")]
#[case(LOAD, json!({"max_records": 0}), "`max_records` is 0: allowed is 1 to")]
#[case(LOAD, json!({"restart": 1}), "`restart`: invalid type")]
#[case(LOAD, json!({"after": "x"}), "unknown field `after`")]
#[case(LOAD, json!({"q": "x".repeat(501)}), "`q` is a text of 501 characters")]
#[case(CATALOGUE, json!({"q": "x"}), "unknown field `q`")]
#[case(SEARCH, json!({"local": "yes"}), "`local`: invalid type")]
#[case(SEARCH, json!({"local": true, "sort": "popularity", "spatial_filter": "geospatial"}), "`spatial_filter`, `sort: popularity`: this is not")]
#[case(RANKING, json!({"local": true, "pages": 2}), "`pages`: this is not for `local`")]
#[tokio::test]
async fn they_are_named(#[case] topic: &str, #[case] params: Value, #[case] said: &str) {
    let desk = Desk::open().await;
    let error = desk.error(topic, params).await;
    assert_eq!(error.code, "bad_request", "{error}");
    assert!(error.message.contains(said), "{error}");
    assert!(error.message.chars().count() < 600, "what is long is cut");
    assert_eq!(desk.standin.total_calls(), 0, "nobody is asked");
}

proptest! {
    #[test]
    fn a_name_that_is_taken_is_one_part_of_a_path(name in "[a./\\\\%\\x00-\\x1f]{0,6}") {
        let taken = bounds::name("slug", &name).is_ok();
        let steps = matches!(&*name, "" | "." | "..");
        prop_assert_eq!(taken, !steps && !name.contains(|c: char| "/\\".contains(c) || c.is_control()));
    }
}
