//! One instrument: a price that walks at random, and what is seen of it.

use fastrand::Rng;
use tradebus::Topic;

use super::payload::{Amount, Bar, BookOrder, Delta, Deltas, QuoteTick, Text, TradeTick};

/// What an instrument is like at the start.
pub(super) struct Listing {
    pub(super) symbol: &'static str,
    pub(super) venue: &'static str,
    /// In units of the last decimal place.
    pub(super) price: i64,
    pub(super) price_places: u8,
    pub(super) size_places: u8,
}

/// An instrument in the market.
pub(super) struct Instrument {
    pub(super) id: String,
    pub(super) quotes: Topic,
    pub(super) trades: Topic,
    pub(super) bars: Topic,
    pub(super) book: Topic,
    bar_type: String,
    listing: Listing,
    price: i64,
    trades_seen: u64,
    changes: u64,
    open_bar: OpenBar,
}

/// What happened since the last bar.
#[derive(Clone, Copy)]
struct OpenBar {
    open: i64,
    high: i64,
    low: i64,
    volume: i64,
}

impl OpenBar {
    fn at(price: i64) -> Self {
        Self { open: price, high: price, low: price, volume: 0 }
    }
}

impl Instrument {
    /// An instrument that is listed; `None` if it has a name that no topic can hold.
    pub(super) fn list(listing: Listing) -> Option<Self> {
        let Listing { symbol, venue, price, .. } = listing;
        let bar_type = format!("{symbol}.{venue}-1-SECOND-LAST-EXTERNAL");
        Some(Self {
            id: format!("{symbol}.{venue}"),
            quotes: Topic::new(format!("data.quotes.{venue}.{symbol}")).ok()?,
            trades: Topic::new(format!("data.trades.{venue}.{symbol}")).ok()?,
            bars: Topic::new(format!("data.bars.{bar_type}")).ok()?,
            book: Topic::new(format!("data.book.deltas.{venue}.{symbol}")).ok()?,
            bar_type,
            listing,
            price,
            trades_seen: 0,
            changes: 0,
            open_bar: OpenBar::at(price),
        })
    }

    /// The price moves by up to a 20,000th of where it started, and is drawn back gently, so that it stays plausible.
    pub(super) fn walk(&mut self, rng: &mut Rng) {
        let step = (self.listing.price / 20_000).max(1);
        let back = (self.listing.price - self.price) / 2_000;
        self.price = (self.price + rng.i64(-step..=step) + back).max(1);
        self.open_bar.high = self.open_bar.high.max(self.price);
        self.open_bar.low = self.open_bar.low.min(self.price);
    }

    pub(super) fn price(&self) -> Amount {
        self.amount(self.price)
    }

    pub(super) fn size(&self, rng: &mut Rng) -> Amount {
        let one = 10_i64.pow(self.listing.size_places.into());
        Amount { units: rng.i64(one / 100..=one * 5).max(1), places: self.listing.size_places }
    }

    fn amount(&self, units: i64) -> Amount {
        Amount { units, places: self.listing.price_places }
    }

    pub(super) fn quote(&self, rng: &mut Rng, now: u64) -> QuoteTick<'_> {
        let spread = (self.listing.price / 50_000).max(1);
        QuoteTick {
            kind: "QuoteTick",
            instrument_id: &self.id,
            bid_price: self.amount((self.price - spread).max(1)),
            ask_price: self.amount(self.price + spread),
            bid_size: self.size(rng),
            ask_size: self.size(rng),
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }

    pub(super) fn trade(&mut self, rng: &mut Rng, now: u64) -> TradeTick<'_> {
        let size = self.size(rng);
        self.trades_seen += 1;
        self.open_bar.volume += size.units;
        TradeTick {
            kind: "TradeTick",
            instrument_id: &self.id,
            price: self.price(),
            size,
            aggressor_side: if rng.bool() { "BUYER" } else { "SELLER" },
            trade_id: Text(self.trades_seen),
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }

    /// The bar of what happened since the last one.
    pub(super) fn bar(&mut self, now: u64) -> Bar<'_> {
        let bar = std::mem::replace(&mut self.open_bar, OpenBar::at(self.price));
        Bar {
            kind: "Bar",
            bar_type: &self.bar_type,
            open: self.amount(bar.open),
            high: self.amount(bar.high),
            low: self.amount(bar.low),
            close: self.price(),
            volume: Amount { units: bar.volume, places: self.listing.size_places },
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }

    /// A change of both sides of the order book.
    pub(super) fn deltas(&mut self, rng: &mut Rng, now: u64) -> Deltas<'_> {
        self.changes += 2;
        let distance = (self.listing.price / 10_000).max(1) * rng.i64(1..=10);
        let last = 128;
        let deltas = [("BUY", -distance, 0), ("SELL", distance, last)].map(|(side, away, flags)| Delta {
            kind: "OrderBookDelta",
            instrument_id: &self.id,
            action: "UPDATE",
            order: BookOrder {
                side,
                price: self.amount((self.price + away).max(1)),
                size: self.size(rng),
                order_id: rng.u64(1..1_000_000),
            },
            flags,
            sequence: self.changes - u64::from(flags == 0),
            ts_event: now,
            ts_init: now,
        });
        Deltas {
            kind: "OrderBookDeltas",
            instrument_id: &self.id,
            deltas,
            flags: last,
            sequence: self.changes,
            ts_event: Text(now),
            ts_init: Text(now),
        }
    }
}
