//! The market as a source of messages: ticks, bars, books, a strategy's events, and alerts.

use bytes::Bytes;
use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;
use tradebus::{Message, Priority, Topic};

use super::account::Account;
use super::instrument::{Instrument, Listing};

const LISTINGS: [Listing; 4] = [
    Listing { symbol: "BTCUSDT", venue: "BINANCE", price: 6_800_000, price_places: 2, size_places: 6 },
    Listing { symbol: "ETHUSDT", venue: "BINANCE", price: 350_000, price_places: 2, size_places: 5 },
    Listing { symbol: "SOLUSDT", venue: "BINANCE", price: 17_500, price_places: 2, size_places: 3 },
    Listing { symbol: "EURUSD", venue: "SIM", price: 108_500, price_places: 5, size_places: 0 },
];
const STRATEGIES: [&str; 2] = ["S-001", "S-002"];

/// Out of a thousand messages.
const ALERTS: u32 = 5;
const EVENTS: u32 = 45;
const BOOKS: u32 = 100;
const BARS: u32 = 50;
const TRADES: u32 = 250;

/// Instruments and strategies. The same seed gives the same market, at other times of the clock.
pub(super) struct Market {
    rng: Rng,
    instruments: Vec<Instrument>,
    /// Each trades the instrument with its own number.
    accounts: Vec<Account>,
    alerts: Topic,
    /// Marks what this market publishes: synthetic, and from this run.
    mark: String,
    /// The account whose position is to be told after its fill.
    filled: Option<usize>,
}

/// The header that marks synthetic messages.
pub(super) const MARK: &str = "synthetic";

impl Market {
    pub(super) fn new(seed: u64) -> Self {
        let instruments: Vec<Instrument> = LISTINGS.into_iter().filter_map(Instrument::list).collect();
        let now = now_ns();
        let open = |(strategy, instrument): (&&str, &Instrument)| Account::open(strategy, instrument, now);
        Self {
            rng: Rng::with_seed(seed),
            accounts: STRATEGIES.iter().zip(&instruments).filter_map(open).collect(),
            instruments,
            alerts: Topic::new("risk.alerts.LIMIT").expect("a topic without blanks and wildcards"),
            mark: format!("tradebus-demo-{:08x}", fastrand::u32(..)),
            filled: None,
        }
    }

    /// What marks the messages of this market.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// What happens next.
    pub(super) fn next(&mut self) -> Message {
        let now = now_ns();
        let mut pick = self.rng.u32(0..1000);
        let mut is = |share: u32| {
            let is = pick < share;
            pick = pick.wrapping_sub(if is { 0 } else { share });
            is
        };
        if is(ALERTS) {
            self.alert(now)
        } else if is(EVENTS) {
            self.event(now)
        } else if is(BOOKS) {
            self.book(now)
        } else if is(BARS) {
            self.bar(now)
        } else if is(TRADES) {
            self.trade(now)
        } else {
            self.quote(now)
        }
    }

    fn quote(&mut self, now: u64) -> Message {
        let instrument = walking(&mut self.instruments, &mut self.rng);
        let quote = instrument.quote(&mut self.rng, now);
        message(&instrument.quotes, "QuoteTick", Priority::Normal, &quote, &self.mark)
    }

    fn trade(&mut self, now: u64) -> Message {
        let instrument = walking(&mut self.instruments, &mut self.rng);
        let topic = instrument.trades.clone();
        let trade = instrument.trade(&mut self.rng, now);
        message(&topic, "TradeTick", Priority::Normal, &trade, &self.mark)
    }

    fn bar(&mut self, now: u64) -> Message {
        let instrument = walking(&mut self.instruments, &mut self.rng);
        let topic = instrument.bars.clone();
        message(&topic, "Bar", Priority::Low, &instrument.bar(now), &self.mark)
    }

    fn book(&mut self, now: u64) -> Message {
        let instrument = walking(&mut self.instruments, &mut self.rng);
        let topic = instrument.book.clone();
        let deltas = instrument.deltas(&mut self.rng, now);
        message(&topic, "OrderBookDeltas", Priority::Low, &deltas, &self.mark)
    }

    /// A fill, or what the last one made of the position.
    fn event(&mut self, now: u64) -> Message {
        if let Some(filled) = self.filled.take() {
            let (account, instrument) = (&self.accounts[filled], &self.instruments[filled]);
            let position = account.position(instrument, &mut self.rng, now);
            return message(&account.positions, "PositionChanged", Priority::High, &position, &self.mark);
        }
        let chosen = self.rng.usize(0..self.accounts.len());
        self.filled = Some(chosen);
        let topic = self.accounts[chosen].orders.clone();
        let fill = self.accounts[chosen].fill(&self.instruments[chosen], &mut self.rng, now);
        message(&topic, "OrderFilled", Priority::High, &fill, &self.mark)
    }

