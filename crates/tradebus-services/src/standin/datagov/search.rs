//! `GET /search`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::catalog::{Catalog, Entry};
use super::filters::{Bounds, Filters};
use super::text::Query;
use super::{cursor, hit};
use crate::standin::pairs::Pairs;
use crate::standin::reply::{Reply, SITE_UNAVAILABLE};

/// How many hits a page has by default: the code says 20, the documentation 10.
const PER_PAGE: i64 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Relevance,
    Popularity,
    LastHarvestedDate,
    Distance,
}

/// A data set that was found.
struct Found {
    entry: Entry,
    score: f64,
    distance_km: Option<f64>,
    sort: Vec<Value>,
}

/// One page. With `endless` there always is a next one, and the cursor is ignored.
pub(super) fn search(catalog: &Catalog, query: &Pairs, endless: bool) -> Reply {
    let per_page = query.get("per_page").and_then(|text| text.parse().ok()).unwrap_or(PER_PAGE);
    if !(1..=1000).contains(&per_page) {
        return failed("per_page must be between 1 and 1000");
    }
    let filters = match Filters::parse(query) {
        Ok(filters) => filters,
        Err(message) => return failed(message),
    };
    let order = Order::of(query.get("sort"), filters.area.is_some());
    let after = match query.get("after").filter(|_| !endless) {
        None | Some("") => None,
        Some(text) => match cursor::decode(text, order.values()) {
            Some(after) => Some(after),
            // Not a 400: GSA/data.gov issue 5897.
            None => return Reply::html(500, SITE_UNAVAILABLE),
        },
    };
    let found = find(catalog, query, &filters, order);
    let rest = found.into_iter().filter(|found| match &after {
        Some(after) => order.compare(&found.sort, after) == Ordering::Greater,
        None => true,
    });
    // One more than is sent tells whether there is a next page.
    let mut page: Vec<Found> = rest.take(per_page as usize + 1).collect();
    let more = page.len() > per_page as usize || (endless && !page.is_empty());
    page.truncate(per_page as usize);
    let mut body = json!({"results": page.iter().map(Found::json).collect::<Vec<_>>(), "sort": order.name()});
    if let (true, Some(last)) = (more, page.last()) {
        body["after"] = cursor::encode(&last.sort).into();
    }
    Reply::json(200, &body)
}

fn failed(message: &str) -> Reply {
    Reply::json(400, &json!({"error": "Search failed", "message": message}))
}

fn find(catalog: &Catalog, query: &Pairs, filters: &Filters<'_>, order: Order) -> Vec<Found> {
    let words = Query::parse(query.get("q").unwrap_or_default());
    let mut found = Vec::new();
    for entry in catalog.entries().into_iter().filter(|entry| filters.pass(entry)) {
        // Five decimals, as many as the real scores show.
        let Some(score) = words.score(&entry).map(|score| (score * 1e5).round() / 1e5) else { continue };
        let distance_km = filters.area.and_then(|area| distance_km(area, entry.record.bounds?));
        let sort = order.sort_values(&entry, score, distance_km);
        found.push(Found { entry, score, distance_km, sort });
    }
    found.sort_by(|left, right| order.compare(&left.sort, &right.sort));
    found
}

impl Order {
    fn of(sort: Option<&str>, with_geometry: bool) -> Self {
        match sort {
            Some("popularity") => Self::Popularity,
            Some("last_harvested_date") => Self::LastHarvestedDate,
            Some("distance") if with_geometry => Self::Distance,
            _ => Self::Relevance,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Popularity => "popularity",
            Self::LastHarvestedDate => "last_harvested_date",
            Self::Distance => "distance",
        }
    }

    fn values(self) -> usize {
        match self {
            Self::Relevance | Self::Popularity => 3,
            Self::LastHarvestedDate | Self::Distance => 4,
        }
    }

    fn sort_values(self, entry: &Entry, score: f64, distance_km: Option<f64>) -> Vec<Value> {
        let (score, popularity, id) = (json!(score), json!(entry.record.popularity), json!(entry.id));
        match self {
            Self::Relevance => vec![score, popularity, id],
            Self::Popularity => vec![popularity, score, id],
            Self::LastHarvestedDate => vec![json!(entry.harvested), score, popularity, id],
            Self::Distance => vec![json!(distance_km), score, popularity, id],
        }
    }

    fn compare(self, left: &[Value], right: &[Value]) -> Ordering {
        cursor::compare(left, right, self == Self::Distance)
    }
}

impl Found {
    fn json(&self) -> Value {
        let mut hit = hit::hit(&self.entry);
        hit["_score"] = json!(self.score);
        hit["_sort"] = json!(self.sort);
        if let Some(distance) = self.distance_km {
            hit["_distance_km"] = json!(distance);
        }
        hit
    }
}

/// From centre to centre along a great circle, in kilometres with one decimal.
fn distance_km(left: Bounds, right: Bounds) -> Option<f64> {
    const EARTH_KM: f64 = 6_371.0;
    let centre = |[s, w, n, e]: Bounds| (f64::midpoint(s, n).to_radians(), f64::midpoint(w, e).to_radians());
    let ((lat1, lon1), (lat2, lon2)) = (centre(left), centre(right));
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = half(lat2 - lat1) + lat1.cos() * lat2.cos() * half(lon2 - lon1);
    let distance = 2.0 * EARTH_KM * chord.sqrt().min(1.0).asin();
    distance.is_finite().then(|| (distance * 10.0).round() / 10.0)
}
