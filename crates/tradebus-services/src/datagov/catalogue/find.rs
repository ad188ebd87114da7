//! Finding datasets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::error::CatalogueError;
use super::pages::among;
use super::{Catalogue, question, record};
use crate::datagov::Hit;

/// How well a dataset fits, by the words of its columns and their weights in the API; the less, the better.
const RANK: &str = "bm25(dataset_text, 5.0, 3.0, 2.0, 3.0, 2.0, 1.0, 1.0)";

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words, all of which must occur in one field; `"a phrase"`; `a OR b`. Words and phrases beside each other must all be there.
    pub q: Option<String>,
    /// The slug of an organization.
    pub org_slug: Option<String>,
    /// Kinds of organizations, any of which will do.
    pub org_type: Vec<String>,
    /// Whole keywords, all of which must be there. Case does not matter.
    pub keyword: Vec<String>,
    /// The whole name of a publisher. Case does not matter.
    pub publisher: Option<String>,
    /// Only those with a download.
    pub has_download: bool,
}

/// The order of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Those that fit best first; without words, as they were loaded.
    #[default]
    Relevance,
    /// Those that were harvested last first.
    LastHarvestedDate,
}

/// A page of what a search finds.
#[derive(Debug, Default)]
pub struct Found {
    /// The datasets; `score` says how well they fit, if there are words.
    pub hits: Vec<Hit>,
    /// The cursor of the next page, if there is one.
    pub after: Option<String>,
}

impl Catalogue {
    /// A page of at most `most` datasets, from the first one or from behind a cursor.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::Cursor`]; others when the file cannot be read.
    pub fn search(
        &self,
        wanted: &Wanted,
        order: Order,
        after: Option<&str>,
        most: usize,
    ) -> Result<Found, CatalogueError> {
        let after = after.map(|text| Place::decode(text, order).ok_or(CatalogueError::Cursor)).transpose()?;
        self.readers.with(|connection| {
            // What is found and what is read of it are of one moment.
            let moment = connection.unchecked_transaction()?;
            let mut places = Query::of(wanted).places(&moment, order, after.as_ref(), most + 1)?;
            let more = places.len() > most;
            places.truncate(most);
            let after = places.last().filter(|_| more).map(|place| place.encode(order));
            let with_words = wanted.q.as_deref().and_then(question::expression).is_some();
            let hits = places.iter().map(|place| {
                let hit = place.hit(&moment)?;
                Ok(Hit { score: place.score().filter(|_| with_words), ..hit })
            });
            Ok(Found { hits: hits.collect::<Result<_, CatalogueError>>()?, after })
        })
    }

