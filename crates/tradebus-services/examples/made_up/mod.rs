//! Records of the size and vocabulary of the Data.gov catalogue, and what it takes to measure with them.

use std::time::Duration;

use serde_json::{Value, json};

/// A record with the fields of a hit; its description has about 130 words.
pub(crate) fn record(random: &mut Random, number: usize) -> Value {
    let map = random.below(2) == 0;
    let year = 2010 + random.below(17);
    let (title, keywords, slug) = if map {
        let county = random.words(1, &PLACES);
        let title = format!("TIGER/Line Shapefile, {year}, County, {county} County, All Roads");
        (
            title,
            vec!["County or equivalent entity", "State FIPS code", "County FIPS code", "Hydrography"],
            "census",
        )
    } else {
        let title = format!("{} {}", random.words(3, &OTHER), random.words(2, &ECONOMIC));
        (
            title,
            vec![random.pick(&ECONOMIC), random.pick(&OTHER), random.pick(&OTHER)],
            random.pick(&AGENCIES),
        )
    };
    let description = format!("{} {}", random.words(100, &OTHER), random.words(30, &ECONOMIC));
    json!({
        "title": title, "slug": format!("made-up-{number}"), "_sort": [1.0, format!("{number:032x}")], "description": description, "keyword": keywords, "publisher": "U.S. Census Bureau",
        "organization": {"slug": slug, "name": slug, "organization_type": "Federal Government"},
        "popularity": random.below(500), "has_spatial": map, "theme": [],
        "last_harvested_date": "2026-07-07T21:23:18.667116", "distribution_titles": ["Data", "Data dictionary"],
        "dcat": {
            "modified": format!("{year}-05-01"), "accessLevel": "public", "accrualPeriodicity": "R/P1Y",
            "publisher": {"name": "U.S. Census Bureau", "subOrganizationOf": {"name": "U.S. Department of Commerce"}},
            "distribution": [{"mediaType": "text/html"}, {"mediaType": "application/zip", "format": "ZIP"}],
        },
    })
}

const PLACES: [&str; 5] = ["Harris", "Cook", "Yuma", "Adams", "Lake"];
const AGENCIES: [&str; 10] =
    ["census", "noaa", "doi", "nasa", "hhs", "epa", "energy", "usda", "treasury", "fed-reserve"];
const ECONOMIC: [&str; 12] = [
    "price",
    "index",
    "interest",
    "rates",
    "petroleum",
    "unemployment",
    "treasury",
    "grain",
    "exports",
    "mortgage",
    "weekly",
    "consumer",
];
const OTHER: [&str; 20] = [
    "survey", "county", "data", "of", "the", "water", "health", "species", "report", "annual", "location",
    "and", "public", "station", "quality", "program", "in", "map", "layer", "2019",
];

/// A small generator, so that every run makes the same records (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    fn words(&mut self, count: usize, list: &[&'static str]) -> String {
        (0..count).map(|_| self.pick(list)).collect::<Vec<_>>().join(" ")
    }
}

/// How long this thread has been on a CPU (Linux; zero elsewhere). On a busy machine that is less than the time gone by.
pub(crate) fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// The most memory this process had, on Linux.
pub(crate) fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