    fn alert(&mut self, now: u64) -> Message {
        let chosen = self.rng.usize(0..self.accounts.len());
        let alert = self.accounts[chosen].alert(&self.instruments[chosen], now);
        message(&self.alerts, "RiskAlert", Priority::Critical, &alert, &self.mark)
    }
}

/// One of the instruments, after its price has moved.
fn walking<'a>(instruments: &'a mut [Instrument], rng: &mut Rng) -> &'a mut Instrument {
    let chosen = rng.usize(0..instruments.len());
    let instrument = &mut instruments[chosen];
    instrument.walk(rng);
    instrument
}

fn message(topic: &Topic, kind: &str, tier: Priority, payload: &impl Serialize, mark: &str) -> Message {
    // Structs of texts and numbers are always JSON.
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    Message {
        topic: topic.clone(),
        payload: Bytes::from(payload),
        type_name: kind.into(),
        encoding: tradebus::Encoding::Json,
        priority: tier,
        ts: 0,
        headers: None,
    }
    .header(MARK, mark)
}

/// Nanoseconds since 1970.
pub(super) fn now_ns() -> u64 {
    u64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, Value};

    use super::{MARK, Market, Priority};

    fn keys(payload: &Map<String, Value>) -> String {
        payload.keys().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn messages_are_of_every_tier_and_kind_and_marked() {
        let mut market = Market::new(1);
        let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..20_000 {
            let message = market.next();
            let payload: Map<String, Value> = serde_json::from_slice(&message.payload).unwrap();
            assert_eq!(payload["type"], message.type_name.as_str());
            assert!(payload["ts_event"].is_string() && payload["ts_init"].is_string(), "{payload:?}");
            assert_eq!(message.headers.as_ref().unwrap().other[0], (MARK.into(), market.mark().into()));
            *kinds.entry(format!("{} {}", message.priority, message.type_name)).or_default() += 1;
        }
        let found: Vec<&str> = kinds.keys().map(String::as_str).collect();
        let expected = [
            "critical RiskAlert",
            "high OrderFilled",
            "high PositionChanged",
            "low Bar",
            "low OrderBookDeltas",
            "normal QuoteTick",
            "normal TradeTick",
        ];
        assert_eq!(found, expected);
        assert!(kinds.values().all(|&count| count > 20), "{kinds:?}");
    }

    #[test]
    fn market_data_has_the_fields_of_a_node_in_their_order() {
        let mut market = Market::new(2);
        let mut seen = 0;
        for _ in 0..2000 {
            let message = market.next();
            let expected = match message.type_name.as_str() {
                "QuoteTick" => "type instrument_id bid_price ask_price bid_size ask_size ts_event ts_init",
                "TradeTick" => "type instrument_id price size aggressor_side trade_id ts_event ts_init",
                "Bar" => "type bar_type open high low close volume ts_event ts_init",
                _ => continue,
            };
            seen += 1;
            let text = String::from_utf8(message.payload.to_vec()).unwrap();
            let mut at = 0;
            for key in expected.split(' ') {
                at += text[at..]
                    .find(&format!("\"{key}\":"))
                    .unwrap_or_else(|| panic!("{key} after byte {at}: {text}"));
            }
            let payload: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let mut given: Vec<&str> = expected.split(' ').collect();
            let found = keys(&payload);
            let mut found: Vec<&str> = found.split(' ').collect();
            given.sort_unstable();
            found.sort_unstable();
            assert_eq!(given, found);
        }
        assert!(seen > 1000);
    }

    #[test]
    fn a_seed_gives_the_same_market_and_prices_stay_sane() {
        let (mut one, mut other) = (Market::new(7), Market::new(7));
        let without_times = |payload: &[u8]| {
            let mut payload: Map<String, Value> = serde_json::from_slice(payload).unwrap();
            payload.retain(|key, _| !key.starts_with("ts_") && key != "deltas");
            payload
        };
        for _ in 0..50_000 {
            let (a, b) = (one.next(), other.next());
            assert_eq!((&a.topic, a.priority), (&b.topic, b.priority));
            let payload = without_times(&a.payload);
            assert_eq!(payload, without_times(&b.payload));
            if a.priority == Priority::Normal && a.type_name == "QuoteTick" {
                let price = |key: &str| payload[key].as_str().unwrap().parse::<f64>().unwrap();
                assert!(price("bid_price") > 0.0 && price("bid_price") < price("ask_price"), "{payload:?}");
            }
        }
    }
}
