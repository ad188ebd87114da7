//! `DBnomics` as the facts have it (version 22.1.17).

use rstest::rstest;
use serde_json::{Value, json};

use super::{Got, get};
use crate::standin::Standin;

async fn start() -> (Standin, String) {
    let standin = Standin::start().await.unwrap();
    let base = standin.dbnomics_url();
    (standin, base)
}

fn codes(body: &Value) -> Vec<&str> {
    body["series"]["docs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|doc| doc["series_code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn providers_have_the_known_fields() {
    let (_standin, base) = start().await;
    let body = get(&base, "/providers?limit=5&offset=2").await.json();
    assert_eq!(Got::keys(&body), ["_meta", "nb_datasets", "nb_series", "providers"]);
    assert_eq!(body["_meta"], json!({"args": {"limit": 5, "offset": 2}, "version": "22.1.17"}));
    assert_eq!(Got::keys(&body["providers"]), ["docs", "limit", "num_found", "offset"]);
    assert_eq!(body["providers"]["docs"].as_array().unwrap().len(), 5);
    let body = get(&base, "/providers/STANDIN").await.json();
    assert_eq!(body["provider"]["region"], Value::Null);
    assert_eq!(body["provider"].get("terms_of_use"), None);
    let tree = get(&base, "/providers/BEA").await.json()["category_tree"].clone();
    assert_eq!((&tree[0]["code"], &tree[0]["children"][0]["code"]), (&Value::Null, &json!("NIPA-T10101")));
    assert_eq!(get(&base, "/providers/CEPII").await.json()["category_tree"], json!([]));
}

#[tokio::test]
async fn datasets_have_labels_in_every_form() {
    let (_standin, base) = start().await;
    let dataset = |body: Value| body["datasets"]["docs"][0].clone();
    let map = dataset(get(&base, "/datasets/BIS/WS_CBPOL").await.json());
    assert_eq!(map["dimensions_codes_order"], json!(["FREQ", "REF_AREA"]));
    assert_eq!(map["dimensions_values_labels"]["REF_AREA"]["XM"], "Euro area");
    assert_eq!((map["nb_series"].as_u64(), map["dir_hash"].as_str().unwrap().len()), (Some(4), 40));
    let pairs = dataset(get(&base, "/datasets/Eurostat/une_rt_m").await.json());
    assert_eq!(pairs["dimensions_values_labels"]["geo"][1], json!(["EA20", "Euro area – 20 countries"]));
    assert_eq!(dataset(get(&base, "/datasets/ECB/FM").await.json()).get("dimensions_labels"), None);
    assert_eq!(get(&base, "/datasets/ECB?limit=2").await.json()["datasets"]["num_found"], 3);
}

#[tokio::test]
async fn series_show_what_was_asked_for() {
    let (_standin, base) = start().await;
    let plain = get(&base, "/series/BIS/WS_CBPOL/M.US").await.json();
    assert_eq!(Got::keys(&plain), ["_meta", "dataset", "errors", "provider", "series"]);
    let fields = [
        "dataset_code",
        "dataset_name",
        "dimensions",
        "indexed_at",
        "provider_code",
        "series_code",
        "series_name",
    ];
    assert_eq!(Got::keys(&plain["series"]["docs"][0]), fields);
    let body = get(&base, "/series/BIS/WS_CBPOL/M.US?observations=1&metadata=0").await.json();
    assert_eq!(Got::keys(&body), ["_meta", "errors", "series"]);
    let args = json!({
        "align_periods": false, "dataset_code": "WS_CBPOL", "dimensions": {}, "facets": false, "format": "json",
        "limit": 1000, "metadata": false, "observations": true, "offset": 0, "provider_code": "BIS", "q": "",
        "series_code": "M.US",
    });
    assert_eq!(body["_meta"]["args"], args);
    let doc = &body["series"]["docs"][0];
    assert_eq!(doc["@frequency"], "monthly");
    assert_eq!(
        (&doc["period"][0], &doc["period_start_day"][0], &doc["value"][0]),
        (&json!("1946-01"), &json!("1946-01-01"), &json!("NA"))
    );
    assert!(doc["value"][102].is_number());
    assert!(doc["indexed_at"].as_str().unwrap().ends_with("00.100Z"));
    let body = get(&base, "/series/BIS/WS_CBPOL?limit=0").await.json();
    assert_eq!(
        (body["series"]["docs"].as_array().unwrap().len(), &body["series"]["num_found"]),
        (0, &json!(4))
    );
    let body = get(&base, "/series/BIS/WS_CBPOL?limit=0&facets=true&metadata=0").await.json();
    assert_eq!(
        body["series_dimensions_facets"]["FREQ"],
        json!([{"code": "D", "count": 2}, {"code": "M", "count": 2}])
    );
}

#[rstest]
#[case("/series/BIS/WS_CBPOL/M.?", &["M.CN", "M.US"])]
#[case("/series/BIS/WS_CBPOL/.US?", &["D.US", "M.US"])]
#[case("/series/BIS/WS_CBPOL/M.US+CN?", &["M.CN", "M.US"])]
#[case("/series/BIS/WS_CBPOL/D?", &["D.US", "D.XM"])]
#[case("/series/BIS/WS_CBPOL/M.XX+YY?", &[])]
#[case("/series/STANDIN/FREQ/.%22A+B%22?", &["S.A+B"])]
#[case("/series/STANDIN/FREQ/S.A%2BB?", &["S.A+B"])]
#[case("/series/BIS/WS_CBPOL?dimensions=%7B%22FREQ%22%3A%5B%22M%22%5D%2C%22REF_AREA%22%3A%5B%22US%22%2C%22XM%22%5D%7D&", &["M.US"])]
#[case("/series/BIS/WS_CBPOL?dimensions=%7B%22nope%22%3A%5B%22US%22%5D%7D&", &[])]
#[case("/series/BIS/WS_CBPOL?q=euro%20daily&", &["D.XM"])]
#[tokio::test]
async fn series_are_chosen(#[case] path: &str, #[case] expected: &[&str]) {
    let (_standin, base) = start().await;
    let got = get(&base, &format!("{path}metadata=0")).await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert_eq!(codes(&got.json()), expected);
    assert_eq!(got.json()["series"]["num_found"], expected.len());
}

#[tokio::test]
async fn ids_of_several_providers_come_together_and_bad_ones_are_named() {
    let (_standin, base) = start().await;
    let ids = "AMECO/ZUTN/EA19.1.0.0.0.ZUTN,AMECO/ZUTN/NOPE,BOE/IUDBEDR/IUDBEDR,BIS/WS_CBPOL/M..,OECD/DSD_STES%40DF_CLI/G20.M.LI.IX._Z.AA.IX._Z.H";
    let body = get(&base, &format!("/series?series_ids={ids}&observations=1")).await.json();
    assert_eq!(codes(&body), ["EA19.1.0.0.0.ZUTN", "G20.M.LI.IX._Z.AA.IX._Z.H"]);
    assert_eq!(Got::keys(&body["datasets"]), ["AMECO/ZUTN", "OECD/DSD_STES@DF_CLI"]);
    assert_eq!(Got::keys(&body["providers"]), ["AMECO", "OECD"]);
    let error = json!({"dataset_code": "ZUTN", "message": "Could not load series", "provider_code": "AMECO", "series_code": "NOPE"});
    assert_eq!(body["errors"][0], error);
    let messages: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| &error["message"]).collect();
    assert_eq!(messages, ["Could not load series", "Could not load dataset", "Could not load series"]);
    assert_eq!(body["_meta"]["args"]["series_ids"][1], json!(["AMECO", "ZUTN", "NOPE"]));
    assert_eq!(get(&base, "/series?series_ids=BIS/WS_CBPOL/M.US").await.json()["errors"], Value::Null);
}

#[tokio::test]
async fn periods_can_be_aligned() {
    let (_standin, base) = start().await;
    let body = get(&base, "/series/BIS/WS_CBPOL/M.?observations=1&align_periods=1&metadata=0").await.json();
    let docs = body["series"]["docs"].as_array().unwrap();
    assert_eq!(docs[0]["period"], docs[1]["period"]);
    assert_eq!((&docs[0]["period"][0], &docs[0]["value"][0]), (&json!("1946-01"), &json!("NA")));
    assert_eq!(docs[0]["value"].as_array().unwrap().len(), docs[0]["period"].as_array().unwrap().len());
}

#[tokio::test]
async fn every_oddity_is_there() {
    let (standin, base) = start().await;
    let mut frequencies = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for id in standin.series_ids() {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let body = get(&base, &format!("/series?series_ids={id}&observations=1&metadata=0")).await.json();
        let doc = body["series"]["docs"][0].clone();
        frequencies.insert(doc["@frequency"].as_str().unwrap().to_owned());
        all.push(doc);
    }
    assert!(all.len() >= 30);
    assert_eq!(frequencies.len(), 7);
    let values = || all.iter().map(|doc| doc["value"].as_array().unwrap());
    assert!(values().any(|values| values.first() == Some(&json!("NA"))));
    assert!(values().any(|values| values.last() == Some(&json!("NA"))));
    assert!(values().any(|values| values.contains(&Value::Null)));
    assert!(values().any(|values| values.contains(&json!(-999_999))));
    assert!(values().any(|values| values.last().is_some_and(Value::is_i64)));
    assert!(all.iter().any(|doc| doc["observations_attributes"][0][0] == "OBS_STATUS"));
}

#[rstest]
#[case("/series/IMF/WEO:2025-04/NPL.NOPE.x", 404, "Series 'IMF/WEO:2025-04/NPL.NOPE.x' not found")]
#[case("/series/BIS/cbpol/M.US", 404, "Dataset 'BIS/cbpol' not found")]
#[case("/datasets/BIS/cbpol", 404, "Dataset 'BIS/cbpol' not found")]
#[case("/providers/FRED", 404, "Provider 'FRED' not found")]
#[case(
    "/series/IMF/WEO:2025-04?limit=1001",
    400,
    "Invalid value 1001 (int): must not be larger than 1000 (at limit)"
)]
#[case("/datasets/ECB?limit=501", 400, "Invalid value 501 (int): must not be larger than 500 (at limit)")]
#[case("/search?q=x&limit=101", 400, "Invalid value 101 (int): must not be larger than 100 (at limit)")]
#[case(
    "/series?series_ids=A/B/C&q=nepal",
    400,
    "Invalid value {'q': 'nepal'} (dict): additional properties: ['q']"
)]
#[tokio::test]
async fn errors_have_the_known_words(#[case] path: &str, #[case] status: u16, #[case] message: &str) {
    let (_standin, base) = start().await;
    let got = get(&base, path).await;
    assert_eq!((got.status, got.json()["message"].as_str().unwrap()), (status, message));
}

