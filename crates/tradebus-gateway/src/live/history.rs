//! What charts show: the last fifteen minutes, a point each second.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::snapshot::{Percentiles, Snapshot, TierView};

/// Points that are kept.
const KEPT: usize = 900;

/// The newest points, the oldest first.
#[derive(Debug, Default)]
pub struct History(VecDeque<Point>);

/// What is kept of a snapshot.
#[derive(Debug)]
struct Point {
    ts_ms: u64,
    tiers: Vec<TierView>,
    stored: Option<f64>,
    utilization: f64,
    workers: u64,
    memory_bytes: u64,
    cpu_cores: Option<f64>,
}

impl History {
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Point {
            ts_ms: snapshot.ts_ms,
            tiers: snapshot.tiers.clone(),
            stored: snapshot.rates.stored,
            utilization: snapshot.workers.utilization,
            workers: snapshot.workers.count,
            memory_bytes: snapshot.process.memory_bytes,
            cpu_cores: snapshot.process.cpu_cores,
        });
    }

    /// The last points as columns of one length; null where nothing was measured.
    pub(super) fn columns(&self, points: usize) -> Value {
        let shown = || self.0.iter().skip(self.0.len().saturating_sub(points));
        let mut tiers = Map::new();
        for (place, name) in
            self.0.back().iter().flat_map(|point| point.tiers.iter().map(|tier| &tier.tier).enumerate())
        {
            let of = |value: fn(&TierView) -> Value| column(shown(), |point| value(&point.tiers[place]));
            let columns = json!({
                "published": of(|tier| tier.published.into()),
                "received": of(|tier| tier.received.into()),
                "stored": of(|tier| tier.stored.into()),
                "fill": of(|tier| tier.fill.into()),
                "p50_ms": of(|tier| ms(tier.delivery, |it| it.p50_ms)),
                "p95_ms": of(|tier| ms(tier.delivery, |it| it.p95_ms)),
                "p99_ms": of(|tier| ms(tier.delivery, |it| it.p99_ms)),
                "max_ms": of(|tier| ms(tier.delivery, |it| it.max_ms)),
                "publish_p50_ms": of(|tier| ms(tier.publish, |it| it.p50_ms)),
                "publish_p99_ms": of(|tier| ms(tier.publish, |it| it.p99_ms)),
            });
            tiers.insert(name.clone(), columns);
        }
        json!({
            "interval_ms": 1000,
            "ts_ms": column(shown(), |point| point.ts_ms),
            "tiers": tiers,
            "stored": column(shown(), |point| point.stored),
            "utilization": column(shown(), |point| point.utilization),
            "workers": column(shown(), |point| point.workers),
            "memory_bytes": column(shown(), |point| point.memory_bytes),
            "cpu_cores": column(shown(), |point| point.cpu_cores),
        })
    }
}

fn column<'a, T: Into<Value>>(points: impl Iterator<Item = &'a Point>, of: impl Fn(&Point) -> T) -> Value {
    points.map(|point| of(point).into()).collect::<Vec<Value>>().into()
}

fn ms(percentiles: Option<Percentiles>, of: fn(Percentiles) -> f64) -> Value {
    percentiles.map(of).into()
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::{Percentiles, Snapshot, TierView};
    use super::{History, KEPT};

    #[test]
    fn columns_have_one_length() {
        let mut history = History::default();
        let delivery = Some(Percentiles { p50_ms: 0.5, ..Percentiles::default() });
        let tier = TierView { tier: "high".to_owned(), received: 7.0, delivery, ..TierView::default() };
        for ts_ms in 0..KEPT as u64 + 5 {
            history.add(&Snapshot { ts_ms, tiers: vec![tier.clone()], ..Snapshot::default() });
        }
        let all = history.columns(10_000);
        assert_eq!(all["ts_ms"].as_array().unwrap().len(), KEPT);
        assert_eq!(all["ts_ms"][0], 5);
        let last = history.columns(2);
        assert_eq!(last["tiers"]["high"]["received"], serde_json::json!([7.0, 7.0]));
        assert_eq!(last["tiers"]["high"]["p50_ms"], serde_json::json!([0.5, 0.5]));
        assert_eq!(last["tiers"]["high"]["publish_p50_ms"], serde_json::json!([null, null]));
    }
}
