//! A strategy that trades: its fills, its position, and how close that comes to its limit.

use fastrand::Rng;
use tradebus::Topic;

use super::instrument::Instrument;
use super::payload::{Amount, Empty, OrderFilled, PositionChanged, RiskAlert, Text};

const TRADER: &str = "TRADER-001";
const ACCOUNT: &str = "BINANCE-001";
const CURRENCY: &str = "USDT";
/// Part of the notional that a fill costs.
const FEE: f64 = 0.0004;
/// Above this size the strategy sells.
const LARGE: f64 = 40.0;

/// A strategy and its long position in one instrument.
pub(super) struct Account {
    pub(super) orders: Topic,
    pub(super) positions: Topic,
    strategy: String,
    position_id: String,
    opening_order: String,
    opened: u64,
    fills: u64,
    position: Position,
    threshold: f64,
}

/// Quantities are in units of the instrument's last place.
#[derive(Clone, Copy, Default)]
struct Position {
    quantity: i64,
    peak: i64,
    places: u8,
    avg_open: f64,
    avg_close: f64,
    closed: f64,
    realized: f64,
    last_qty: i64,
    last_px: Option<Amount>,
}

impl Account {
    /// A strategy; `None` if it has a name that no topic can hold.
    pub(super) fn open(strategy: &str, instrument: &Instrument, now: u64) -> Option<Self> {
        Some(Self {
            orders: Topic::new(format!("events.order.{strategy}")).ok()?,
            positions: Topic::new(format!("events.position.{strategy}")).ok()?,
            strategy: strategy.to_owned(),
            position_id: format!("{}-{strategy}", instrument.id),
            opening_order: format!("O-{strategy}-1"),
            opened: now,
            fills: 0,
            position: Position::default(),
            threshold: instrument.price().value() * LARGE,
        })
    }

    /// The next order is filled at the market.
    pub(super) fn fill<'a>(
        &'a mut self,
        instrument: &'a Instrument,
        rng: &mut Rng,
        now: u64,
    ) -> OrderFilled<'a> {
        let (price, size) = (instrument.price(), instrument.size(rng));
        let buys = self.position.fill(price, size, rng);
        self.fills += 1;
        OrderFilled {
            kind: "OrderFilled",
            trader_id: TRADER,
            strategy_id: &self.strategy,
            instrument_id: &instrument.id,
            client_order_id: format!("O-{}-{}", self.strategy, self.fills),
            venue_order_id: Text(self.fills),
            account_id: ACCOUNT,
            trade_id: Text(self.fills),
            position_id: &self.position_id,
            order_side: if buys { "BUY" } else { "SELL" },
            order_type: "MARKET",
            last_qty: size,
            last_px: price,
            currency: CURRENCY,
            commission: money(price.value() * size.value() * FEE),
            liquidity_side: "TAKER",
            event_id: event_id(rng),
            ts_event: Text(now),
            ts_init: Text(now),
            info: Empty {},
            reconciliation: false,
        }
    }

    /// What the last fill made of the position.
    pub(super) fn position<'a>(
        &'a self,
        instrument: &'a Instrument,
        rng: &mut Rng,
        now: u64,
    ) -> PositionChanged<'a> {
        let it = &self.position;
        let amount = |units| Amount { units, places: it.places };
        let (market, size) = (instrument.price().value(), amount(it.quantity).value());
        PositionChanged {
            kind: "PositionChanged",
            trader_id: TRADER,
            strategy_id: &self.strategy,
            instrument_id: &instrument.id,
            position_id: &self.position_id,
            account_id: ACCOUNT,
            opening_order_id: &self.opening_order,
            entry: "BUY",
            side: "LONG",
            signed_qty: size,
            quantity: amount(it.quantity),
            peak_qty: amount(it.peak),
            last_qty: amount(it.last_qty),
            last_px: it.last_px.unwrap_or_else(|| instrument.price()),
            currency: CURRENCY,
            avg_px_open: it.avg_open,
            avg_px_close: it.avg_close,
            realized_return: if it.closed > 0.0 { it.avg_close / it.avg_open - 1.0 } else { 0.0 },
            realized_pnl: money(it.realized),
            unrealized_pnl: money((market - it.avg_open) * size),
            event_id: event_id(rng),
            ts_opened: Text(self.opened),
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }

    /// How close the position is to its limit.
    pub(super) fn alert<'a>(&'a self, instrument: &'a Instrument, now: u64) -> RiskAlert<'a> {
        let size = Amount { units: self.position.quantity, places: self.position.places };
        let notional = instrument.price().value() * size.value();
        RiskAlert {
            kind: "RiskAlert",
            trader_id: TRADER,
            strategy_id: &self.strategy,
            instrument_id: &instrument.id,
            limit: "MAX_NOTIONAL",
            notional: money(notional),
            threshold: money(self.threshold),
            breached: notional > self.threshold,
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }
}

impl Position {
    /// Buys or sells so that some of the position always stays; says whether it bought.
    fn fill(&mut self, price: Amount, size: Amount, rng: &mut Rng) -> bool {
        self.places = size.places;
        let (held, price_value, size_value) = (self.value(), price.value(), size.value());
        let sells = size.units < self.quantity && (held > LARGE || rng.bool());
        if sells {
            self.quantity -= size.units;
            self.realized += (price_value - self.avg_open) * size_value;
            self.avg_close =
                (self.avg_close * self.closed + price_value * size_value) / (self.closed + size_value);
            self.closed += size_value;
        } else {
            self.avg_open = (self.avg_open * held + price_value * size_value) / (held + size_value);
            self.quantity += size.units;
            self.peak = self.peak.max(self.quantity);
        }
        (self.last_qty, self.last_px) = (size.units, Some(price));
        !sells
    }

    fn value(&self) -> f64 {
        Amount { units: self.quantity, places: self.places }.value()
    }
}

fn money(amount: f64) -> String {
    format!("{amount:.2} {CURRENCY}")
}

/// A random UUID, from the generator of the market, so that a seed gives the same ones.
fn event_id(rng: &mut Rng) -> String {
    let bits = rng.u128(..) & !(0xf000_u128 << 64) & !(0xc000_u128 << 48)
        | (0x4000_u128 << 64)
        | (0x8000_u128 << 48);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::super::payload::Amount;
    use super::{Position, event_id};

    #[test]
    fn event_ids_are_random_uuids() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..100 {
            let id = event_id(&mut rng);
            let bytes = id.as_bytes();
            assert_eq!((id.len(), bytes[8], bytes[13], bytes[18], bytes[23]), (36, b'-', b'-', b'-', b'-'));
            assert_eq!(bytes[14], b'4');
            assert!(b"89ab".contains(&bytes[19]), "{id}");
        }
    }

    #[test]
    fn the_books_balance() {
        let mut rng = Rng::with_seed(1);
        let mut position = Position::default();
        let (mut cash, mut held) = (0.0, 0_i64);
        for n in 0..10_000 {
            let price = Amount { units: 1000 + n % 70, places: 1 };
            let size = Amount { units: rng.i64(1..=500), places: 2 };
            let bought = position.fill(price, size, &mut rng);
            let sign = if bought { 1 } else { -1 };
            held += sign * size.units;
            cash -= sign as f64 * price.value() * size.value();
            assert_eq!(position.quantity, held);
            assert!(held > 0);
        }
        // What was paid is what is held at its average price, less what was earned.
        let expected = position.realized - position.avg_open * position.value();
        assert!((cash - expected).abs() < 1e-3, "{cash} {expected}");
    }
}
