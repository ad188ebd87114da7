//! Data.gov as the facts have it (state of August 2026).

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};

use super::{Got, ask, get};
use crate::standin::{DEMO_KEY, STANDIN_KEY, Standin};

async fn search(standin: &Standin, query: &str) -> Value {
    let got = get(&standin.catalog_url(), &format!("/search?{query}")).await;
    assert_eq!(got.status, 200, "{query}: {}", got.text);
    got.json()
}

fn titles(page: &Value) -> Vec<&str> {
    page["results"].as_array().unwrap().iter().map(|hit| hit["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_ways_in_give_the_same() {
    let standin = Standin::start().await.unwrap();
    let key = [("X-Api-Key", STANDIN_KEY)];
    for (direct, gateway) in [
        ("/search?q=oil", "/search?q=oil"),
        ("/api/dataset/house-price-index", "/dataset/house-price-index"),
        ("/api/organizations", "/organizations"),
        ("/api/keywords?size=3", "/keywords?size=3"),
        ("/api/publishers", "/publishers"),
        ("/api/locations/search?q=colorado", "/locations/search?q=colorado"),
        ("/api/location/5", "/location/5"),
    ] {
        let left = get(&standin.catalog_url(), direct).await;
        let right = ask(&format!("{}{gateway}", standin.gateway_url()), &key).await;
        assert_eq!((left.status, &left.text), (200, &right.text), "{direct}");
        assert!(
            !left.headers.contains_key("x-ratelimit-limit")
                && right.headers.contains_key("x-ratelimit-limit")
        );
    }
    for path in [
        "/api/3/action/package_search",
        "/api/search",
        "/organizations",
        "/technology/datagov/v4/api/stats?api_key=DEMO_KEY",
    ] {
        let got = get(&standin.url(), path).await;
        assert_eq!((got.status, got.json()), (404, json!({"message": "Not Found", "detail": {}})), "{path}");
    }
}

#[tokio::test]
async fn the_gateway_wants_a_key_and_counts() {
    let standin = Standin::start().await.unwrap();
    let url = format!("{}/search", standin.gateway_url());
    let got = ask(&url, &[]).await;
    assert_eq!((got.status, &got.json()["error"]["code"]), (403, &json!("API_KEY_MISSING")));
    let got = ask(&url, &[("X-Api-Key", "nonsense")]).await;
    assert_eq!((got.status, &got.json()["error"]["code"]), (403, &json!("API_KEY_INVALID")));
    let basic = ask(&url, &[("Authorization", "Basic REVNT19LRVk6")]).await;
    assert_eq!(basic.status, 200, "DEMO_KEY as a user");
    for left in (0..29).rev() {
        let got = ask(&format!("{url}?api_key={DEMO_KEY}"), &[]).await;
        let header = |name: &str| got.headers[name].to_str().unwrap().to_owned();
        assert_eq!(
            (header("x-ratelimit-limit"), header("x-ratelimit-remaining")),
            ("30".to_owned(), left.to_string())
        );
    }
    let got = ask(&url, &[("X-Api-Key", DEMO_KEY)]).await;
    assert_eq!((got.status, &got.json()["error"]["code"]), (429, &json!("OVER_RATE_LIMIT")));
    let wait: u64 = got.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait));
    assert_eq!(ask(&url, &[("X-Api-Key", STANDIN_KEY)]).await.status, 200, "each key for itself");
}

