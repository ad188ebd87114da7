//! A catalogue in a temporary folder.

use std::fs;

use proptest::prelude::*;
use rstest::rstest;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Catalogue, CatalogueError, Order, Saved, Walk, WalkState, Wanted, record};
use crate::datagov::Hit;

const ROOM: u64 = 1 << 30;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("some/folder/datagov.sqlite")
    }

    fn open(&self) -> Catalogue {
        Catalogue::open(&self.path(), ROOM).unwrap()
    }
}

fn hit(value: &Value) -> Hit {
    Hit::read(value).unwrap()
}

fn named(slug: &str) -> Hit {
    hit(&json!({"title": format!("The title of {slug}"), "slug": slug}))
}

fn walk() -> Walk {
    Walk::new("w", json!({"q": "oil"}), 1000)
}

fn found(catalogue: &Catalogue, wanted: &Wanted) -> Vec<String> {
    let found = catalogue.search(wanted, Order::Relevance, None, 1000).unwrap();
    found.hits.into_iter().map(|hit| hit.slug).collect()
}

fn words(q: &str) -> Wanted {
    Wanted { q: Some(q.to_owned()), ..Wanted::default() }
}

#[test]
fn a_page_and_its_cursor_are_there_when_it_is_opened_again() {
    let place = Place::new();
    let catalogue = place.open();
    let mut walk = walk();
    walk.after = Some("next".to_owned());
    let saved = catalogue.save(vec![named("a"), named("b"), named("a")], &mut walk).unwrap();
    assert_eq!(saved, Saved { new: 2, replaced: 1 });
    drop(catalogue);
    let catalogue = place.open();
    assert_eq!(catalogue.walk("w").unwrap().as_ref(), Some(&walk));
    assert_eq!((walk.pages, walk.records, walk.new, walk.replaced), (1, 3, 2, 1));
    assert_eq!(catalogue.holds().unwrap().records, 2);
    assert!(catalogue.walk("other").unwrap().is_none());
}

#[test]
fn a_dataset_that_has_changed_is_replaced_in_the_index_too() {
    let place = Place::new();
    let catalogue = place.open();
    let of = |title: &str| hit(&json!({"title": title, "slug": "a", "_sort": [1, "id"]}));
    catalogue.save(vec![of("barley")], &mut walk()).unwrap();
    let saved = catalogue.save(vec![of("wheat"), of("wheat")], &mut walk()).unwrap();
    assert_eq!(saved, Saved { new: 0, replaced: 2 });
    assert_eq!(found(&catalogue, &words("barley")), [""; 0]);
    assert_eq!(found(&catalogue, &words("wheat")), ["a"]);
}

#[test]
fn without_room_nothing_of_a_page_is_there() {
    let place = Place::new();
    let catalogue = Catalogue::open(&place.path(), 1 << 20).unwrap();
    let mut walk = walk();
    walk.after = Some("1".to_owned());
    catalogue.save(vec![named("small")], &mut walk).unwrap();
    let before = walk.clone();
    let noise: String = (0..4 << 20).map(|_| fastrand::alphanumeric()).collect();
    walk.after = Some("2".to_owned());
    let large = hit(&json!({"title": "large", "slug": "large", "description": noise}));
    let error = catalogue.save(vec![named("other"), large], &mut walk).unwrap_err();
    assert!(matches!(error, CatalogueError::Full { max_bytes: 1_048_576 }), "{error}");
    assert!(
        error.to_string().contains("`services.datagov.catalogue.max_bytes` allows 1048576 bytes"),
        "{error}"
    );
    assert_eq!(catalogue.walk("w").unwrap().unwrap(), before);
    assert_eq!(found(&catalogue, &Wanted::default()), ["small"]);
    catalogue.save(vec![named("other")], &mut walk).unwrap();
    assert_eq!(found(&catalogue, &words("title")).len(), 2);
}

#[rstest]
#[case::text(b"This is no database, and it is a little longer than the head of one would have to be, so that it is read.", "it is no database")]
#[case::old(b"user_version = 7", "has version 7")]
#[case::other(b"CREATE TABLE mine (x)", "of something else")]
fn what_is_no_catalogue_is_left_as_it_is(#[case] content: &[u8], #[case] said: &str) {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    if content.starts_with(b"This") {
        fs::write(place.path(), content).unwrap();
    } else if content.starts_with(b"user") {
        drop(place.open());
        Connection::open(place.path()).unwrap().pragma_update(None, "user_version", 7).unwrap();
    } else {
        Connection::open(place.path()).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    }
    let before = fs::read(place.path()).unwrap();
    let error = Catalogue::open(&place.path(), ROOM).unwrap_err().to_string();
    assert!(
        error.contains(said) && error.contains("left as it is") || error.contains("left as it was"),
        "{error}"
    );
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn a_file_that_is_not_there_is_not_made_to_look_at_it() {
    let place = Place::new();
    assert!(Catalogue::open_if_there(&place.path(), ROOM).unwrap().is_none());
    assert!(!place.path().exists());
}

