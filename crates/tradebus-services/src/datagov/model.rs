//! The answers of the Data.gov Catalog API (v4), read leniently.
//!
//! Publishers fill in what they like: any field can be missing or of another type. Such a field is empty here and named in
//! [`Hit::odd_fields`]; a hit that cannot be read at all is named in [`SearchPage::unreadable`]. Nothing fails a page but a body
//! that is no JSON object.

mod dcat;
mod failure;
mod hit;
mod lists;
mod page;
mod read;

pub use dcat::{Dcat, Distribution};
pub use failure::{Failure, FailureSource};
pub use hit::{Hit, Organization};
pub use lists::{
    Counted, KeywordList, Location, LocationList, LocationShape, OrganizationEntry, OrganizationList,
};
pub use page::{SearchPage, Unreadable};
pub use read::NoAnswer;

#[cfg(test)]
mod tests;
