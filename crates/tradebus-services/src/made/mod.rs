//! Answers that were made, to be given again: as long as what the API said is the same, so is what is made of it for the same parameters
//! on the same day.
//!
//! Reading, computing and writing an answer takes far longer than finding out that it can be given again.

pub(crate) mod parts;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tradebus::{Answer, Call, Data, ErrorCode, ServiceError};

use self::parts::{Part, noting};
use crate::source::{Got, Source};

/// The longest parameters of an answer that is given again, in bytes.
const MAX_PARAMS_BYTES: usize = 4_096;

/// Answers that were made.
#[derive(Debug)]
pub(crate) struct Made(moka::sync::Cache<String, Arc<Entry>>);

#[derive(Debug)]
struct Entry {
    parts: Vec<Part>,
    /// Ages are counted in days.
    day: Date,
    data: Arc<RawValue>,
    more: Map<String, Value>,
}

impl Made {
    /// With room for so many bytes.
    pub(crate) fn new(max_bytes: u64) -> Self {
        let weigher =
            |key: &String, entry: &Arc<Entry>| u32::try_from(key.len() + entry.bytes()).unwrap_or(u32::MAX);
        Self(moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigher).build())
    }

    /// The answer to a request: one that was made before, if it still holds, or one that is made now. It must follow from the parameters, the day,
    /// and what the source says.
    ///
    /// # Errors
    ///
    /// Those of `make`, which are not kept.
    pub(crate) async fn answer(
        &self,
        source: &Source,
        call: &Call,
        make: impl Future<Output = Result<Answer, ServiceError>>,
    ) -> Result<Answer, ServiceError> {
        let params = serde_json::to_string(&call.params).unwrap_or_default();
        if !(1..=MAX_PARAMS_BYTES).contains(&params.len()) {
            return make.await;
        }
        let key = format!("{} {params}", call.topic);
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let known = self.0.get(&key).filter(|entry| entry.day == day);
        if let Some(answer) = known.and_then(|entry| entry.again(source, call)) {
            return Ok(answer);
        }
        let (answer, parts) = noting(make).await;
        let Answer { data, cached, more } = answer?;
        let Some(parts) = parts else { return Ok(Answer { data, cached, more }) };
        let data = data
            .written()
            .map_err(|error| ServiceError::new(ErrorCode::Internal, format!("the answer: {error}")))?;
        let entry = Entry { parts, day, data: data.clone(), more: more.clone() };
        self.0.insert(key, Arc::new(entry));
        Ok(Answer { data: Data::Written(data), cached, more })
    }
}

impl Entry {
    /// The answer, if all that it was made of is still the same.
    fn again(&self, source: &Source, call: &Call) -> Option<Answer> {
        let mut whole: Option<Got> = None;
        for part in &self.parts {
            let got = source.again(part, call.cache_ttl)?;
            match &mut whole {
                Some(whole) => whole.join(&got),
                None => whole = Some(got),
            }
        }
        let got = whole?;
        let mut more = self.more.clone();
        more.extend(got.more());
        Some(Answer { data: Data::Written(self.data.clone()), cached: Some(got.cached), more })
    }

    fn bytes(&self) -> usize {
        self.data.get().len() + self.parts.iter().map(|part| part.key.len()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use std::time::Duration;

    use async_trait::async_trait;
    use serde_json::{Value, json};
    use tradebus::{
        Answer, Bus, BusConfig, Call, Request, Response, Route, Service, ServiceError, ServiceTask,
    };

    use super::Made;
    use crate::settings::SourceSettings;
    use crate::source::Source;
    use crate::standin::{Fault, Standin, Times};
    use crate::upstream::{Call as Get, UpstreamConfig};

    const GDP: &str = "BEA/NIPA-T10101/A191RL-Q";

    /// Tells how many series there are of the ids given.
    struct Counter {
        source: Source,
        made: Made,
        times: AtomicU64,
    }

    #[async_trait]
    impl Service for Counter {
        fn name(&self) -> &'static str {
            "counter"
        }

        fn routes(&self) -> Vec<Route> {
            vec![Route::new("counter.count", "a test").unwrap()]
        }

        async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
            self.made.answer(&self.source, call, self.count(call)).await
        }
    }