#[test]
fn two_have_the_same_file_open() {
    let place = Place::new();
    let (one, other) = (place.open(), place.open());
    one.save(vec![named("a")], &mut walk()).unwrap();
    other.save(vec![named("b")], &mut walk()).unwrap();
    assert_eq!(one.holds().unwrap().records, 2);
    let right = one.claim_walking().unwrap();
    assert!(right.is_some() && other.claim_walking().unwrap().is_none());
    drop(right);
    assert!(other.claim_walking().unwrap().is_some());
}

#[test]
fn the_walks_that_ended_first_are_forgotten() {
    let place = Place::new();
    let catalogue = place.open();
    let mut running = Walk::new("running", json!({}), 1);
    catalogue.put_walk(&mut running).unwrap();
    for number in 0..105 {
        let mut walk = Walk::new(format!("{number}"), json!({}), 1);
        walk.state = WalkState::Done;
        catalogue.put_walk(&mut walk).unwrap();
    }
    let walks = catalogue.walks().unwrap();
    assert_eq!((walks.len(), walks[0].load.as_str()), (100, "104"));
    assert!(catalogue.walk("running").unwrap().is_some() && catalogue.walk("0").unwrap().is_none());
}

#[test]
fn what_counts_of_a_dataset_is_kept() {
    let whole = hit(&json!({
        "title": "T", "slug": "t", "description": "D", "publisher": "P", "identifier": "i", "keyword": ["K", "L"], "theme": "H",
        "organization": {"slug": "o", "name": "O", "organization_type": "Federal Government"}, "popularity": 3,
        "distribution_titles": ["F"], "last_harvested_date": "2026-07-07T21:23:18.667116", "has_spatial": true, "has_download": false,
        "harvest_record": "https://x", "_sort": [1, "id"], "_score": 3.5,
        "dcat": {"modified": "2026", "accessLevel": "public", "accrualPeriodicity": "R/P1M", "spatial": "é".repeat(200),
            "theme": ["H"], "publisher": {"name": "P", "subOrganizationOf": {"name": "Q"}}, "issued": 7, "license": [],
            "distribution": [{"format": "CSV"}, {"format": "CSV", "downloadURL": "https://x"}, {"mediaType": "text/html"}]},
    }));
    let kept = record::unpack(&record::pack(whole.clone()).unwrap()).unwrap();
    assert_eq!((whole.score, kept.score), (Some(3.5), None));
    let (dcat, lean) = (whole.dcat.clone().unwrap(), kept.dcat.clone().unwrap());
    assert_eq!(lean.spatial.as_deref(), Some(&*"é".repeat(128)));
    let forms: Vec<_> =
        lean.distribution.iter().map(|it| (it.format.as_deref(), it.media_type.as_deref())).collect();
    assert_eq!(forms, [(Some("CSV"), None), (None, Some("text/html"))]);
    assert_eq!(
        (&lean.modified, &lean.publisher, &lean.theme),
        (&dcat.modified, &dcat.publisher, &dcat.theme)
    );
    assert_eq!(kept.odd_fields, ["license"]);
    assert_eq!(Hit { dcat: None, score: None, ..whole }, Hit { dcat: None, ..kept });
    assert!(record::unpack(b"nonsense").is_err());
}

#[test]
fn what_narrows_a_search() {
    let place = Place::new();
    let catalogue = place.open();
    let of = |slug: &str, more: &Value| {
        let mut value = json!({"title": "Prices", "slug": slug});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        hit(&value)
    };
    let datasets = vec![
        of("a", &json!({"keyword": ["Crude Oil", "x\ny"], "publisher": "EIA", "has_download": true})),
        of(
            "b",
            &json!({"keyword": ["oil"], "organization": {"slug": "doe", "organization_type": "Federal Government"}}),
        ),
        of("c", &json!({"keyword": ["§", "a\"b"], "description": "crude and heavy oil"})),
    ];
    catalogue.save(datasets, &mut walk()).unwrap();
    let any = Wanted::default;
    let with = |keyword: &str| Wanted { keyword: vec![keyword.to_owned()], ..any() };
    assert_eq!(found(&catalogue, &any()), ["a", "b", "c"]);
    assert_eq!(found(&catalogue, &with("OIL")), ["b"], "whole keywords");
    assert_eq!(found(&catalogue, &with("crude oil")), ["a"]);
    assert_eq!(found(&catalogue, &with("x y")), ["a"]);
    assert_eq!(found(&catalogue, &with("§")), ["c"]);
    assert_eq!(found(&catalogue, &with("a\"b")), ["c"]);
    assert_eq!(found(&catalogue, &Wanted { publisher: Some("eia".to_owned()), ..any() }), ["a"]);
    assert_eq!(found(&catalogue, &Wanted { has_download: true, ..words("prices") }), ["a"]);
    assert_eq!(found(&catalogue, &Wanted { org_slug: Some("doe".to_owned()), ..words("prices") }), ["b"]);
    let kinds = vec!["Tribal".to_owned(), "Federal Government".to_owned()];
    assert_eq!(found(&catalogue, &Wanted { org_type: kinds, ..any() }), ["b"]);
    assert_eq!(found(&catalogue, &words("heavy crude")), ["c"], "in one field");
    assert_eq!(found(&catalogue, &words("prices heavy")), [""; 0], "not in one field");
    assert_eq!(found(&catalogue, &words("\"crude oil\"")), ["a"]);
    assert_eq!(found(&catalogue, &words("\"heavy oil\" prices")), ["c"]);
    assert_eq!(found(&catalogue, &words("eia or heavy")).len(), 2);
}