#[tokio::test]
async fn the_newest_release_is_a_redirect() {
    let (_standin, base) = start().await;
    let got = get(&base, "/datasets/IMF/WEO:latest").await;
    assert_eq!(
        (got.status, got.headers["location"].to_str().unwrap()),
        (302, "/v22/datasets/IMF/WEO:2025-04")
    );
    assert_eq!(get(&base, "/datasets/BIS/WS_CBPOL:latest").await.status, 404);
}

#[tokio::test]
async fn datasets_are_searched() {
    let (_standin, base) = start().await;
    let body = get(&base, "/search?q=unemployment").await.json();
    assert_eq!(body["results"]["num_found"], 3);
    let fields = [
        "code",
        "dir_hash",
        "indexed_at",
        "name",
        "nb_matching_series",
        "nb_series",
        "provider_code",
        "provider_name",
    ];
    assert_eq!(Got::keys(&body["results"]["docs"][0]), fields);
    let body = get(&base, "/search?q=unemployment+nordic").await.json();
    assert_eq!(body["results"], json!({"docs": [], "limit": 10, "num_found": 0, "offset": 0}));
}

#[tokio::test]
async fn changes_come_first_among_the_last_updates() {
    let (standin, base) = start().await;
    let id = "Eurostat/prc_hicp_manr/M.RCH_A.CP00.EA20";
    let path = format!("/series?series_ids={id}&observations=1&metadata=0");
    let before = get(&base, &path).await.json()["series"]["docs"][0].clone();
    assert_eq!(standin.append(id, 2.4).as_deref(), Some("2026-11"));
    assert!(standin.revise(id, "2026-10", 2.25).is_some_and(|value| value.is_number()));
    assert_eq!(standin.append("A/B/C", 1.0), None);
    let after = get(&base, &path).await.json()["series"]["docs"][0].clone();
    let length = before["value"].as_array().unwrap().len();
    assert_eq!((&after["value"][length], &after["value"][length - 1]), (&json!(2.4), &json!(2.25)));
    assert!(after["indexed_at"].as_str() > before["indexed_at"].as_str());
    let body = get(&base, "/last-updates?datasets.limit=2").await.json();
    assert_eq!(body["datasets"]["docs"][0]["code"], "prc_hicp_manr");
    assert_eq!(body["datasets"]["docs"][0]["indexed_at"], after["indexed_at"]);
    assert_eq!(body["datasets"]["docs"].as_array().unwrap().len(), 2);
    assert_eq!(body["providers"]["docs"][0]["code"], "Eurostat");
}
