use jiff::civil::{Date, date};
use proptest::prelude::*;
use rstest::rstest;
use serde::Deserialize;
use serde_json::json;

use super::rules::BUILT_IN;
use super::*;
use crate::datagov::model::{Dcat, Distribution, Hit, Organization};

const TODAY: Date = date(2026, 11, 26);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labelled {
    half: String,
    relevant: bool,
    title: String,
    organization: String,
    #[serde(rename = "type")]
    kind: String,
    publisher: Option<String>,
    #[serde(default)]
    keyword: Vec<String>,
}

impl Labelled {
    fn hit(&self) -> Hit {
        Hit {
            title: self.title.clone(),
            publisher: self.publisher.clone(),
            keyword: self.keyword.clone(),
            organization: Some(Organization {
                slug: self.organization.clone(),
                organization_type: Some(self.kind.clone()),
                name: String::new(),
            }),
            ..Hit::default()
        }
    }
}

fn labelled() -> Vec<Labelled> {
    serde_json::from_str(include_str!("../labelled.json")).unwrap()
}

/// A record with all that any record can have in its favour: modified today, renewed monthly, public, a CSV file.
fn flattered(mut hit: Hit) -> Hit {
    hit.dcat = Some(Dcat {
        modified: Some(TODAY.to_string()),
        accrual_periodicity: Some("R/P1M".to_owned()),
        access_level: Some("public".to_owned()),
        distribution: vec![Distribution { format: Some("CSV".to_owned()), ..Distribution::default() }],
        ..Dcat::default()
    });
    hit
}

/// Precision and recall of one half, and what was misjudged.
fn measure(half: &str, with: impl Fn(Hit) -> Hit) -> (f64, f64, Vec<String>) {
    let relevance = Relevance::built_in().unwrap();
    let (mut right, mut wrong, mut missed, mut names) = (0.0, 0.0, 0.0, Vec::new());
    for record in labelled().into_iter().filter(|record| record.half == half) {
        let score = relevance.score(&with(record.hit()), TODAY);
        match (record.relevant, score.relevant) {
            (true, true) => right += 1.0,
            (false, true) => wrong += 1.0,
            (true, false) => missed += 1.0,
            (false, false) => continue,
        }
        if record.relevant != score.relevant {
            names.push(format!("{:.2} {} {:?}", score.total, record.title, score.parts));
        }
    }
    (right / (right + wrong), right / (right + missed), names)
}

/// Measured with the rules of this crate (167 titles, 76 of them relevant, no other field than agency, publisher and a few
/// keywords), as printed by `cargo test -p tradebus-services precision -- --nocapture`:
///
/// | half | precision | recall |
/// | --- | --- | --- |
/// | development, 84 titles, rules tuned on it | 1.000 (35 of 35) | 0.921 (35 of 38) |
/// | held out, 83 titles, errors never looked at (its totals were seen while tuning) | 1.000 (34 of 34) | 0.895 (34 of 38) |
///
/// The author of the rules had written the titles of both halves before: figures on titles that nobody had in mind will be lower.
#[rstest]
#[case("development", 0.97, 0.89)]
#[case("held_out", 0.97, 0.86)]
fn precision_and_recall(#[case] half: &str, #[case] least_precision: f64, #[case] least_recall: f64) {
    let (precision, recall, misjudged) = measure(half, |hit| hit);
    println!("{half}: precision {precision:.3}, recall {recall:.3}");
    if half == "development" {
        for record in &misjudged {
            println!("  {record}");
        }
    }
    assert!(precision >= least_precision && recall >= least_recall, "{half}: {precision:.3} {recall:.3}");
}