    /// Hands out all datasets that are looked for, one after the other in no order, as long as `take` wants more.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn each(&self, wanted: &Wanted, mut take: impl FnMut(Hit) -> bool) -> Result<(), CatalogueError> {
        self.readers.with(|connection| {
            let query = Query::of(wanted);
            let mut asked = connection.prepare_cached(&format!("SELECT d.hit {}", query.text))?;
            let mut rows = asked.query(params_from_iter(query.values))?;
            while let Some(row) = rows.next()? {
                let packed = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                if !take(record::unpack(packed)?) {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// Where a dataset stands in an order.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    /// A rank, or the date.
    by: By,
    number: i64,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    Rank(f64),
    Date(String),
}

impl Place {
    fn score(&self) -> Option<f64> {
        match self.by {
            By::Rank(rank) => Some(-rank),
            By::Date(_) => None,
        }
    }

    fn hit(&self, connection: &Connection) -> Result<Hit, CatalogueError> {
        let mut asked = connection.prepare_cached("SELECT hit FROM dataset WHERE number = ?1")?;
        let packed: Vec<u8> = asked.query_row([self.number], |row| row.get(0))?;
        record::unpack(&packed)
    }

    fn encode(&self, order: Order) -> String {
        let by = match &self.by {
            // As bits: the very number has to come back.
            By::Rank(rank) => format!("{:016x}", rank.to_bits()),
            By::Date(date) => date.clone(),
        };
        URL_SAFE_NO_PAD.encode(format!("{}\n{}\n{by}", order.name(), self.number))
    }

    fn decode(cursor: &str, order: Order) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(3, '\n');
        parts.next().filter(|name| *name == order.name())?;
        let number = parts.next()?.parse().ok()?;
        let by = parts.next()?;
        let by = match order {
            Order::Relevance => By::Rank(f64::from_bits(u64::from_str_radix(by, 16).ok()?)),
            Order::LastHarvestedDate => By::Date(by.to_owned()),
        };
        Some(Self { by, number })
    }
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::LastHarvestedDate => "last_harvested_date",
        }
    }
}

/// From `FROM` on, with the values of its parameters.
struct Query {
    text: String,
    values: Vec<Value>,
    with_words: bool,
}

impl Query {
    fn of(wanted: &Wanted) -> Self {
        let words = wanted.q.as_deref().and_then(question::expression);
        let with_words = words.is_some();
        let from = if with_words {
            // The index first: its ranks are known only where it is read.
            "FROM dataset_text CROSS JOIN dataset d ON d.number = dataset_text.rowid WHERE dataset_text MATCH ?"
        } else {
            "FROM dataset d WHERE true"
        };
        let values = words.map(Value::from).into_iter().collect();
        let mut query = Self { text: from.to_owned(), values, with_words };
        if let Some(slug) = &wanted.org_slug {
            query.and("d.org_slug = ?", [slug.clone()]);
        }
        if !wanted.org_type.is_empty() {
            let any = vec!["?"; wanted.org_type.len()].join(", ");
            query.and(&format!("d.org_type IN ({any})"), wanted.org_type.clone());
        }
        for keyword in &wanted.keyword {
            if let Some(words) = question::keyword(keyword) {
                let among = "d.number IN (SELECT rowid FROM dataset_text WHERE dataset_text MATCH ?)";
                query.and(among, [words]);
            }
            query.and("instr(d.keywords, ?) > 0", [among(keyword)]);
        }
        if let Some(publisher) = &wanted.publisher {
            query.and("d.publisher = ?", [publisher.to_lowercase()]);
        }
        if wanted.has_download {
            query.text.push_str(" AND d.has_download = 1");
        }
        query
    }

    fn and<V: Into<Value>>(&mut self, condition: &str, values: impl IntoIterator<Item = V>) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.extend(values.into_iter().map(Into::into));
    }

    fn places(
        mut self,
        connection: &Connection,
        order: Order,
        after: Option<&Place>,
        most: usize,
    ) -> Result<Vec<Place>, CatalogueError> {
        let (by, direction, comes) = match order {
            Order::Relevance if self.with_words => (RANK, "", ">"),
            Order::Relevance => ("0.0", "", ">"),
            Order::LastHarvestedDate => ("d.harvested", "DESC", "<"),
        };
        if let Some(Place { by: last, number }) = after {
            let last = match last {
                By::Rank(rank) => Value::from(*rank),
                By::Date(date) => Value::from(date.clone()),
            };
            let behind = format!("({by} {comes} ? OR ({by} = ? AND d.number > ?))");
            self.and(&behind, [last.clone(), last, Value::from(*number)]);
        }
        let text =
            format!("SELECT d.number, {by} {} ORDER BY {by} {direction}, d.number LIMIT {most}", self.text);
        let mut asked = connection.prepare_cached(&text)?;
        let places = asked.query_map(params_from_iter(self.values), |row| {
            let by = match order {
                Order::Relevance => By::Rank(row.get(1)?),
                Order::LastHarvestedDate => By::Date(row.get(1)?),
            };
            Ok(Place { by, number: row.get(0)? })
        })?;
        Ok(places.collect::<Result<_, _>>()?)
    }
}
