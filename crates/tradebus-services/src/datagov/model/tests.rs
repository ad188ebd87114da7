use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// "Consumer Price Index (CPI)" as republished by a mirror of data.gov, shortened.
fn cpi() -> Value {
    json!({
        "_score": 61.5, "_sort": [61.5, 40, "00000000-0000-4000-8000-000000000104"],
        "title": "Consumer Price Index (CPI)", "slug": "consumer-price-index-cpi", "identifier": "DOL-BLS-104",
        "description": "The Consumer Price Index (CPI) is a measure …", "publisher": "Bureau of Labor Statistics",
        "organization": {"slug": "dol-bls", "name": "U.S. Department of Labor Bureau of Labor Statistics",
            "organization_type": "Federal Government", "aliases": ["dept"], "description": null},
        "keyword": ["consumer-prices", "cpi", "cpi-index", "inflation"], "theme": [], "popularity": 40,
        "last_harvested_date": "2026-08-01T00:00:00.000001", "has_spatial": false, "spatial_shape": null,
        "dcat": {"modified": "2019", "accessLevel": "public", "landingPage": "http://www.bls.gov/cpi",
            "publisher": {"name": "Bureau of Labor Statistics",
                "subOrganizationOf": "{\"name\": \"U.S. Department of Labor\"}"},
            "distribution": [{"title": "Consumer Price Index Data page", "format": "HTML"}, "odd"]}
    })
}

#[test]
fn a_page() {
    let page = json!({"after": "Wzc5", "sort": "relevance", "results": [cpi()]});
    let page = SearchPage::parse(page.to_string().as_bytes()).unwrap();
    assert_eq!((page.after.as_deref(), page.unreadable.len()), (Some("Wzc5"), 0));
    let hit = &page.hits[0];
    assert_eq!(hit.id.as_deref(), Some("00000000-0000-4000-8000-000000000104"));
    assert_eq!(hit.organization.as_ref().unwrap().slug, "dol-bls");
    assert_eq!(hit.page_url().unwrap(), "https://catalog.data.gov/dataset/consumer-price-index-cpi");
    assert!(hit.odd_fields.is_empty() && hit.has_download.is_none());
    let dcat = hit.dcat.as_ref().unwrap();
    assert_eq!(dcat.publisher, ["Bureau of Labor Statistics", "U.S. Department of Labor"]);
    assert_eq!(dcat.distribution.len(), 1);
}

#[test]
fn no_hits_and_no_dataset() {
    let none = SearchPage::parse(br#"{"results":[],"sort":"relevance"}"#).unwrap();
    assert_eq!((none.hits.len(), none.after), (0, None));
    let gone =
        SearchPage::parse(br#"{"aggregations":null,"results":[],"search_after":null,"total":0}"#).unwrap();
    assert_eq!(gone.total, Some(0));
}

#[test]
fn a_hit_that_cannot_be_read_is_named_and_fails_nothing() {
    let results = json!({"results": [cpi(), 7, {"_sort": [1, 2, "abc"], "title": ["x"]}, {"title": "T", "keyword": 3}]});
    let page = SearchPage::parse(results.to_string().as_bytes()).unwrap();
    assert_eq!(page.hits.len(), 2);
    assert_eq!(page.unreadable[0].reason, "it is a number");
    assert_eq!((page.unreadable[1].index, page.unreadable[1].name.as_deref()), (2, Some("abc")));
    assert_eq!(page.hits[1].odd_fields, ["keyword"]);
}

#[test]
fn what_is_no_page() {
    let error = SearchPage::parse(b"[1]").unwrap_err().to_string();
    assert_eq!(error, "the body has no `results`: it is a list");
    assert!(matches!(SearchPage::parse(b"<html>"), Err(NoAnswer::Json(_))));
}

#[test]
fn organizations_keywords_locations() {
    let list = br#"{"organizations":[{"slug":"census","name":"U.S. Census Bureau","dataset_count":284008},{}],"total":2}"#;
    let list = OrganizationList::parse(list).unwrap();
    assert_eq!((list.organizations[0].dataset_count, list.skipped), (Some(284_008), 1));
    let keywords = KeywordList::parse(br#"{"keywords":[{"count":101039,"keyword":"hydrography"}]}"#).unwrap();
    assert_eq!(keywords.keywords[0], Counted { name: "hydrography".to_owned(), count: 101_039 });
    let publishers = KeywordList::parse_publishers(br#"{"publishers":[{"count":3,"name":"X"},4]}"#).unwrap();
    assert_eq!((publishers.keywords.len(), publishers.skipped), (1, 1));
    let places = LocationList::parse(br#"{"locations":[{"display_name":"Colorado","id":"6"}]}"#).unwrap();
    assert_eq!(places.locations[0].display_name, "Colorado");
}

#[test]
fn a_geometry_is_json_in_a_text() {
    let shape =
        LocationShape::parse(br#"{"geometry":"{\"type\":\"Point\",\"coordinates\":[1,2]}","id":"5"}"#)
            .unwrap();
    assert_eq!(shape.geometry["type"], "Point");
    let object = LocationShape::parse(br#"{"geometry":{"type":"Point"},"id":5}"#).unwrap();
    assert_eq!((object.geometry["type"].as_str(), object.id.as_deref()), (Some("Point"), Some("5")));
    assert!(LocationShape::parse(br#"{"error":"Location not found"}"#).is_err());
}

#[rstest]
#[case(
    r#"{"error":"Search failed","message":"per_page must be between 1 and 1000"}"#,
    FailureSource::Catalogue,
    None,
    Some("Search failed: per_page must be between 1 and 1000")
)]
#[case(r#"{"error":"Not Found"}"#, FailureSource::Catalogue, None, Some("Not Found"))]
#[case(r#"{"detail":{},"message":"Not Found"}"#, FailureSource::Catalogue, None, Some("Not Found"))]
#[case(
    r#"{"error":{"code":"API_KEY_MISSING","message":"No api_key"}}"#,
    FailureSource::Gateway,
    Some("API_KEY_MISSING"),
    Some("No api_key")
)]
#[case("<html>Site unavailable</html>", FailureSource::Unknown, None, None)]
#[case("[]", FailureSource::Unknown, None, None)]
fn both_shapes_of_errors(
    #[case] body: &str,
    #[case] source: FailureSource,
    #[case] code: Option<&str>,
    #[case] message: Option<&str>,
) {
    let failure = Failure::parse(body.as_bytes());
    assert_eq!(
        (failure.source, failure.code.as_deref(), failure.message.as_deref()),
        (source, code, message)
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(Value::from("{\"name\": 1}")),
    ];
    let key = proptest::sample::select(vec![
        "results",
        "title",
        "slug",
        "_sort",
        "organization",
        "dcat",
        "publisher",
        "subOrganizationOf",
        "keyword",
        "distribution",
        "name",
        "error",
        "message",
        "code",
        "organizations",
        "locations",
        "id",
        "geometry",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics(value in any_json()) {
        let wrapped = json!({"results": [value.clone()], "organizations": value.clone(), "geometry": value.clone()});
        let page = SearchPage::parse(wrapped.to_string().as_bytes()).unwrap();
        prop_assert_eq!(page.hits.len() + page.unreadable.len(), 1);
        for body in [value.to_string(), wrapped.to_string()] {
            let _ = SearchPage::parse(body.as_bytes());
            let _ = OrganizationList::parse(body.as_bytes());
            let _ = KeywordList::parse(body.as_bytes());
            let _ = LocationList::parse(body.as_bytes());
            let _ = LocationShape::parse(body.as_bytes());
            let _ = Failure::parse(body.as_bytes());
        }
    }
}
