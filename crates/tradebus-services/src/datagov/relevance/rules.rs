//! The rules as they stand in `relevance.toml`, and what they must hold.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rules that come with the crate.
pub(super) const BUILT_IN: &str = include_str!("../relevance.toml");

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// It is no TOML, or has an unknown or missing field; the message has line, column and field.
    #[error("the rules of relevance: {0}")]
    Toml(String),
    /// A number outside of its bounds.
    #[error("the rules of relevance: {field} is {value}: allowed is {least} to {most}")]
    Bounds {
        /// Its name.
        field: String,
        /// What stands there.
        value: f64,
        /// The least that is allowed.
        least: f64,
        /// The most that is allowed.
        most: f64,
    },
    /// A phrase without a word, or one that stands there twice.
    #[error("the rules of relevance: {field}: `{phrase}` has no word, or stands there twice")]
    Phrase {
        /// The list it is in.
        field: String,
        /// The phrase.
        phrase: String,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub(super) threshold: f64,
    pub(super) fields: Fields,
    pub(super) limits: Limits,
    pub(super) agency: BTreeMap<String, f64>,
    pub(super) publisher: BTreeMap<String, f64>,
    pub(super) organization_type: BTreeMap<String, f64>,
    pub(super) terms: Vec<Terms>,
    pub(super) negative: Negative,
    pub(super) freshness: Freshness,
    pub(super) periodicity: Periodicity,
    pub(super) machine_readable: MachineReadable,
    pub(super) access: Access,
    pub(super) place: Place,
    pub(super) attention: Attention,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    pub(super) title: Field,
    pub(super) keywords: Field,
    pub(super) themes: Field,
    pub(super) distributions: Field,
    pub(super) description: Field,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    pub(super) times: f64,
    pub(super) most: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) description_bytes: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    pub(super) class: String,
    pub(super) points: f64,
    pub(super) words: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Negative {
    pub(super) most: f64,
    pub(super) keywords_times: f64,
    pub(super) terms: Vec<Terms>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Freshness {
    pub(super) fresh_days: i32,
    pub(super) fresh: f64,
    pub(super) old_days: i32,
    pub(super) old: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Periodicity {
    pub(super) weekly: f64,
    pub(super) monthly: f64,
    pub(super) quarterly: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MachineReadable {
    pub(super) points: f64,
    pub(super) none: f64,
    pub(super) words: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    pub(super) public: f64,
    pub(super) other: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) national: f64,
    pub(super) local: f64,
    pub(super) words: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attention {
    pub(super) points: f64,
    pub(super) views: u64,
}

impl Rules {
    pub(super) fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|error| RulesError::Toml(error.to_string()))?;
        rules.check()?;
        Ok(rules)
    }

    fn check(&self) -> Result<(), RulesError> {
        within("threshold", self.threshold, 0.0, 1.0)?;
        let fields = &self.fields;
        let named = [
            ("title", fields.title),
            ("keywords", fields.keywords),
            ("themes", fields.themes),
            ("distributions", fields.distributions),
            ("description", fields.description),
        ];
        for (name, field) in named {
            within(&format!("fields.{name}.times"), field.times, 0.0, 10.0)?;
            within(&format!("fields.{name}.most"), field.most, 0.0, 1.0)?;
        }
        let maps = [
            ("agency", &self.agency),
            ("publisher", &self.publisher),
            ("organization_type", &self.organization_type),
        ];
        for (table, map) in maps {
            for (key, &value) in map {
                within(&format!("{table}.{key}"), value, -1.0, 1.0)?;
            }
        }
        for terms in &self.terms {
            within(&format!("terms.{}.points", terms.class), terms.points, -1.0, 1.0)?;
        }
        for terms in &self.negative.terms {
            within(&format!("negative.terms.{}.points", terms.class), terms.points, -1.0, 0.0)?;
        }
        within("negative.most", self.negative.most, -1.0, 0.0)?;
        within("negative.keywords_times", self.negative.keywords_times, 0.0, 10.0)?;
        self.check_the_rest()
    }

    fn check_the_rest(&self) -> Result<(), RulesError> {
        let points = [
            ("freshness.fresh", self.freshness.fresh),
            ("freshness.old", self.freshness.old),
            ("periodicity.weekly", self.periodicity.weekly),
            ("periodicity.monthly", self.periodicity.monthly),
            ("periodicity.quarterly", self.periodicity.quarterly),
            ("machine_readable.points", self.machine_readable.points),
            ("machine_readable.none", self.machine_readable.none),
            ("access.public", self.access.public),
            ("access.other", self.access.other),
            ("place.national", self.place.national),
            ("place.local", self.place.local),
            ("attention.points", self.attention.points),
        ];
        for (field, value) in points {
            within(field, value, -1.0, 1.0)?;
        }
        within("attention.views", self.attention.views as f64, 1.0, 1e12)?;
        within("limits.description_bytes", self.limits.description_bytes as f64, 0.0, 1e6)
    }
}

pub(super) fn within(field: &str, value: f64, least: f64, most: f64) -> Result<(), RulesError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(RulesError::Bounds { field: field.to_owned(), value, least, most })
}
