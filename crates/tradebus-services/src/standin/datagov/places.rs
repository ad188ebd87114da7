//! Places for the spatial filter.

use serde_json::json;

use super::filters::Bounds;
use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

/// Id, name, and the box around it (rounded).
const PLACES: &[(&str, &str, Bounds)] = &[
    ("5", "California", [32.5, -124.4, 42.0, -114.1]),
    ("6", "Colorado", [37.0, -109.1, 41.0, -102.0]),
    ("36", "New York", [40.5, -79.8, 45.0, -71.9]),
    ("48", "Texas", [25.8, -106.6, 36.5, -93.5]),
    ("294", "Adams County, Colorado", [39.7, -105.1, 40.0, -103.7]),
    ("357", "Yuma County, Colorado", [39.6, -102.8, 40.4, -102.0]),
];

/// Places whose names hold the text.
pub(super) fn search(query: &Pairs) -> Reply {
    let size = query.get("size").and_then(|text| text.parse::<i64>().ok()).unwrap_or(100).clamp(1, 2000);
    let wanted = query.get("q").unwrap_or_default().to_lowercase();
    let mut found: Vec<_> =
        PLACES.iter().filter(|(_, name, _)| name.to_lowercase().contains(&wanted)).collect();
    // The shorter name fits better.
    found.sort_by_key(|(_, name, _)| name.len());
    found.truncate(size as usize);
    let list: Vec<_> = found.iter().map(|(id, name, _)| json!({"display_name": name, "id": id})).collect();
    let total = list.len();
    Reply::json(200, &json!({"locations": list, "size": total, "total": total}))
}

/// A place's shape: `GeoJSON` as a string inside the JSON.
pub(super) fn location(id: &str) -> Reply {
    let Some((id, _, [s, w, n, e])) = PLACES.iter().find(|(known, ..)| *known == id) else {
        return Reply::json(404, &json!({"error": "Location not found"}));
    };
    let shape = json!({"type": "MultiPolygon", "coordinates": [[[[w, s], [w, n], [e, n], [e, s], [w, s]]]]});
    Reply::json(200, &json!({"geometry": shape.to_string(), "id": id}))
}
