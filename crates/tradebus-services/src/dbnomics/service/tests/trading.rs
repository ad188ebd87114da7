//! Indicators, recomputed by hand.

use serde_json::{Value, json};

use super::{Desk, list};

const INDICATORS: &str = "dbnomics.analytics.trading_indicators";

fn near(given: &Value, expected: f64) {
    let given = given.as_f64().unwrap();
    assert!((given - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{given} is not {expected}");
}

/// The last `count` values of a series that ended before any clock stands today.
async fn values(desk: &Desk, id: &str, count: usize) -> Vec<f64> {
    let series = desk.series(json!({"series_ids": id})).await;
    let all: Vec<f64> = list(&series["observations"])
        .iter()
        .filter_map(|observation| observation["value"].as_f64())
        .collect();
    all[all.len() - count..].to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indicators_can_be_recomputed_from_the_observations() {
    let desk = Desk::start().await;
    let id = "BLS/cu/CUSR0000SA0";
    let values = values(&desk, id, 24).await;
    let data = desk.data(INDICATORS, json!({"series_ids": [id], "window": 24, "trend_window": 12})).await;
    let (last, n) = (values[23], 24.0);
    let indicators = &data["series"][0]["indicators"];
    assert_eq!(indicators["level"]["period"], "2025-01");
    near(&indicators["level"]["value"], last);
    near(&indicators["change"]["absolute"], last - values[22]);
    near(&indicators["year_on_year"]["percent"], (last / values[11] - 1.0) * 100.0);
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    near(&indicators["position"]["mean"], mean);
    near(&indicators["position"]["z_score"], (last - mean) / deviation);
    let below = values.iter().filter(|value| **value < last).count() as f64;
    let equal = values.iter().filter(|value| value.to_bits() == last.to_bits()).count() as f64;
    near(&indicators["position"]["percentile"], (below + equal / 2.0) / n * 100.0);
    // The line through 12 values at 0, 1, ..., 11, whose mean is 5.5.
    let centred = (0..12).map(|x| f64::from(x) - 5.5);
    let (s_xy, s_xx) =
        centred.zip(&values[12..]).fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + x * y, xx + x * x));
    near(&indicators["trend"]["slope"], s_xy / s_xx);
    assert_eq!(indicators["staleness"]["stale"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_a_part_of_the_list_of_trading_series() {
    let desk = Desk::start().await;
    for group in ["macro_economic", "central_bank", "financial", "commodities"] {
        let data = desk.data(INDICATORS, json!({"group": group})).await;
        assert_eq!(
            (&data["group"], &data["window"], &data["trend_window"]),
            (&json!(group), &json!(60), &json!(12))
        );
        assert!(!list(&data["series"]).is_empty(), "{group}");
        for series in list(&data["series"]) {
            assert_eq!(series["trading"]["group"], group);
            assert_eq!(series["trading"]["id"], series["id"]);
            assert!(series["indicators"]["level"]["value"].is_number(), "{series}");
        }
        // The stand-in does not have all of them.
        assert!(list(&data["errors"]).iter().all(|error| error["code"] == "not_found"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_series_off_the_list_and_one_that_is_not_there() {
    let desk = Desk::start().await;
    let data = desk.data(INDICATORS, json!({"series_ids": ["STANDIN/FREQ/W.X", "STANDIN/FREQ/NO"]})).await;
    assert_eq!((list(&data["series"]).len(), &data["series"][0]["trading"]), (1, &json!(null)));
    assert_eq!(
        (&data["errors"][0]["id"], &data["errors"][0]["code"]),
        (&json!("STANDIN/FREQ/NO"), &json!("not_found"))
    );
    assert_eq!(data["group"], json!(null));
}
