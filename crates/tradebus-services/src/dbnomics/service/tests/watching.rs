//! Series that are looked at unasked.

use std::sync::Arc;

use serde_json::{Value, json};
use tradebus::{Bus, BusConfig, ServiceOptions, SubscribeOptions, Subscription};

use super::{DbnomicsService, DbnomicsSettings, Desk, LONG, list, quick};
use crate::standin::{Fault, Route, Times};

const CPI: &str = "BLS/cu/CUSR0000SA0";
const GDP: &str = "BEA/NIPA-T10101/A191RL-Q";

async fn watching(ids: &[&str]) -> Desk {
    Desk::with(|settings| settings.watch.series = ids.iter().map(|id| id.parse().unwrap()).collect()).await
}

async fn news(bus: &Bus) -> Subscription {
    bus.subscribe("data.macro.*", SubscribeOptions::default()).await.unwrap()
}

async fn next(news: &mut Subscription) -> (String, Value) {
    let delivery = tokio::time::timeout(LONG, news.next()).await.expect("news in time").unwrap();
    (delivery.topic.to_string(), serde_json::from_slice(&delivery.payload).unwrap())
}

/// A round now, when no other is being made.
async fn poll(desk: &Desk) -> Value {
    desk.data("dbnomics.watch.poll", json!({})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_or_revised_is_published() {
    let desk = watching(&[GDP, CPI]).await;
    let mut news = news(&desk.bus).await;
    poll(&desk).await;
    let before = desk.series(json!({"series_ids": GDP})).await;
    let [.., last] = list(&before["observations"]) else { panic!("no observations") };
    let new = desk.standin.append(GDP, 2.5).unwrap();
    desk.standin.revise(GDP, last["period"].as_str().unwrap(), 0.1 + 0.2).unwrap();
    let round = poll(&desk).await;
    assert_eq!(
        (&round["looked_at"], &round["fetched"], &round["published"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let (topic, told) = next(&mut news).await;
    assert_eq!(topic, "data.macro.BEA.NIPA-T10101.A191RL-Q");
    assert_eq!((&told["id"], &told["source"]), (&json!(GDP), &json!(super::ORIGIN)));
    assert_eq!(told["since"], before["indexed_at"]);
    assert!(told["indexed_at"].as_str() > before["indexed_at"].as_str());
    assert_eq!(told["new"], json!([{"period": new, "value": 2.5}]));
    assert_eq!(told["latest"], json!({"period": new, "value": 2.5}));
    let revised = json!([{"period": last["period"], "before": last["value"], "now": 0.1 + 0.2}]);
    assert_eq!((&told["revised"], &told["removed"]), (&revised, &json!([])));
    assert_eq!(told["counts"], json!({"new": 1, "revised": 1, "removed": 0}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_did_not_move_is_not_fetched() {
    let desk = watching(&[GDP, CPI]).await;
    poll(&desk).await;
    desk.standin.forget_calls();
    let round = poll(&desk).await;
    assert_eq!((&round["looked_at"], &round["fetched"]), (&json!(2), &json!(0)));
    let seen = desk.standin.seen();
    assert_eq!(seen.len(), 1, "one small question for both");
    assert_eq!(desk.standin.calls(Route::DbnomicsSeriesIds), 1);
    assert!(format!("{seen:?}").contains("observations=0"), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_to_ask() {
    let desk = watching(&[CPI]).await;
    let watched = async {
        loop {
            let watch = desk.data("dbnomics.watch.get", json!({})).await;
            if !watch["last_round_here"].is_null() {
                return watch;
            }
        }
    };
    let watch = tokio::time::timeout(LONG, watched).await.unwrap();
    assert_eq!(watch["series"], json!({ CPI: "data.macro.BLS.cu.CUSR0000SA0" }));
    assert_eq!(watch["last_round_here"]["first_seen"], 1);
    assert!(watch["seconds_since_last_round"].is_number());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_goes_on_where_the_last_one_was() {
    let desk = watching(&[GDP]).await;
    poll(&desk).await;
    desk.standin.append(GDP, 2.5).unwrap();
    // A bus and a service of their own, with the same store.
    let bus = Bus::with_store(BusConfig::default(), desk.bus.store().clone()).unwrap();
    let mut news = news(&bus).await;
    let mut settings = quick(&desk.standin.dbnomics_url());
    settings.watch.series = vec![GDP.parse().unwrap()];
    let second = DbnomicsService::new(bus.store().clone(), "test:cache", &settings, None).unwrap();
    let _second = bus.serve(Arc::new(second), ServiceOptions::default()).await.unwrap();
    // Whichever of both makes the round.
    let mut published = 0;
    while published == 0 {
        let answer = bus.request("dbnomics.watch.poll", json!({}), LONG).await.unwrap();
        match answer.into_data() {
            Ok(round) => published += round["published"].as_u64().unwrap(),
            Err(error) => assert_eq!(error.code, "unavailable", "{error}"),
        }
    }
    assert_eq!(next(&mut news).await.1["counts"]["new"], 1);
    for _ in 0..4 {
        let answer = bus.request("dbnomics.watch.poll", json!({}), LONG).await.unwrap();
        assert!(answer.into_data().is_ok_and(|round| round["published"] == 0), "published once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_series_that_is_not_there_is_named_and_the_others_are_watched() {
    let desk = watching(&[GDP, "BEA/NIPA-T10101/NO_SUCH"]).await;
    let round = poll(&desk).await;
    assert_eq!((&round["looked_at"], &round["failed"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&round["errors"][0]["id"], &round["errors"][0]["code"]),
        (&json!("BEA/NIPA-T10101/NO_SUCH"), &json!("not_found"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_come_when_the_api_is_back() {
    let desk = watching(&[GDP]).await;
    let mut news = news(&desk.bus).await;
    poll(&desk).await;
    desk.standin.append(GDP, 2.5).unwrap();
    desk.standin.fail("/v22", Fault::Html(503), Times::Always);
    let round = poll(&desk).await;
    assert_eq!(
        (&round["looked_at"], &round["failed"], &round["published"]),
        (&json!(0), &json!(1), &json!(0))
    );
    desk.standin.heal();
    assert_eq!(poll(&desk).await["published"], 1);
    assert_eq!(next(&mut news).await.1["counts"]["new"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indicators_say_what_has_changed() {
    const INDICATORS: &str = "dbnomics.analytics.trading_indicators";
    let desk = Desk::start().await;
    let ask = async || desk.ask_fresh(INDICATORS, json!({"series_ids": GDP})).await.into_data().unwrap();
    assert_eq!(ask().await["series"][0]["changes"], Value::Null);
    let new = desk.standin.append(GDP, 2.5).unwrap();
    let changes = ask().await["series"][0]["changes"].clone();
    assert_eq!(changes["new"], json!([{"period": new, "value": 2.5}]));
    assert_eq!(ask().await["series"][0]["changes"], changes, "until DBnomics reads it anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sightings_tell_when_the_next_value_comes() {
    const POUND: &str = "ECB/EXR/D.GBP.EUR.SP00.A";
    let desk = watching(&[POUND]).await;
    poll(&desk).await;
    for value in [0.86, 0.87, 0.88] {
        desk.standin.append(POUND, value).unwrap();
        assert_eq!(poll(&desk).await["published"], 1);
    }
    let topic = "dbnomics.analytics.trading_indicators";
    let data = desk.ask_fresh(topic, json!({"series_ids": POUND})).await.into_data().unwrap();
    let expected = &data["series"][0]["indicators"]["expected_release"];
    assert_eq!(expected["basis"], json!({"from": "sightings", "count": 3}), "{expected}");
}

#[tokio::test]
async fn nothing_is_watched_unless_it_is_asked_for() {
    let desk = Desk::start().await;
    let error = desk.error("dbnomics.watch.poll", json!({})).await;
    assert_eq!(error.code, "not_found");
    assert!(error.message.contains("[services.dbnomics.watch]"), "{error}");
    let error = desk.error("dbnomics.watch.get", json!({"id": 7})).await;
    assert_eq!(error.code, "bad_request");
    assert_eq!(desk.standin.total_calls(), 0);
}

#[test]
fn wrong_lists_are_named() {
    let read = |toml: &str| toml::from_str::<DbnomicsSettings>(toml).unwrap_err().to_string();
    assert!(read("[watch]\nseries = [\"BLS/cu\"]").contains("PROVIDER/DATASET/SERIES"));
    assert!(read("[watch]\ngroups = [\"weather\"]").contains("unknown variant `weather`"));
    assert!(read("[watch]\nevery = 7").contains("unknown field `every`"));
}
