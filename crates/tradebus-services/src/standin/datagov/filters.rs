//! The filters of a search besides its words.

use serde_json::Value;

use super::catalog::Entry;
use crate::standin::pairs::Pairs;

/// South, west, north, east, in degrees.
pub(super) type Bounds = [f64; 4];

/// Why a filter cannot be used.
pub(super) const MALFORMED: &str = "spatial_geometry parameter is malformed";

/// The filters of one search.
#[derive(Debug)]
pub(super) struct Filters<'a> {
    query: &'a Pairs,
    within: bool,
    /// The box around `spatial_geometry`.
    pub(super) area: Option<Bounds>,
}

impl<'a> Filters<'a> {
    pub(super) fn parse(query: &'a Pairs) -> Result<Self, &'static str> {
        let area = match query.get("spatial_geometry") {
            Some(text) => Some(area(text).ok_or(MALFORMED)?),
            None => None,
        };
        // True by default in the code, false in the documentation: the code answers.
        let no = ["false", "0", "no", "n", "off", "intersects"];
        let within =
            query.get("spatial_within").is_none_or(|value| !no.contains(&value.to_lowercase().as_str()));
        Ok(Self { query, within, area })
    }

    /// Whether a data set passes all of them. Parameters that are not known are ignored.
    pub(super) fn pass(&self, entry: &Entry) -> bool {
        let (record, query) = (entry.record, self.query);
        let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
        let mut types = query.all("org_type").peekable();
        let of_type = types.peek().is_none() || types.any(|kind| entry.organization.kind == Some(kind));
        let has_keywords =
            query.all("keyword").all(|wanted| record.keywords.iter().any(|keyword| same(keyword, wanted)));
        let spatial = match query.get("spatial_filter") {
            Some("geospatial") => record.bounds.is_some(),
            Some("non-geospatial") => record.bounds.is_none(),
            _ => true,
        };
        query.get("org_slug").is_none_or(|slug| entry.organization.slug == slug)
            && of_type
            && has_keywords
            && query.get("publisher").is_none_or(|publisher| same(record.publisher, publisher))
            && query.get("collection").is_none_or(|collection| record.collection == Some(collection))
            && (query.get("has_download") != Some("true") || record.has_download())
            && spatial
            && self.area.is_none_or(|area| self.lies(record.bounds, area))
    }

    fn lies(&self, bounds: Option<Bounds>, [south, west, north, east]: Bounds) -> bool {
        let Some([s, w, n, e]) = bounds else { return false };
        if self.within {
            s >= south && w >= west && n <= north && e <= east
        } else {
            s <= north && n >= south && w <= east && e >= west
        }
    }
}

/// The box around a `GeoJSON` geometry.
fn area(text: &str) -> Option<Bounds> {
    let geometry: Value = serde_json::from_str(text).ok()?;
    let kinds = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];
    if !kinds.contains(&geometry.get("type")?.as_str()?) {
        return None;
    }
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    widen(geometry.get("coordinates")?, &mut bounds);
    bounds.iter().all(|degree| degree.is_finite()).then_some(bounds)
}

fn widen(coordinates: &Value, bounds: &mut Bounds) {
    let Some(items) = coordinates.as_array() else { return };
    if let [Some(longitude), Some(latitude)] =
        [items.first(), items.get(1)].map(|item| item.and_then(Value::as_f64))
    {
        *bounds = [
            bounds[0].min(latitude),
            bounds[1].min(longitude),
            bounds[2].max(latitude),
            bounds[3].max(longitude),
        ];
    } else {
        for item in items {
            widen(item, bounds);
        }
    }
}