#[tokio::test]
async fn hits_have_the_known_fields() {
    let standin = Standin::start().await.unwrap();
    let page = search(&standin, "per_page=1000").await;
    assert_eq!(Got::keys(&page), ["results", "sort"], "no cursor on the last page");
    let hits = page["results"].as_array().unwrap();
    assert!(hits.len() >= 30);
    let needed = [
        "_score",
        "_sort",
        "dcat",
        "description",
        "harvest_record",
        "identifier",
        "keyword",
        "organization",
        "popularity",
        "publisher",
        "slug",
        "theme",
        "title",
    ];
    for hit in hits {
        assert!(needed.iter().all(|field| hit.get(field).is_some()), "{hit}");
        assert_eq!(hit["_score"], 1.0, "nothing was looked for");
        assert!(hit["slug"].as_str().unwrap().len() <= 90);
    }
    let some = |fits: &dyn Fn(&Value) -> bool| assert!(hits.iter().any(fits));
    some(&|hit| hit["popularity"].is_null());
    some(&|hit| hit["slug"].as_str().unwrap().len() == 90);
    some(&|hit| hit.get("has_download").is_none() && hit.get("distribution_titles").is_none());
    some(&|hit| hit["dcat"].get("distribution").is_none());
    some(&|hit| hit["keyword"].to_string().contains('>'));
    some(&|hit| hit["dcat"]["publisher"]["subOrganizationOf"].is_string());
    some(&|hit| hit["_sort"][2].as_str().unwrap().len() == 32);
    let date = hits[0]["last_harvested_date"].as_str().unwrap();
    assert!(date.len() == "2026-07-07T21:23:18.667116".len() && !date.ends_with('Z'));
    assert!(page.to_string().starts_with(r#"{"results":[{"_score":"#), "alphabetical");
}

#[rstest]
#[case("q=oil%20prices", &["Spot Oil Prices: WTI and Brent", "Weekly Petroleum Status Report: Crude Oil Inventories"])]
#[case("q=price", &["Consumer Price Index (CPI)", "Producer Price Index", "House Price Index"])]
#[case("q=consumer%20labor", &[])] // the words stand in different fields
#[case("q=zzqxvunlikelyterm", &[])]
#[case("q=%22natural%20gas%22&sort=popularity", &["Weekly Natural Gas Storage Report", "Short-Term Energy Outlook"])]
#[case("q=auctions%20or%20wasde&org_type=Federal%20Government", &["Treasury Securities Auctions Data", "World Agricultural Supply and Demand Estimates"])]
#[case("org_slug=no-such", &[])]
#[case("org_slug=cftc&page=9&rows=0", &["Commitments of Traders"])]
#[case("keyword=CPI&keyword=inflation", &["Consumer Price Index (CPI)"])]
#[case("publisher=bureau%20of%20economic%20analysis&q=trade", &["U.S. International Trade in Goods and Services"])]
#[case("org_type=Tribal", &[])]
#[case("spatial_filter=geospatial&org_slug=noaa", &["Global Surface Temperature and Precipitation Archive"])]
#[case("collection=census-tiger&q=roads", &["TIGER/Line Shapefile, 2026, County, Yuma County, CO, All Roads"])]
#[case("has_download=true&org_slug=noaa", &[])]
#[tokio::test]
async fn searches_find_what_they_should(#[case] query: &str, #[case] expected: &[&str]) {
    let standin = Standin::start().await.unwrap();
    let page = search(&standin, query).await;
    let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
        (titles(&page).into_iter().collect(), expected.iter().copied().collect());
    assert_eq!(found, expected);
}

#[tokio::test]
async fn places_narrow_a_search() {
    let standin = Standin::start().await.unwrap();
    let colorado = r#"{"type":"Polygon","coordinates":[[[-109.1,37.0],[-109.1,41.0],[-102.0,41.0],[-102.0,37.0],[-109.1,37.0]]]}"#;
    let colorado: String = url::form_urlencoded::byte_serialize(colorado.as_bytes()).collect();
    let page = search(&standin, &format!("spatial_geometry={colorado}")).await;
    assert_eq!(titles(&page), ["TIGER/Line Shapefile, 2026, County, Yuma County, CO, All Roads"]);
    let page =
        search(&standin, &format!("spatial_geometry={colorado}&spatial_within=false&sort=distance")).await;
    assert_eq!((titles(&page).len(), &page["sort"]), (2, &json!("distance")));
    assert!(
        page["results"][0]["_distance_km"].as_f64().unwrap()
            < page["results"][1]["_distance_km"].as_f64().unwrap()
    );
    assert_eq!(search(&standin, "sort=distance").await["sort"], "relevance");
}

#[rstest]
#[case("relevance")]
#[case("popularity")]
#[case("last_harvested_date")]
#[tokio::test]
async fn the_cursor_leads_through_all_pages(#[case] sort: &str) {
    let standin = Standin::start().await.unwrap();
    let whole = search(&standin, &format!("per_page=1000&sort={sort}")).await;
    let (mut found, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = search(&standin, &format!("per_page=7&sort={sort}&after={after}")).await;
        found.extend(page["results"].as_array().unwrap().clone());
        pages += 1;
        match page.get("after") {
            Some(cursor) => after = cursor.as_str().unwrap().replace('=', "%3D"),
            None => break,
        }
    }
    assert_eq!(&Value::from(found), &whole["results"]);
    assert_eq!(pages, whole["results"].as_array().unwrap().len().div_ceil(7));
}

#[tokio::test]
async fn bad_arguments_get_the_known_answers() {
    let standin = Standin::start().await.unwrap();
    let base = standin.catalog_url();
    for per_page in ["0", "1001", "-1"] {
        let got = get(&base, &format!("/search?per_page={per_page}")).await;
        let body = json!({"error": "Search failed", "message": "per_page must be between 1 and 1000"});
        assert_eq!((got.status, got.json()), (400, body));
    }
    assert_eq!(search(&standin, "per_page=x").await["results"].as_array().unwrap().len(), 20);
    let got = get(&base, "/search?spatial_geometry=nonsense").await;
    assert_eq!(
        (got.status, &got.json()["message"]),
        (400, &json!("spatial_geometry parameter is malformed"))
    );
    let got = get(&base, "/search?q=climate&after=notacursor").await;
    assert_eq!((got.status, got.headers["content-type"].to_str().unwrap()), (500, "text/html"));
    assert!(got.text.contains("Site unavailable"));
}

#[tokio::test]
async fn single_things_and_lists() {
    let standin = Standin::start().await.unwrap();
    let base = standin.catalog_url();
    let got = get(&base, "/api/dataset/no-such").await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (404, r#"{"aggregations":null,"results":[],"search_after":null,"total":0}"#)
    );
    assert_eq!(get(&base, "/api/dataset/House-Price-Index").await.status, 404, "case matters");
    let hit = get(&base, "/api/dataset/house-price-index").await.json()["results"][0].clone();
    assert_eq!(
        (&hit["_score"], &hit["_sort"], &hit["dcat"]["modified"]),
        (&json!(0.0), &Value::Null, &json!("R/P1M"))
    );
    let list = get(&base, "/api/organizations").await.json();
    let organization = &list["organizations"][0];
    assert_eq!(
        Got::keys(organization),
        ["aliases", "dataset_count", "id", "name", "organization_type", "slug", "source_count"]
    );
    assert_eq!(list["total"], list["organizations"].as_array().unwrap().len());
    let keywords = get(&base, "/api/keywords?size=99999&search=gas&min_count=2").await.json();
    assert_eq!(
        keywords,
        json!({"keywords": [{"count": 2, "keyword": "natural gas"}], "min_count": 2, "size": 1000, "total": 1})
    );
    let keywords = get(&base, "/api/keywords?keyword=cpi").await.json();
    assert!(keywords["keywords"].as_array().unwrap().iter().any(|entry| entry["keyword"] == "inflation"));
    let places = get(&base, "/api/locations/search?q=colorado").await.json();
    assert_eq!(places["locations"][0], json!({"display_name": "Colorado", "id": "6"}));
    let place = get(&base, "/api/location/5").await.json();
    let shape: Value = serde_json::from_str(place["geometry"].as_str().unwrap()).unwrap();
    assert_eq!(shape["type"], "MultiPolygon");
    let got = get(&base, "/api/location/999999").await;
    assert_eq!((got.status, got.json()), (404, json!({"error": "Location not found"})));
    assert_eq!(get(&base, "/api/opensearch/health").await.json(), json!({"status": "green"}));
    assert!(get(&base, "/api/stats").await.json()["results"]["datasets"].as_u64().unwrap() >= 30);
}

#[tokio::test]
async fn harvest_records_can_be_followed() {
    let standin = Standin::start().await.unwrap();
    let base = standin.catalog_url();
    let hit = search(&standin, "org_slug=census&q=roads").await["results"][0].clone();
    let path =
        hit["harvest_record"].as_str().unwrap().strip_prefix("https://catalog.data.gov").unwrap().to_owned();
    assert_eq!(get(&base, &path).await.json()["identifier"], hit["identifier"]);
    assert_eq!(get(&base, &format!("{path}/raw")).await.headers["content-type"], "application/xml");
    assert_eq!(get(&base, &format!("{path}/transformed")).await.json()["title"], hit["title"]);
    let got = get(&base, "/harvest_record/not-a-uuid").await;
    assert_eq!((got.status, got.json()), (404, json!({"error": "Not Found"})));
}

#[tokio::test]
async fn a_data_set_can_be_modified() {
    let standin = Standin::start().await.unwrap();
    assert!(standin.touch_dataset("house-price-index", "2026-11-26"));
    assert!(!standin.touch_dataset("no-such", "2026-11-26"));
    let page = search(&standin, "sort=last_harvested_date&per_page=1").await;
    assert_eq!(
        (titles(&page), &page["results"][0]["dcat"]["modified"]),
        (vec!["House Price Index"], &json!("2026-11-26"))
    );
    assert!(standin.dataset_slugs().contains(&"house-price-index".to_owned()));
}
