//! The answers of the DBnomics Web API (v22), read leniently.
//!
//! A field that is missing, null or of another type is its default and fails nothing; a doc that cannot be read at all
//! is left out and counted ([`Page::skipped`]). Only an answer whose page is no page (`"series": 1`) is an error. What
//! must hold for computing (three lists of one length) is checked where the numbers are taken:
//! [`Series::observations`].

mod answers;
mod cell;
mod dataset;
mod lenient;
mod page;
mod provider;
mod series;

pub use answers::{
    DatasetAnswer, LastUpdates, Meta, ProviderAnswer, ProvidersAnswer, Refusal, SearchAnswer, SeriesAnswer,
    SeriesError,
};
pub use cell::Cell;
pub use dataset::{Dataset, Labels};
pub use page::Page;
pub use provider::{Category, Provider};
pub use series::{Series, ShapeError};

#[cfg(test)]
mod tests;
