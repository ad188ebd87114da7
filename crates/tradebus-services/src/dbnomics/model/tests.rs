use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::dbnomics::Sentinels;

fn series(value: Value) -> Series {
    serde_json::from_value(value).unwrap()
}

/// Values of AMECO/ZUTN (2019-11), shortened; the error as the API words it.
fn two_ids_one_unknown() -> Value {
    json!({
        "_meta": {"args": {"limit": 1000}, "version": "22.1.17"},
        "errors": [{"dataset_code": "ZUTN", "message": "Could not load series", "provider_code": "AMECO",
                    "series_code": "NOPE"}],
        "series": {"docs": [{
            "@frequency": "annual", "dataset_code": "ZUTN", "dataset_name": "Unemployment rate",
            "dimensions": {"freq": "a", "geo": "ea19"}, "indexed_at": "2019-11-08T16:33:50.092Z",
            "period": ["2018", "2019", "2020"],
            "period_start_day": ["2018-01-01", "2019-01-01", "2020-01-01"],
            "provider_code": "AMECO", "series_code": "EA19.1.0.0.0.ZUTN", "series_name": "Euro area",
            "value": [8.2, "NA", 7]}],
            "limit": 1000, "num_found": 1, "offset": 0}
    })
}

#[test]
fn an_answer_with_an_unknown_id() {
    let answer: SeriesAnswer = serde_json::from_value(two_ids_one_unknown()).unwrap();
    assert_eq!(answer.meta.version.as_deref(), Some("22.1.17"));
    let asked = ["AMECO/ZUTN/EA19.1.0.0.0.ZUTN".parse().unwrap(), "AMECO/ZUTN/NOPE".parse().unwrap()];
    assert_eq!(answer.missing(&asked), [(&asked[1], Some("Could not load series".to_owned()))]);

    let doc = &answer.series.docs()[0];
    assert_eq!(doc.id().unwrap(), asked[0]);
    assert_eq!(doc.indexed_at().unwrap().to_string(), "2019-11-08T16:33:50.092Z");
    let observations = doc.observations(&Sentinels::none()).unwrap();
    let values: Vec<Option<f64>> = observations.as_slice().iter().map(|o| o.value).collect();
    assert_eq!(values, [Some(8.2), None, Some(7.0)]);
    assert_eq!(answer.series.next_offset(), None);
}

#[rstest]
#[case(json!("NA"), Cell::Missing)]
#[case(json!(null), Cell::Missing)]
#[case(json!(0.125), Cell::Number(0.125))]
#[case(json!(-3), Cell::Number(-3.0))]
#[case(json!("n/a"), Cell::Strange)]
#[case(json!(true), Cell::Strange)]
#[case(json!([1, {"a": 2}]), Cell::Strange)]
#[case(json!({"a": [1]}), Cell::Strange)]
fn cells(#[case] value: Value, #[case] cell: Cell) {
    assert_eq!(serde_json::from_value::<Cell>(value).unwrap(), cell);
}

#[test]
fn a_sentinel_is_missing_in_its_dataset_only() {
    let of = |provider: &str| {
        series(
            json!({"provider_code": provider, "dataset_code": "H41", "series_code": "X", "@frequency": "weekly",
            "period": ["2026-07-08"], "period_start_day": ["2026-07-08"], "value": [-999_999]}),
        )
    };
    let sentinels = Sentinels::built_in().unwrap();
    assert_eq!(of("FED").observations(&sentinels).unwrap().as_slice()[0].value, None);
    assert_eq!(of("FOO").observations(&sentinels).unwrap().as_slice()[0].value, Some(-999_999.0));
}

#[test]
fn lists_of_different_lengths_are_an_error_that_says_which() {
    let broken = series(json!({"provider_code": "A", "dataset_code": "B", "series_code": "C",
        "@frequency": "annual", "period": ["2020", "2021"], "period_start_day": ["2020-01-01"], "value": [1, 2]}));
    let error = broken.observations(&Sentinels::none()).unwrap_err().to_string();
    assert_eq!(error, "A/B/C: period has 2 entries, period_start_day 1, value 2: they must have one length");
}

#[test]
fn a_period_that_cannot_be_read_is_named() {
    let doc = series(json!({"@frequency": "annual", "period": ["2020", "20xx"], "value": [1, 2],
        "period_start_day": ["2020-01-01", "?"]}));
    let observations = doc.observations(&Sentinels::none()).unwrap();
    assert_eq!(observations.unreadable(), ["20xx"]);
    assert_eq!(observations.as_slice().len(), 1);
}

