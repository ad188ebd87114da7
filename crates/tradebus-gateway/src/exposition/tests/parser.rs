//! A strict reader of expositions: whatever is not as the formats say panics.

use std::collections::BTreeMap;

use super::Format;

/// An exposition.
pub(super) struct Parsed {
    pub(super) series: BTreeMap<Series, f64>,
}

/// The name of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    /// With `_total` and `_info`, without what a histogram adds.
    pub(super) family: String,
    pub(super) name: String,
    /// By name, without `le`, whose place and form the formats do not agree about.
    pub(super) labels: Vec<(String, String)>,
    /// Of a bucket: its upper bound, as bits, in the order of the bounds.
    bound: Option<u64>,
}

impl Series {
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Of a bucket: its upper bound.
    pub(super) fn bound(&self) -> Option<f64> {
        self.bound.map(f64::from_bits)
    }

    fn read(text: &str) -> (Self, &str) {
        let end = text.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_')).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        assert!(!name.is_empty(), "no name: {text}");
        let (mut labels, rest) = rest.strip_prefix('{').map_or((Vec::new(), rest), labels);
        let bound = labels.iter().position(|(name, _)| name == "le").map(|at| bound(&labels.remove(at).1));
        labels.sort();
        (Self { family: String::new(), name: name.to_owned(), labels, bound }, rest)
    }
}

impl Parsed {
    /// A series, which must be there, has this value.
    #[track_caller]
    pub(super) fn says(&self, series: &str, expected: f64) {
        let (wanted, rest) = Series::read(series);
        assert_eq!(rest, "");
        let mut found =
            self.series.iter().filter(|(it, _)| it.name == wanted.name && it.labels == wanted.labels);
        let (_, value) = found.next().unwrap_or_else(|| panic!("{series} is not there"));
        assert!(value.total_cmp(&expected).is_eq(), "{series} is {value}");
    }

    /// How many series a family has.
    pub(super) fn count(&self, family: &str) -> usize {
        self.series.keys().filter(|series| series.family == family).count()
    }
}

/// What stands above the series of a family.
struct Head {
    name: String,
    kind: String,
}

impl Head {
    /// The suffixes with which its series are named.
    fn suffixes(&self, format: Format) -> &'static [&'static str] {
        match (self.kind.as_str(), format) {
            ("counter", Format::OpenMetrics) => &["_total"],
            ("info", Format::OpenMetrics) => &["_info"],
            ("histogram", _) => &["_sum", "_count", "_bucket"],
            ("gauge", _) | ("counter", Format::Prometheus) => &[""],
            (other, _) => panic!("{other} is no type"),
        }
    }
}

pub(super) fn parse(text: &str, format: Format) -> Parsed {
    assert!(text.ends_with('\n'));
    let text = match format {
        Format::OpenMetrics => text.strip_suffix("# EOF\n").expect("it has an end"),
        Format::Prometheus => text,
    };
    let (mut series, mut seen) = (BTreeMap::new(), Vec::new());
    let mut lines = text.lines().peekable();
    while let Some(help) = lines.next() {
        let name = comment(help, "HELP").0.to_owned();
        let (of, kind) = comment(lines.next().expect("HELP and TYPE"), "TYPE");
        assert_eq!(of, name);
        assert!(!seen.contains(&name), "{name} comes twice");
        seen.push(name.clone());
        if let Some(unit) = lines.next_if(|line| line.starts_with("# UNIT ")) {
            let (of, unit) = comment(unit, "UNIT");
            assert_eq!(of, name);
            assert!(name.ends_with(&format!("_{unit}")), "{name} is in {unit}");
        }
        let head = Head { name, kind: kind.to_owned() };
        let before = series.len();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (read, value) = sample(line, &head, format);
            assert!(series.insert(read, value).is_none(), "twice: {line}");
        }
        assert!(series.len() > before, "{} is empty", head.name);
    }
    Parsed { series }
}

/// The name and the text of a comment.
fn comment<'a>(line: &'a str, word: &str) -> (&'a str, &'a str) {
    let rest = line.strip_prefix("# ").and_then(|rest| rest.strip_prefix(word));
    let rest = rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or_else(|| panic!("no {word}: {line}"));
    rest.split_once(' ').unwrap_or_else(|| panic!("nothing behind the name: {line}"))
}

fn sample(line: &str, head: &Head, format: Format) -> (Series, f64) {
    let (mut series, rest) = Series::read(line);
    let suffix =
        series.name.strip_prefix(&head.name).unwrap_or_else(|| panic!("not of {}: {line}", head.name));
    assert!(head.suffixes(format).contains(&suffix), "{} has no {suffix}: {line}", head.name);
    assert_eq!(suffix == "_bucket", series.bound.is_some(), "{line}");
    series.family = if head.kind == "histogram" { head.name.clone() } else { series.name.clone() };
    let value: f64 =
        rest.strip_prefix(' ').and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{line}"));
    assert!(value.is_finite() && value >= 0.0, "{line}");
    (series, value)
}

/// The bits of the upper bound of a bucket; those of numbers that are not negative have the order of the numbers.
fn bound(text: &str) -> u64 {
    let bound: f64 = if text == "+Inf" { f64::INFINITY } else { text.parse().expect("a number") };
    assert!(bound > 0.0, "{text}");
    bound.to_bits()
}

/// The labels, to the closing brace, and what follows it.
fn labels(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut labels: Vec<(String, String)> = Vec::new();
    loop {
        let (name, rest) = text.split_once("=\"").expect("a label");
        assert!(!name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'), "{name}");
        assert!(labels.iter().all(|(it, _)| it != name), "{name} twice");
        let (value, rest) = quoted(rest);
        labels.push((name.to_owned(), value));
        match rest.split_at(1) {
            (",", rest) => text = rest,
            ("}", rest) => return (labels, rest),
            (other, _) => panic!("{other} behind a label"),
        }
    }
}

/// A value to its closing quote, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().expect("an escaped character").1 {
                'n' => '\n',
                it @ ('\\' | '"') => it,
                other => panic!("\\{other}"),
            }),
            '\n' => panic!("a line break"),
            other => value.push(other),
        }
    }
    panic!("no end: {text}")
}
