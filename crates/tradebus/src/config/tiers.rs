//! Tiers as configurations name them: in any case, or as a number from 0 to 3.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::BufferOverrides;
use crate::Priority;

/// What `format` says in the schema of a tier, and of a table whose keys are tiers.
pub(super) const FORMAT: &str = "tier";

struct Tier(Priority);

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TierVisitor).map(Tier)
    }
}

struct TierVisitor;

impl Visitor<'_> for TierVisitor {
    type Value = Priority;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("critical, high, normal, low, or a number from 0 to 3")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Priority, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Priority, E> {
        let tier = u8::try_from(number).ok().and_then(Priority::from_number);
        tier.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Priority, E> {
        u64::try_from(number)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
            .and_then(|number| self.visit_u64(number))
    }
}

/// For `#[serde(deserialize_with)]`: one tier.
pub(super) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
    Tier::deserialize(deserializer).map(|tier| tier.0)
}

/// For `#[serde(deserialize_with)]`: settings by tier.
pub(super) fn table<'de, D>(deserializer: D) -> Result<BTreeMap<Priority, BufferOverrides>, D::Error>
where
    D: Deserializer<'de>,
{
    let given = BTreeMap::<String, BufferOverrides>::deserialize(deserializer)?;
    let mut tiers = BTreeMap::new();
    for (name, buffer) in given {
        let tier = name.parse().map_err(D::Error::custom)?;
        if tiers.insert(tier, buffer).is_some() {
            return Err(D::Error::custom(format_args!("the tier {tier} is given twice")));
        }
    }
    Ok(tiers)
}

/// The schema of one tier.
pub(super) fn one_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "format": FORMAT,
        "enum": ["critical", "high", "normal", "low", "CRITICAL", "HIGH", "NORMAL", "LOW", 3, 2, 1, 0],
    })
}

/// The schema of settings by tier.
pub(super) fn table_schema(generator: &mut SchemaGenerator) -> Schema {
    let buffer = generator.subschema_for::<BufferOverrides>();
    json_schema!({
        "type": "object",
        "format": FORMAT,
        "properties": { "critical": buffer, "high": buffer, "normal": buffer, "low": buffer },
        "patternProperties": { "^([0-3]|CRITICAL|HIGH|NORMAL|LOW)$": buffer },
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{BusConfig, Priority};

    #[test]
    fn names_in_any_case_and_numbers() {
        for (name, tier) in [("CRITICAL", Priority::Critical), ("High", Priority::High), ("0", Priority::Low)]
        {
            let config = json!({ "priority_buffers": { name: { "max_size": 7 } } });
            let config: BusConfig = serde_json::from_value(config).unwrap();
            assert_eq!(config.priority_buffers[&tier].max_size, Some(7), "{name}");
        }
        for wrong in [json!({ "4": {} }), json!({ "urgent": {} }), json!({ "high": {}, "HIGH": {} })] {
            assert!(
                serde_json::from_value::<BusConfig>(json!({ "priority_buffers": wrong })).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_subscription_takes_both_too() {
        for (given, tier) in
            [(json!("HIGH"), Priority::High), (json!(3), Priority::Critical), (json!("1"), Priority::Normal)]
        {
            let config = json!({ "subscriptions": [{ "pattern": "data.*", "priority": given }] });
            let config: BusConfig = serde_json::from_value(config).unwrap();
            assert_eq!(config.subscriptions[0].priority, tier, "{given}");
        }
        for wrong in [json!(4), json!(-1), json!("urgent"), json!(null), json!([])] {
            let config = json!({ "subscriptions": [{ "pattern": "data.*", "priority": wrong }] });
            assert!(serde_json::from_value::<BusConfig>(config).is_err(), "{wrong}");
        }
    }
}
