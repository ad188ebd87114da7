//! What the catalogue knows of a data set and of an organisation.

use super::filters::Bounds;

/// An organisation.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Option<&'static str>,
}

/// A data set as its publisher describes it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) title: &'static str,
    pub(super) organization: &'static str,
    pub(super) publisher: &'static str,
    pub(super) description: &'static str,
    pub(super) keywords: &'static [&'static str],
    pub(super) themes: &'static [&'static str],
    pub(super) identifier: &'static str,
    pub(super) modified: &'static str,
    pub(super) periodicity: Option<&'static str>,
    pub(super) formats: &'static [Format],
    pub(super) popularity: Option<u32>,
    pub(super) bounds: Option<Bounds>,
    pub(super) landing_page: Option<&'static str>,
    pub(super) collection: Option<&'static str>,
    pub(super) access: &'static str,
    /// Indexed before the newer fields were there.
    pub(super) old: bool,
    /// Harvested as XML and transformed.
    pub(super) transformed: bool,
    /// Deeper objects are JSON as text.
    pub(super) nested_as_text: bool,
}

/// A form in which data can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Xml,
    Xlsx,
    Zip,
    Api,
}

impl Organization {
    /// A UUID that depends on the slug only.
    pub(super) fn id(&self) -> String {
        let sum = self.slug.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) & 0xffff_ffff_ffff);
        format!("5eed0004-0000-4000-8000-{sum:012x}")
    }
}

impl Record {
    pub(super) fn has_download(&self) -> bool {
        self.formats.iter().any(|format| *format != Format::Api)
    }
}

impl Format {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Xlsx => "XLSX",
            Self::Zip => "ZIP",
            Self::Api => "API",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json | Self::Api => "json",
            Self::Xml => "xml",
            Self::Xlsx => "xlsx",
            Self::Zip => "zip",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json | Self::Api => "application/json",
            Self::Xml => "application/xml",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Zip => "application/zip",
        }
    }
}
