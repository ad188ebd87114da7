//! Which path means what.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// Where the gateway api.gsa.gov keeps the catalogue.
pub(super) const GATEWAY: &str = "/technology/datagov/v4";
/// Where `DBnomics` begins.
pub(super) const DBNOMICS: &str = "/v22";
/// Where the editor of `DBnomics` begins. In truth it has a host of its own.
pub(super) const EDITOR: &str = "/editor/api/v1";

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is a path, see `Route::of`")]
pub enum Route {
    DatagovSearch,
    DatagovDataset,
    DatagovOrganizations,
    DatagovKeywords,
    DatagovPublishers,
    DatagovLocations,
    DatagovLocation,
    DatagovHarvestRecord,
    DatagovHarvestRaw,
    DatagovHarvestTransformed,
    DatagovStats,
    DatagovHealth,
    DbnomicsProviders,
    DbnomicsProvider,
    DbnomicsDatasets,
    DbnomicsDataset,
    DbnomicsSeriesIds,
    DbnomicsSeriesOfDataset,
    DbnomicsSeries,
    DbnomicsSearch,
    DbnomicsLastUpdates,
    DbnomicsEditor,
    /// Anything else.
    Unknown,
}

/// A path that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) route: Route,
    /// Whether it came through the gateway, which wants a key.
    pub(super) gateway: bool,
    /// The parts of the path that vary, decoded.
    pub(super) arguments: Vec<String>,
}

impl Target {
    /// Reads a path as it came, percent-encoded.
    pub(super) fn of(path: &str) -> Self {
        if let Some(rest) = below(path, DBNOMICS) {
            return Self::found(dbnomics(&rest), false, &rest);
        }
        if below(path, EDITOR).is_some_and(|rest| rest == ["apply"]) {
            return Self::found((Route::DbnomicsEditor, 1), false, &[]);
        }
        if let Some(rest) = below(path, GATEWAY) {
            return Self::found(catalog(&rest), true, &rest);
        }
        let parts = parts(path);
        // On catalog.data.gov all but these two stand below /api (datagov-catalog, routes).
        match parts.first().map(String::as_str) {
            Some("api") => match catalog(&parts[1..]) {
                (Route::DatagovSearch | Route::DatagovHarvestRecord, _) => {
                    Self::found((Route::Unknown, 0), false, &[])
                }
                found => Self::found(found, false, &parts[1..]),
            },
            Some("search" | "harvest_record") => Self::found(catalog(&parts), false, &parts),
            _ => Self::found((Route::Unknown, 0), false, &parts),
        }
    }

    fn found((route, skip): (Route, usize), gateway: bool, parts: &[String]) -> Self {
        let arguments = parts.get(skip..).unwrap_or_default().to_vec();
        Self { route, gateway, arguments }
    }
}

/// The parts of a path below a prefix.
fn below(path: &str, prefix: &str) -> Option<Vec<String>> {
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| parts(rest))
}

fn parts(path: &str) -> Vec<String> {
    let path = path.trim_matches('/');
    path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
}

/// The routes of the catalogue without `/api`, and how many parts name the route.
fn catalog(parts: &[String]) -> (Route, usize) {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts[..] {
        ["search"] => (Route::DatagovSearch, 1),
        ["dataset", _] => (Route::DatagovDataset, 1),
        ["organizations"] => (Route::DatagovOrganizations, 1),
        ["keywords"] => (Route::DatagovKeywords, 1),
        ["publishers"] => (Route::DatagovPublishers, 1),
        ["locations", "search"] => (Route::DatagovLocations, 2),
        ["location", _] => (Route::DatagovLocation, 1),
        ["harvest_record", _] => (Route::DatagovHarvestRecord, 1),
        ["harvest_record", _, "raw"] => (Route::DatagovHarvestRaw, 1),
        ["harvest_record", _, "transformed"] => (Route::DatagovHarvestTransformed, 1),
        ["stats"] => (Route::DatagovStats, 1),
        ["opensearch", "health"] => (Route::DatagovHealth, 2),
        _ => (Route::Unknown, 0),
    }
}

fn dbnomics(parts: &[String]) -> (Route, usize) {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts[..] {
        ["providers"] => (Route::DbnomicsProviders, 1),
        ["providers", _] => (Route::DbnomicsProvider, 1),
        ["datasets", _] => (Route::DbnomicsDatasets, 1),
        ["datasets", _, _] => (Route::DbnomicsDataset, 1),
        ["series"] => (Route::DbnomicsSeriesIds, 1),
        ["series", _, _] => (Route::DbnomicsSeriesOfDataset, 1),
        ["series", _, _, _] => (Route::DbnomicsSeries, 1),
        ["search"] => (Route::DbnomicsSearch, 1),
        ["last-updates"] => (Route::DbnomicsLastUpdates, 1),
        _ => (Route::Unknown, 0),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/search", Route::DatagovSearch, false, &[])]
    #[case("/technology/datagov/v4/search", Route::DatagovSearch, true, &[])]
    #[case("/technology/datagov/v4/api/search", Route::Unknown, true, &["api", "search"])]
    #[case("/api/search", Route::Unknown, false, &[])]
    #[case("/api/dataset/a-b", Route::DatagovDataset, false, &["a-b"])]
    #[case("/technology/datagov/v4/dataset/a-b", Route::DatagovDataset, true, &["a-b"])]
    #[case("/harvest_record/x/raw", Route::DatagovHarvestRaw, false, &["x", "raw"])]
    #[case("/api/3/action/package_search", Route::Unknown, false, &["3", "action", "package_search"])]
    #[case("/v22/series/IMF/WEO%3A2025-04/A%2BB", Route::DbnomicsSeries, false, &["IMF", "WEO:2025-04", "A+B"])]
    #[case("/v22/series", Route::DbnomicsSeriesIds, false, &[])]
    #[case("/v2200/series", Route::Unknown, false, &["v2200", "series"])]
    fn paths(#[case] path: &str, #[case] route: Route, #[case] gateway: bool, #[case] arguments: &[&str]) {
        let target = Target::of(path);
        assert_eq!((target.route, target.gateway), (route, gateway));
        assert_eq!(target.arguments, arguments);
    }
}
