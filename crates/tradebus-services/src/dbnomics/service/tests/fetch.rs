//! Observations.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Desk, list};
use crate::standin::{Fault, Route, Times};

const FETCH: &str = "dbnomics.series.fetch";

/// The value of a period.
fn value_of<'a>(series: &'a Value, period: &str) -> &'a Value {
    &list(&series["observations"]).iter().find(|it| it["period"] == period).unwrap()["value"]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_series_says_what_it_is() {
    let desk = Desk::start().await;
    let answer = desk.ask(FETCH, json!({"series_ids": "BLS/cu/CUSR0000SA0"})).await;
    assert_eq!(answer.more["provider_info"], json!({"code": "BLS"}));
    assert_eq!(answer.data["errors"], json!([]));
    let series = &answer.data["series"][0];
    assert_eq!(series["id"], "BLS/cu/CUSR0000SA0");
    assert_eq!(
        (&series["frequency"], &series["indexed_at"]),
        (&json!("monthly"), &json!("2026-03-25T05:00:00.200Z"))
    );
    assert_eq!(series["dimensions"]["item"], "SA0");
    let first = &series["observations"][0];
    assert_eq!((&first["period"], &first["start"]), (&json!("2000-01"), &json!("2000-01-01")));
    assert!(first["value"].is_f64());
    assert_eq!(list(&series["observations"]).len(), 301);
    // It ended in January 2025.
    assert_eq!(
        (&series["staleness"]["stale"], &series["staleness"]["last"]),
        (&json!(true), &json!("2025-01"))
    );
    assert!(series["warnings"][0].as_str().unwrap().contains("the last value is of 2025-01"), "{series}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_values_are_null() {
    let desk = Desk::start().await;
    let ids = json!(["BIS/WS_CBPOL/M.US", "STANDIN/FREQ/B.X", "FED/H41/RESPPLLDT_N.WW"]);
    let data = desk.data(FETCH, json!({"series_ids": ids})).await;
    let nulls: Vec<Vec<usize>> = list(&data["series"])
        .iter()
        .map(|series| {
            let values = list(&series["observations"]).iter().enumerate();
            values.filter(|(_, it)| it["value"].is_null()).map(|(place, _)| place).collect()
        })
        .collect();
    assert_eq!(nulls[0], (0..102).collect::<Vec<_>>(), "NA");
    assert_eq!(nulls[1], [3], "null");
    assert_eq!(nulls[2], [7], "-999999");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_is_cut_out() {
    let desk = Desk::start().await;
    let of = |start, end| json!({"series_ids": "BEA/NIPA-T10101/A191RL-Q", "start": start, "end": end});
    let periods = |series: Value| -> Vec<String> {
        list(&series["observations"]).iter().map(|it| it["period"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(periods(desk.series(of("2024", "2024-09")).await), ["2024-Q1", "2024-Q2", "2024-Q3"]);
    // Periods that lie in it as a whole.
    assert_eq!(periods(desk.series(of("2024-02", "2024-08-31")).await), ["2024-Q2"]);
    assert_eq!(periods(desk.series(of("1980", "1990")).await), Vec::<String>::new());
    let open = desk.series(json!({"series_ids": "BEA/NIPA-T10101/A191RL-Q", "start": "2026-Q2"})).await;
    assert_eq!(periods(open), ["2026-Q2", "2026-Q3"]);
    assert_eq!(desk.standin.total_calls(), 1, "spans share a fetch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projections_are_told_from_observations() {
    let desk = Desk::start().await;
    let series = desk.series(json!({"series_ids": "IMF/WEO:2025-04/USA.NGDP_RPCH.pcent_change"})).await;
    // What was indexed in September 2026 can hold no later year than 2025.
    assert_eq!(series["projections_from"], "2026");
    assert_eq!(series["staleness"]["last"], "2025");
    assert!(series["warnings"].to_string().contains("values from 2026 on are projections"), "{series}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_ids_are_asked_for_in_batches_and_come_in_their_order() {
    let desk = Desk::start().await;
    let known = desk.standin.series_ids();
    let unknown = (0..120 - known.len()).map(|n| format!("ECB/EXR/NO.{n}"));
    let mut ids: Vec<String> = known.iter().cloned().chain(unknown).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut ids);
    let data = desk.data(FETCH, json!({"series_ids": ids})).await;
    assert_eq!(desk.standin.calls(Route::DbnomicsSeriesIds), 3);
    let came: Vec<&str> = list(&data["series"]).iter().map(|it| it["id"].as_str().unwrap()).collect();
    let wanted: Vec<&str> = ids.iter().filter(|id| known.contains(id)).map(String::as_str).collect();
    assert_eq!(came, wanted);
    assert_eq!(list(&data["errors"]).len(), 120 - known.len());
    // The same ids in another order are the same calls.
    ids.reverse();
    assert!(desk.ask(FETCH, json!({"series_ids": ids})).await.cached);
    assert_eq!(desk.standin.calls(Route::DbnomicsSeriesIds), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_are_not_there_are_told_one_by_one() {
    let desk = Desk::start().await;
    let ids = json!([
        "ECB/EXR/NOPE",
        "FED/H15/RIFSPFF_N.D",
        "NOBODY/X/Y",
        "BIS/WS_CBPOL/M..",
        "FED/H15/RIFSPFF_N.D"
    ]);
    let data = desk.data(FETCH, json!({"series_ids": ids})).await;
    assert_eq!(list(&data["series"]).len(), 1);
    let errors: HashMap<&str, (&str, &str)> = list(&data["errors"])
        .iter()
        .map(|it| {
            (it["id"].as_str().unwrap(), (it["code"].as_str().unwrap(), it["message"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(errors["ECB/EXR/NOPE"], ("not_found", "DBnomics says: Could not load series"));
    assert_eq!(errors["NOBODY/X/Y"], ("not_found", "DBnomics says: Could not load dataset"));
    assert_eq!((errors.len(), errors["BIS/WS_CBPOL/M.."].0), (3, "not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_found_is_no_success() {
    let desk = Desk::start().await;
    let error = desk.error(FETCH, json!({"series_ids": ["ECB/EXR/NOPE", "ECB/EXR/A,B"]})).await;
    assert_eq!(error.code, "not_found");
    assert!(error.message.contains("none of 2 series") && error.message.contains("ECB/EXR/NOPE"), "{error}");
    assert_eq!(desk.standin.calls(Route::DbnomicsSeries), 1, "an id with a comma cannot be in a list");
    // An empty answer with status 200, which names no error.
    let empty = json!({"errors": null, "series": {"docs": [], "limit": 1000, "num_found": 0, "offset": 0}});
    desk.standin.fail("/v22", Fault::Json(200, empty, vec![]), Times::Next(1));
    let error = desk.error(FETCH, json!({"series_ids": "FED/H15/RIFSPFF_N.D"})).await;
    assert_eq!(error.code, "not_found", "{error}");
    assert!(error.message.contains("DBnomics sent nothing for it"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_may_fail_while_another_one_succeeds() {
    let desk = Desk::with(|settings| {
        settings.series_per_call = 1;
        settings.upstream.retries = 0;
        settings.upstream.max_concurrent = 1;
    })
    .await;
    desk.standin.fail("/v22", Fault::Html(502), Times::Next(1));
    let ids = ["FED/H15/RIFSPFF_N.D", "BEA/NIPA-T10101/A191RL-Q"];
    let data = desk.data(FETCH, json!({"series_ids": ids})).await;
    assert_eq!((list(&data["series"]).len(), list(&data["errors"]).len()), (1, 1));
    assert_eq!(data["errors"][0]["code"], "unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_series_spoils_no_other() {
    let desk = Desk::start().await;
    let good = json!({"provider_code": "A", "dataset_code": "B", "series_code": "GOOD", "@frequency": "annual",
        "period": ["2023", "2024"], "period_start_day": ["2023-01-01", "2024-01-01"], "value": [1, "n/a"]});
    let bad = json!({"provider_code": "A", "dataset_code": "B", "series_code": "BAD", "@frequency": "annual",
        "period": ["2023"], "period_start_day": ["2023-01-01"], "value": []});
    let body = json!({"errors": null, "series": {"docs": [good, bad, 7], "num_found": 3, "limit": 1000, "offset": 0}});
    desk.standin.fail("/v22", Fault::Json(200, body, vec![]), Times::Next(1));
    let data = desk.data(FETCH, json!({"series_ids": ["A/B/GOOD", "A/B/BAD", "A/B/LOST"]})).await;
    assert_eq!(
        (value_of(&data["series"][0], "2023"), value_of(&data["series"][0], "2024")),
        (&json!(1.0), &json!(null))
    );
    assert!(data["series"][0]["warnings"].to_string().contains("1 values are no numbers"), "{data}");
    let codes: Vec<_> = list(&data["errors"]).iter().map(|it| (&it["id"], &it["code"])).collect();
    let bad = &json!("bad_upstream");
    assert_eq!(codes, [(&json!("A/B/BAD"), bad), (&json!("A/B/LOST"), bad)]);
    assert!(data["errors"][0]["message"].as_str().unwrap().contains("must have one length"), "{data}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_has_only_so_many_observations() {
    let first = jiff::civil::date(1700, 1, 1);
    let days: Vec<String> =
        first.series(jiff::Span::new().days(1)).take(100_001).map(|day| day.to_string()).collect();
    let long = json!({"provider_code": "A", "dataset_code": "B", "series_code": "C", "@frequency": "daily",
        "period": days, "period_start_day": days, "value": vec![1.25; days.len()]});
    let body =
        json!({"errors": null, "series": {"docs": [long], "num_found": 1, "limit": 1000, "offset": 0}});
    let desk = Desk::start().await;
    desk.standin.fail("/v22", Fault::Json(200, body, vec![]), Times::Always);
    let error = desk.error(FETCH, json!({"series_ids": "A/B/C"})).await;
    assert_eq!(error.code, "bad_request");
    assert!(error.message.contains("would have 100001 observations, allowed are 100000"), "{error}");
    // As many as are allowed fit into a message.
    let series = desk.series(json!({"series_ids": "A/B/C", "start": "1700-01-02"})).await;
    assert_eq!(list(&series["observations"]).len(), 100_000);
    let search = json!({"provider": "A", "dataset": "B", "observations": true});
    let error = desk.error("dbnomics.series.search", search).await;
    assert!(error.message.contains("`limit`: the answer would have 100001"), "{error}");
}