    impl Counter {
        async fn count(&self, call: &Call) -> Result<Answer, ServiceError> {
            self.times.fetch_add(1, SeqCst);
            let ids = call.params["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
            let mut found = Vec::new();
            for id in ids {
                let path: Vec<&str> = ["series"].into_iter().chain(id.splitn(3, '/')).collect();
                // What cannot be had is passed over.
                if let Ok(got) = self.source.get(Get::get(path), call.cache_ttl).await {
                    found.push(got);
                }
            }
            let indexed: Vec<Value> = found
                .iter()
                .map(|got| got.json::<Value>().unwrap()["series"]["docs"][0]["indexed_at"].clone())
                .collect();
            let got = found.first().ok_or_else(|| ServiceError::not_found("nothing"))?;
            got.answer(json!({ "indexed": indexed }))
        }
    }

    struct Desk {
        standin: Standin,
        bus: Bus,
        counter: Arc<Counter>,
        _task: ServiceTask,
    }

    impl Desk {
        async fn start() -> Self {
            let standin = Standin::start().await.unwrap();
            let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
            let bus = Bus::connect(config).await.unwrap();
            let upstream =
                UpstreamConfig { retries: 0, burst: 100, ..UpstreamConfig::new(standin.dbnomics_url()) };
            let settings = SourceSettings { upstream, ..SourceSettings::default() };
            let source = Source::new(bus.store().clone(), "test", &settings, None).unwrap();
            let counter = Arc::new(Counter { source, made: Made::new(1 << 20), times: AtomicU64::new(0) });
            let task = bus.serve(counter.clone(), tradebus::ServiceOptions::default()).await.unwrap();
            Self { standin, bus, counter, _task: task }
        }

        async fn ask(&self, params: Value, max_age: Option<Duration>) -> Response {
            let mut request = Request::new("counter.count", params).unwrap().timeout(Duration::from_mins(1));
            if let Some(max_age) = max_age {
                request = request.cache_ttl(max_age);
            }
            self.bus.request_with(&request).await.unwrap()
        }

        fn times(&self) -> u64 {
            self.counter.times.load(SeqCst)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_follows_from_the_same_is_made_once() {
        let desk = Desk::start().await;
        let first = desk.ask(json!({"ids": [GDP]}), None).await;
        let second = desk.ask(json!({"ids": [GDP]}), None).await;
        assert_eq!((desk.times(), first.cached, second.cached), (1, false, true));
        assert_eq!((&first.data, &second.more["stale"]), (&second.data, &json!(false)));
        assert!(first.more["age_seconds"].is_number() && second.more["age_seconds"].is_number());
        desk.ask(json!({"ids": [GDP, GDP]}), None).await;
        assert_eq!(desk.times(), 2, "other parameters");
        desk.standin.append(GDP, 2.5).unwrap();
        let fresh = desk.ask(json!({"ids": [GDP]}), Some(Duration::ZERO)).await;
        assert!(desk.times() == 3 && fresh.data != first.data, "{fresh:?}");
        let after = desk.ask(json!({"ids": [GDP]}), None).await;
        assert_eq!((desk.times(), after.data), (3, fresh.data), "the newer one is given again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_made_of_a_part_is_made_again() {
        const CPI: &str = "BLS/cu/CUSR0000SA0";
        let desk = Desk::start().await;
        desk.ask(json!({"ids": [GDP]}), None).await;
        desk.standin.fail("/v22/series/BLS", Fault::Html(502), Times::Next(1));
        let part = desk.ask(json!({"ids": [GDP, CPI]}), None).await;
        assert_eq!(part.data["indexed"].as_array().unwrap().len(), 1);
        let whole = desk.ask(json!({"ids": [GDP, CPI]}), None).await;
        assert_eq!(whole.data["indexed"].as_array().unwrap().len(), 2);
    }
}
