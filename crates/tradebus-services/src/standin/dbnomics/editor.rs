//! The editor: filters that compute a series anew. Only the linear interpolation is here.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure;
use super::periods::Frequency;
use crate::standin::reply::Reply;

/// How many series one call may have.
const MOST_SERIES: usize = 100;

/// How many periods a result may have: two centuries of days.
const MOST_PERIODS: usize = 73_000;

#[derive(Deserialize)]
struct Request {
    filters: Vec<Filter>,
    series: Vec<Given>,
}

#[derive(Deserialize)]
struct Filter {
    code: String,
    #[serde(default)]
    parameters: Value,
}

#[derive(Deserialize)]
struct Given {
    period_start_day: Vec<String>,
    value: Vec<Value>,
}

/// Answers `POST /apply`. The words of its errors are ours.
pub(crate) fn apply(body: &[u8]) -> Reply {
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return failure(400, &format!("Invalid request: {error}")),
    };
    if request.series.len() > MOST_SERIES {
        return failure(400, &format!("At most {MOST_SERIES} series are allowed"));
    }
    let [filter] = &request.filters[..] else {
        return failure(400, "The stand-in applies exactly one filter");
    };
    let parameter = |name: &str| filter.parameters.get(name).and_then(Value::as_str).unwrap_or_default();
    let frequency = match parameter("frequency") {
        "monthly" => Frequency::Monthly,
        "quarterly" => Frequency::Quarterly,
        "daily" => Frequency::Daily,
        _ => return failure(400, "The stand-in interpolates to daily, monthly and quarterly only"),
    };
    if filter.code != "interpolate" || parameter("method") != "linear" {
        return failure(400, "The stand-in has the filter interpolate with the method linear only");
    }
    let results: Vec<_> =
        request.series.iter().map(|given| json!({"series": interpolate(given, frequency)})).collect();
    Reply::json(200, &json!({"filter_results": results}))
}

/// Values on straight lines between those that are known. What comes before the first known one is `NA`.
fn interpolate(given: &Given, frequency: Frequency) -> Value {
    // What is no day is left out, as what is no number.
    let given: Vec<(Date, Option<f64>)> = given
        .period_start_day
        .iter()
        .zip(&given.value)
        .filter_map(|(day, value)| Some((day.parse().ok()?, value.as_f64())))
        .collect();
    let known: Vec<_> = given.iter().filter_map(|(day, value)| Some((*day, (*value)?))).collect();
    let (mut days, mut values) = (Vec::new(), Vec::new());
    if let (Some((first, _)), Some((last, _))) = (given.first(), known.last()) {
        let mut day = *first;
        while day <= *last && days.len() < MOST_PERIODS {
            days.push(day);
            values.push(at(&known, day).map_or_else(|| json!("NA"), Value::from));
            day = frequency.next(day, false);
        }
    }
    let text = |days: &[Date]| days.iter().map(|day| json!(day.to_string())).collect::<Value>();
    json!({
        "frequency": frequency.name(),
        "period": days.iter().map(|day| json!(frequency.label(*day))).collect::<Value>(),
        "period_middle_day": text(&days),
        "period_start_day": text(&days),
        "value": values,
    })
}

/// The value on a day between two known ones, or on a known one.
fn at(known: &[(Date, f64)], day: Date) -> Option<f64> {
    let days = |from: Date, to: Date| f64::from(from.until(to).map_or(0, |span| span.get_days()));
    let mut pairs = known.iter().zip(known.iter().skip(1));
    match pairs.find(|((from, _), (to, _))| *from <= day && day <= *to) {
        Some(((from, low), (to, high))) => {
            Some(low + (high - low) * days(*from, day) / days(*from, *to).max(1.0))
        }
        None => known.iter().find(|(start, _)| *start == day).map(|(_, value)| *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_becomes_three_months() {
        let body = json!({
            "filters": [{"code": "interpolate", "parameters": {"frequency": "monthly", "method": "linear"}}],
            "series": [{
                "frequency": "quarterly",
                "period_start_day": ["2025-10-01", "2026-01-01", "2026-04-01"],
                "value": ["NA", 1.0, 10.0],
            }],
        });
        let reply = apply(body.to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let series = &answer["filter_results"][0]["series"];
        assert_eq!(series["period"][3], "2026-01");
        assert_eq!(series["value"], json!(["NA", "NA", "NA", 1.0, 4.1, 6.9, 10.0]));
    }
}
