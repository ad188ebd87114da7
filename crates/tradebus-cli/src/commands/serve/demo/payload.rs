//! Payloads as `NautilusTrader`'s Python nodes write them in JSON: prices and sizes as text with their precision, times at
//! the top as text, in nanoseconds; those inside as numbers.

// The names of the fields are those of the wire.
#![allow(clippy::struct_field_names)]

use std::fmt;

use serde::{Serialize, Serializer};

/// A decimal number with a fixed number of places, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    /// In units of the last place.
    pub(super) units: i64,
    pub(super) places: u8,
}

impl Amount {
    pub(super) fn value(self) -> f64 {
        self.units as f64 / 10_f64.powi(self.places.into())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(self.places);
        let one = 10_u64.pow(self.places.into());
        let (sign, units) = (if self.units < 0 { "-" } else { "" }, self.units.unsigned_abs());
        match places {
            0 => write!(f, "{sign}{units}"),
            _ => write!(f, "{sign}{}.{:0places$}", units / one, units % one),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub(super) u64);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
pub(super) struct QuoteTick<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) instrument_id: &'a str,
    pub(super) bid_price: Amount,
    pub(super) ask_price: Amount,
    pub(super) bid_size: Amount,
    pub(super) ask_size: Amount,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

#[derive(Serialize)]
pub(super) struct TradeTick<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) instrument_id: &'a str,
    pub(super) price: Amount,
    pub(super) size: Amount,
    pub(super) aggressor_side: &'static str,
    pub(super) trade_id: Text,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

#[derive(Serialize)]
pub(super) struct Bar<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) bar_type: &'a str,
    pub(super) open: Amount,
    pub(super) high: Amount,
    pub(super) low: Amount,
    pub(super) close: Amount,
    pub(super) volume: Amount,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

/// With the last four fields at the top, Rust-native nodes read it too.
#[derive(Serialize)]
pub(super) struct Deltas<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) instrument_id: &'a str,
    pub(super) deltas: [Delta<'a>; 2],
    pub(super) flags: u8,
    pub(super) sequence: u64,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

#[derive(Serialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) instrument_id: &'a str,
    pub(super) action: &'static str,
    pub(super) order: BookOrder,
    pub(super) flags: u8,
    pub(super) sequence: u64,
    pub(super) ts_event: u64,
    pub(super) ts_init: u64,
}

#[derive(Serialize)]
pub(super) struct BookOrder {
    pub(super) side: &'static str,
    pub(super) price: Amount,
    pub(super) size: Amount,
    pub(super) order_id: u64,
}

#[derive(Serialize)]
pub(super) struct OrderFilled<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) trader_id: &'a str,
    pub(super) strategy_id: &'a str,
    pub(super) instrument_id: &'a str,
    pub(super) client_order_id: String,
    pub(super) venue_order_id: Text,
    pub(super) account_id: &'a str,
    pub(super) trade_id: Text,
    pub(super) position_id: &'a str,
    pub(super) order_side: &'static str,
    pub(super) order_type: &'static str,
    pub(super) last_qty: Amount,
    pub(super) last_px: Amount,
    pub(super) currency: &'static str,
    pub(super) commission: String,
    pub(super) liquidity_side: &'static str,
    pub(super) event_id: String,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
    pub(super) info: Empty,
    pub(super) reconciliation: bool,
}

#[derive(Serialize)]
pub(super) struct Empty {}

#[derive(Serialize)]
pub(super) struct PositionChanged<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) trader_id: &'a str,
    pub(super) strategy_id: &'a str,
    pub(super) instrument_id: &'a str,
    pub(super) position_id: &'a str,
    pub(super) account_id: &'a str,
    pub(super) opening_order_id: &'a str,
    pub(super) entry: &'static str,
    pub(super) side: &'static str,
    pub(super) signed_qty: f64,
    pub(super) quantity: Amount,
    pub(super) peak_qty: Amount,
    pub(super) last_qty: Amount,
    pub(super) last_px: Amount,
    pub(super) currency: &'static str,
    pub(super) avg_px_open: f64,
    pub(super) avg_px_close: f64,
    pub(super) realized_return: f64,
    pub(super) realized_pnl: String,
    pub(super) unrealized_pnl: String,
    pub(super) event_id: String,
    pub(super) ts_opened: Text,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

/// No type of `NautilusTrader`: what a risk monitor beside the nodes might say.
#[derive(Serialize)]
pub(super) struct RiskAlert<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) trader_id: &'a str,
    pub(super) strategy_id: &'a str,
    pub(super) instrument_id: &'a str,
    pub(super) limit: &'static str,
    pub(super) notional: String,
    pub(super) threshold: String,
    pub(super) breached: bool,
    pub(super) ts_event: Text,
    pub(super) ts_init: Text,
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_keep_their_places() {
        for (units, places, text) in [
            (6_800_012, 2, "68000.12"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-105, 1, "-10.5"),
            (100, 0, "100"),
            (0, 6, "0.000000"),
            (i64::MIN, 1, "-922337203685477580.8"),
        ] {
            assert_eq!(Amount { units, places }.to_string(), text);
        }
    }
}