#[rstest]
fn pages_lead_to_the_end(
    #[values(Order::Relevance, Order::LastHarvestedDate)] order: Order,
    #[values(None, Some("title"))] q: Option<&str>,
) {
    let place = Place::new();
    let catalogue = place.open();
    let date = |number: usize| (!number.is_multiple_of(5)).then(|| format!("2026-01-0{}", number % 5));
    let datasets =
        (0..23).map(|number| Hit { last_harvested_date: date(number), ..named(&format!("d{number}")) });
    catalogue.save(datasets.collect(), &mut walk()).unwrap();
    let wanted = q.map(words).unwrap_or_default();
    let all = catalogue.search(&wanted, order, None, 100).unwrap().hits;
    let (mut pages, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = catalogue.search(&wanted, order, after.as_deref(), 4).unwrap();
        pages.extend(page.hits);
        after = page.after;
        if after.is_none() {
            break;
        }
        let other = if order == Order::Relevance { Order::LastHarvestedDate } else { Order::Relevance };
        let error = catalogue.search(&wanted, other, after.as_deref(), 4).unwrap_err();
        assert!(matches!(error, CatalogueError::Cursor), "{error}");
    }
    assert_eq!((all.len(), &pages), (23, &all));
    if order == Order::LastHarvestedDate {
        assert!(all.is_sorted_by(|one, two| one.last_harvested_date >= two.last_harvested_date));
    }
}

#[test]
fn a_question_may_have_as_many_words_as_it_has_room_for() {
    let place = Place::new();
    let catalogue = place.open();
    let letters = ('a'..='z').flat_map(|one| ('a'..='z').map(move |two| format!("{one}{two}")));
    let all: Vec<String> = letters.take(167).collect();
    catalogue.save(vec![hit(&json!({"title": all.join(" "), "slug": "all"}))], &mut walk()).unwrap();
    assert_eq!(found(&catalogue, &words(&all.join(" "))), ["all"]);
    assert_eq!(found(&catalogue, &words(&["zz"; 100].join(" or "))), [""; 0]);
    assert_eq!(found(&catalogue, &words(&format!("\"{}\"", all.join(" ")))), ["all"]);
}

/// What is syntax of the index or of its database.
const SYNTAX: &str =
    "([\"'()*:^{}+,;%_\\\\\\-\\x00\\n ]|AND|OR|NOT|NEAR|title|rank|--|é|\u{300}|\u{e000}|日|[a-c]|.){0,40}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn any_question_and_any_keyword_has_an_answer(q in SYNTAX, keyword in SYNTAX, after in ".{0,20}") {
        thread_local! {
            static SHELF: (Place, Catalogue) = {
                let place = Place::new();
                let catalogue = place.open();
                catalogue.save(vec![named("a"), named("b")], &mut walk()).unwrap();
                (place, catalogue)
            };
        }
        SHELF.with(|(_place, catalogue)| {
            let of_words = catalogue.search(&words(&q), Order::Relevance, None, 10);
            prop_assert!(of_words.is_ok(), "{of_words:?}");
            let wanted = Wanted { keyword: vec![keyword.clone()], publisher: Some(q.clone()), ..words(&keyword) };
            let narrowed = catalogue.search(&wanted, Order::LastHarvestedDate, None, 10);
            prop_assert!(narrowed.is_ok(), "{narrowed:?}");
            let behind = catalogue.search(&words(&q), Order::Relevance, Some(&after), 10);
            prop_assert!(matches!(behind, Err(CatalogueError::Cursor)), "{behind:?}");
            Ok(())
        })?;
    }

    #[test]
    fn a_keyword_is_found_whatever_it_is(keyword in SYNTAX) {
        let place = Place::new();
        let catalogue = place.open();
        let own = Hit { keyword: vec!["other".to_owned(), keyword.clone()], ..named("own") };
        catalogue.save(vec![own, named("none")], &mut walk()).unwrap();
        let found = found(&catalogue, &Wanted { keyword: vec![keyword], ..Wanted::default() });
        prop_assert_eq!(found, ["own"]);
    }
}