#[test]
fn without_observations_there_is_no_frequency() {
    let doc = series(json!({"provider_code": "A", "dataset_code": "B", "series_code": "C"}));
    assert_eq!(doc.check_lengths(), Ok(0));
    assert!(matches!(doc.observations(&Sentinels::none()), Err(ShapeError::Frequency { .. })));
}

#[test]
fn labels_are_a_map_or_a_list_of_pairs() {
    let dataset: Dataset = serde_json::from_value(json!({
        "code": "ZUTN", "dimensions_codes_order": ["freq", "geo"], "nb_series": 50,
        "dimensions_values_labels": {"freq": {"a": "Annually"}, "geo": [["deu", "Germany"], ["fra"], 7]}
    }))
    .unwrap();
    assert_eq!(dataset.dimensions_values_labels["freq"].0["a"], "Annually");
    assert_eq!(dataset.dimensions_values_labels["geo"].0.len(), 1);
    assert_eq!(dataset.nb_series, Some(50));
    assert!(dataset.dimensions_labels.is_empty());
}

#[test]
fn docs_are_a_list_or_a_map() {
    let list = json!({"datasets": {"docs": [{"code": "EXR"}, 5], "num_found": 3, "offset": 0, "limit": 2}});
    let list: DatasetAnswer = serde_json::from_value(list).unwrap();
    assert_eq!((list.datasets.docs().len(), list.datasets.skipped()), (1, 1));
    assert_eq!(list.datasets.next_offset(), Some(2));
    let map = json!({"datasets": {"docs": {"ECB/EXR": {"code": "EXR"}}}});
    let map: DatasetAnswer = serde_json::from_value(map).unwrap();
    assert_eq!(map.datasets.into_docs()[0].code, "EXR");
}

#[test]
fn providers_search_and_updates() {
    let answer: ProviderAnswer = serde_json::from_value(json!({
        "provider": {"code": "BEA", "name": "U.S. Bureau of Economic Analysis", "region": null},
        "category_tree": [{"code": null, "name": "NIPA", "children": [{"code": "NIPA-T10101", "name": "1.1.1"}]}]
    }))
    .unwrap();
    assert_eq!(answer.category_tree[0].children[0].code.as_deref(), Some("NIPA-T10101"));
    assert_eq!(answer.provider.unwrap().terms_of_use, None);

    let search: SearchAnswer = serde_json::from_value(json!({"results": {"docs": [
        {"code": "GFSIBS", "nb_matching_series": 1776, "nb_series": 689_088}], "num_found": 1000}}))
    .unwrap();
    assert_eq!(search.results.docs()[0].nb_matching_series, Some(1776));
    assert_eq!(search.results.next_offset(), Some(1));

    let updates: LastUpdates = serde_json::from_value(json!({"datasets": null, "providers": {"docs": [
        {"code": "BDF", "indexed_at": "2026-01-03T06:03:45.234Z"}]}}))
    .unwrap();
    assert_eq!(updates.providers.docs()[0].code, "BDF");

    let refusal: Refusal = serde_json::from_str(r#"{"message": "Series 'A/B/C' not found"}"#).unwrap();
    assert_eq!(refusal.message.as_deref(), Some("Series 'A/B/C' not found"));
}

#[test]
fn a_page_that_is_none_is_an_error() {
    assert!(serde_json::from_value::<SearchAnswer>(json!({"results": 1})).is_err());
    assert_eq!(serde_json::from_value::<SearchAnswer>(json!({})).unwrap(), SearchAnswer::default());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just("NA".to_owned()), Just("2020-Q1".to_owned()), "\\PC{0,8}"].prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("series".to_owned()),
        Just("docs".to_owned()),
        Just("period".to_owned()),
        Just("value".to_owned()),
        Just("period_start_day".to_owned()),
        Just("errors".to_owned()),
        Just("dimensions_values_labels".to_owned()),
        Just("@frequency".to_owned()),
        Just("dimensions".to_owned()),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics(value in any_json()) {
        if let Ok(answer) = serde_json::from_value::<SeriesAnswer>(value.clone()) {
            for doc in answer.series.docs() {
                let _ = doc.observations(&Sentinels::none());
            }
        }
        let _ = serde_json::from_value::<DatasetAnswer>(value.clone());
        let _ = serde_json::from_value::<ProvidersAnswer>(value.clone());
        if let Ok(doc) = serde_json::from_value::<Series>(value.clone()) {
            let _ = doc.observations(&Sentinels::none());
        }
        let _ = serde_json::from_value::<Refusal>(value);
    }
}