/// The same with everything in each record's favour, relevant or not: what the small signals can spoil at worst.
/// Measured: precision 0.950 and recall 1.000 in both halves.
#[rstest]
#[case("development", 0.92, 0.97)]
#[case("held_out", 0.92, 0.97)]
fn precision_and_recall_flattered(
    #[case] half: &str,
    #[case] least_precision: f64,
    #[case] least_recall: f64,
) {
    let (precision, recall, _) = measure(half, flattered);
    println!("{half}, flattered: precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= least_precision && recall >= least_recall, "{half}: {precision:.3} {recall:.3}");
}

#[test]
fn the_labelled_titles_are_many_and_each_is_there_once() {
    let mut titles: Vec<String> = labelled().into_iter().map(|record| record.title).collect();
    let all = titles.len();
    titles.sort();
    titles.dedup();
    assert!(all >= 120 && titles.len() == all);
}

/// "Consumer Price Index (CPI)" as the catalogue has it, with a date and a file.
fn whole_record() -> Hit {
    Hit::read(&json!({
        "title": "Consumer Price Index (CPI)", "slug": "cpi", "description": "Prices paid by urban consumers",
        "organization": {"slug": "dol-bls", "organization_type": "Federal Government"},
        "publisher": "Bureau of Labor Statistics", "keyword": ["consumer-prices", "CPI", "inflation"],
        "popularity": 999, "has_spatial": false,
        "dcat": {"modified": "2026-11-10", "accessLevel": "public", "accrualPeriodicity": "R/P1M", "spatial": "United States",
            "distribution": [{"mediaType": "text/csv"}]}
    }))
    .unwrap()
}

fn points(score: &Score, signal: Signal) -> f64 {
    score.parts.iter().filter(|part| part.signal == signal).map(|part| part.points).sum()
}

#[test]
fn a_score_is_the_sum_of_its_parts_and_says_why() {
    let score = Relevance::built_in().unwrap().score(&whole_record(), TODAY);
    let expected = [
        (Signal::Agency, 0.25),
        (Signal::Title, 0.6),               // 0.5 for the index, 0.3 for "cpi": cut to 0.6
        (Signal::Keywords, 0.15),           // 3 × 0.3 × 0.4 = 0.36: cut to 0.15
        (Signal::Description, 0.12 * 0.15), // "prices"
        (Signal::Freshness, 0.04),
        (Signal::Periodicity, 0.05),
        (Signal::MachineReadable, 0.04),
        (Signal::Access, 0.02),
        (Signal::Place, 0.02),
        (Signal::Attention, 0.03 * 1000_f64.ln() / 1001_f64.ln()),
    ];
    for (signal, expected) in expected {
        assert!((points(&score, signal) - expected).abs() < 1e-12, "{signal:?}: {score:?}");
    }
    assert_eq!(score.parts.len(), expected.len());
    assert!((score.total - 1.0).abs() < 1e-12 && score.relevant);
    let title = score.parts.iter().find(|part| part.signal == Signal::Title).unwrap();
    assert_eq!(title.reason, "consumer price index (release), cpi (inflation)");
}

#[test]
fn hyphens_and_case_do_not_matter() {
    let relevance = Relevance::built_in().unwrap();
    let with = |keyword: &str| Hit { title: "x".into(), keyword: vec![keyword.into()], ..Hit::default() };
    let score = |keyword| relevance.score(&with(keyword), TODAY);
    assert!(score("consumer prices").total > 0.0);
    assert_eq!(score("consumer-prices").total.to_bits(), score("Consumer Prices").total.to_bits());
    assert!(score("inflationary").parts.is_empty());
}

#[test]
fn what_speaks_against_a_record() {
    let relevance = Relevance::built_in().unwrap();
    let mut record = whole_record();
    let dcat = record.dcat.as_mut().unwrap();
    (dcat.modified, dcat.access_level) = (Some("2015".to_owned()), Some("non-public".to_owned()));
    (dcat.spatial, dcat.distribution) = (Some("Harris County".to_owned()), Vec::new());
    let score = relevance.score(&record, TODAY);
    let expected = [
        (Signal::Freshness, -0.05),
        (Signal::Access, -0.3),
        (Signal::Place, -0.1),
        (Signal::MachineReadable, -0.04),
    ];
    for (signal, expected) in expected {
        assert!((points(&score, signal) - expected).abs() < 1e-12, "{signal:?}: {score:?}");
    }
}

#[test]
fn a_map_of_roads_has_nothing_to_do_with_trading() {
    let record = Hit {
        title: "TIGER/Line Shapefile, 2022, County, Harris County, TX, All Roads".to_owned(),
        keyword: vec!["County or equivalent entity".to_owned(), "State FIPS code".to_owned()],
        has_spatial: Some(true),
        ..Hit::default()
    };
    assert_eq!(Relevance::built_in().unwrap().score(&record, TODAY).total.to_bits(), 0);
}

#[rstest]
#[case("threshold = 0.45", "threshold = 2.0", "threshold is 2: allowed is 0 to 1")]
#[case("cftc = 0.4", "cftc = nan", "agency.cftc is NaN: allowed is -1 to 1")]
#[case("threshold = 0.45", "treshold = 0.45", "line 7")]
#[case("\"cpi\"", "\"PPI\"", "terms.inflation: `ppi` has no word, or stands there twice")]
#[case("fresh_days = 400", "fresh_days = \"a year\"", "fresh_days")]
fn errors_say_where_and_what_is_allowed(#[case] from: &str, #[case] to: &str, #[case] says: &str) {
    assert!(BUILT_IN.contains(from));
    let error = Relevance::from_toml(&BUILT_IN.replace(from, to)).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

proptest! {
    #[test]
    fn any_record_has_a_score(
        title in "\\PC{0,60}", description in "\\PC{0,200}", keyword in prop::collection::vec("\\PC{0,20}", 0..4),
        modified in prop_oneof!["\\PC{0,12}", "[0-9]{4}-[0-9]{2}-[0-9]{2}"], popularity in any::<u64>(),
        spatial in "\\PC{0,300}", periodicity in prop_oneof!["\\PC{0,8}", "R/P[0-9.]{1,4}[DWMY]"],
    ) {
        let relevance = Relevance::built_in().unwrap();
        let value = json!({"title": title, "slug": "s", "description": description, "keyword": keyword, "popularity": popularity,
            "dcat": {"modified": modified, "spatial": spatial, "accrualPeriodicity": periodicity}});
        let score = relevance.score(&Hit::read(&value).unwrap(), TODAY);
        prop_assert!((0.0..=1.0).contains(&score.total));
        let sum: f64 = score.parts.iter().map(|part| part.points).sum();
        prop_assert!((sum.clamp(0.0, 1.0) - score.total).abs() < 1e-8);
        prop_assert!(score.parts.iter().all(|part| part.points.is_finite() && !part.reason.is_empty()));
    }

    #[test]
    fn the_order_of_keywords_does_not_matter(mut keywords in prop::sample::subsequence(
        vec!["cpi", "crime", "oil", "trade", "hydrography", "gdp", "x"], 0..7)) {
        let relevance = Relevance::built_in().unwrap();
        let record = |keywords: &[&str]| Hit {
            keyword: keywords.iter().map(|&keyword| keyword.to_owned()).collect(), ..Hit::default()
        };
        let before = relevance.score(&record(&keywords), TODAY).total;
        keywords.reverse();
        prop_assert!((relevance.score(&record(&keywords), TODAY).total - before).abs() < 1e-12);
    }
}
