//! The cursor of a search: the sort values of the last hit.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::Value;

/// The URL-safe base64 form, with its padding, of a compact JSON array.
pub(super) fn encode(sort: &[Value]) -> String {
    URL_SAFE.encode(Value::from(sort.to_vec()).to_string())
}

/// The sort values of a cursor, if there are as many as the order has.
pub(super) fn decode(cursor: &str, values: usize) -> Option<Vec<Value>> {
    let text = URL_SAFE.decode(cursor).ok()?;
    let sort: Vec<Value> = serde_json::from_slice(&text).ok()?;
    (sort.len() == values).then_some(sort)
}

/// Compares sort values: the first one ascending if it is a distance, all others descending, missing ones last.
pub(super) fn compare(left: &[Value], right: &[Value], ascending_first: bool) -> Ordering {
    let pairs = left.iter().zip(right).enumerate();
    pairs.fold(Ordering::Equal, |order, (place, (left, right))| {
        order.then_with(|| one(left, right, ascending_first && place == 0))
    })
}

fn one(left: &Value, right: &Value, ascending: bool) -> Ordering {
    let order = match (left, right) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::String(left), Value::String(right)) => left.cmp(right),
        _ => left.as_f64().unwrap_or(0.0).total_cmp(&right.as_f64().unwrap_or(0.0)),
    };
    if ascending { order } else { order.reverse() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_of_the_real_service_is_read_and_written() {
        // As captured in April 2026.
        let cursor = "Wzc5LjI0NDcxLDIxLCIxNzA3NjMzYi03OGE0LTQ0OWMtOTFmMy1iNzRiMGNmM2MwY2IiXQ==";
        let sort = decode(cursor, 3).unwrap();
        assert_eq!(sort, [json!(79.24471), json!(21), json!("1707633b-78a4-449c-91f3-b74b0cf3c0cb")]);
        assert_eq!(encode(&sort), cursor);
        assert_eq!(decode(cursor, 4), None);
        assert_eq!(decode("notacursor", 3), None);
    }
}
