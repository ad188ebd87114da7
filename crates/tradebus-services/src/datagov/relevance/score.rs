//! A score and its parts.

use serde::Serialize;

/// What a part of a score was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Signal {
    /// Organization and publisher.
    Agency,
    /// The kind of organization.
    OrganizationType,
    /// Words of the title.
    Title,
    /// Keywords.
    Keywords,
    /// Themes.
    Themes,
    /// Titles of the distributions.
    Distributions,
    /// Words of the description.
    Description,
    /// Words that speak against it.
    Negative,
    /// How old it is.
    Freshness,
    /// How often it is renewed.
    Periodicity,
    /// Whether a program can read it.
    MachineReadable,
    /// Whether it is public.
    Access,
    /// Whether it is local.
    Place,
    /// Page views.
    Attention,
}

/// What one signal gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Read from where.
    pub signal: Signal,
    /// Added to the total; negative ones speak against.
    pub points: f64,
    /// What was seen.
    pub reason: String,
}

/// How much a dataset matters to trading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The sum of the parts, cut to 0..=1 and rounded to nine digits.
    pub total: f64,
    /// Whether the total reaches the threshold of the rules.
    pub relevant: bool,
    /// The parts that gave or took points.
    pub parts: Vec<Part>,
}
