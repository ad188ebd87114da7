use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{MAX_PATTERN_BYTES, Pattern, PatternError};
use crate::fixtures;

fn matches(pattern: impl AsRef<[u8]>, topic: impl AsRef<[u8]>) -> bool {
    Pattern::new(pattern).unwrap().matches(topic.as_ref())
}

/// The rules, word for word: what the first `i` bytes of the pattern make of the first `j` of the topic.
fn model(pattern: &[u8], topic: &[u8]) -> bool {
    let mut row = vec![false; topic.len() + 1];
    row[0] = true;
    for &wanted in pattern {
        let mut next = vec![false; topic.len() + 1];
        for j in 0..=topic.len() {
            next[j] = match wanted {
                b'*' => row[j] || (j > 0 && next[j - 1]),
                _ => j > 0 && row[j - 1] && (wanted == b'?' || wanted == topic[j - 1]),
            };
        }
        row = next;
    }
    row[topic.len()]
}

#[test]
fn answers_as_nautilus_trader_does() {
    let cases = fixtures::pattern_cases();
    assert!(cases.len() > 1700, "{}", cases.len());
    for case in cases {
        assert_eq!(matches(&case.pattern, &case.topic), case.matches, "{case:?}");
    }
}

#[test]
fn each_shape_at_its_edges() {
    for (pattern, yes, no) in [
        ("", &[""][..], &["a"][..]),
        ("*", &["", "a", "a.b", "*"], &[]),
        ("**", &["", "x"], &[]),
        ("?", &["a", "?"], &["", "é", "ab"]),
        ("??", &["é", "ab"], &["a", "abc"]),
        ("data.*", &["data.", "data.a.b", "data.*"], &["data", "Data.a", "xdata.a"]),
        ("d?ta.*", &["data.", "d?ta.x"], &["dta.", "daata."]),
        ("*.b", &[".b", "a.b", "b.b.b"], &["b", "a.bc"]),
        ("a*a", &["aa", "aba"], &["a", "ab"]),
        ("ab*ba", &["abba", "abxba"], &["aba", "ab"]),
        ("*ab*", &["ab", "xabx"], &["a", "ba"]),
        ("*?*", &["a", "*", "ab"], &[""]),
        ("*a??*", &["abc", "xabc", "aaa"], &["ab", "ba"]),
        ("*a?*?b*", &["axxb", "a12345b"], &["axb", "ab"]),
        ("a.[bc]", &["a.[bc]"], &["a.b"]),
        ("a\\*", &["a\\", "a\\x"], &["a*"]),
    ] {
        for topic in yes {
            assert!(matches(pattern, topic), "{pattern:?} should match {topic:?}");
        }
        for topic in no {
            assert!(!matches(pattern, topic), "{pattern:?} should not match {topic:?}");
        }
    }
}

#[test]
fn any_bytes() {
    assert!(matches([0xff, b'*', 0x00], [0xff, 1, 2, 0x00]));
    assert!(matches(b"\xff?", b"\xff\xfe"));
    assert!(!matches(b"\xff", "\u{ff}"));
    assert_eq!(Pattern::new(b"a\xff").unwrap().to_string(), "a\u{fffd}");
}

#[test]
fn too_long_says_what_is_allowed() {
    assert!(Pattern::new(vec![b'*'; MAX_PATTERN_BYTES]).is_ok());
    let error = Pattern::new(vec![b'a'; MAX_PATTERN_BYTES + 1]).unwrap_err();
    assert_eq!(error, PatternError::TooLong { bytes: 4097 });
    assert_eq!(error.to_string(), "a pattern of 4097 bytes is too long: allowed are 0 to 4096 bytes");
}

#[test]
fn equal_by_text_and_literal_only_without_wildcards() {
    let pattern = Pattern::new("a.b").unwrap();
    assert_eq!(pattern, "a.b".parse().unwrap());
    assert_ne!(Pattern::new("*").unwrap(), Pattern::new("**").unwrap());
    assert_eq!(pattern.as_literal(), Some(&b"a.b"[..]));
    for wild in ["*", "a?", "a.*"] {
        assert_eq!(Pattern::new(wild).unwrap().as_literal(), None);
    }
}

/// Patterns that are exponential or quadratic for a matcher that goes back: a few million steps at most here.
/// The best of five runs counts, since a busy machine may stop any one of them.
#[test]
fn no_pattern_is_slow() {
    let topic = vec![b'a'; 65_536];
    let half = MAX_PATTERN_BYTES / 2;
    let patterns: Vec<Vec<u8>> = vec![
        b"*a*a*a*a*a*b".to_vec(),
        b"*?".repeat(1000),
        [&b"*?".repeat(1000)[..], b"b"].concat(),
        b"*a".repeat(half),
        [&b"*a".repeat(half - 1)[..], b"*b"].concat(),
        [b"*", &b"a".repeat(MAX_PATTERN_BYTES - 3)[..], b"b*"].concat(),
        [b"*", &b"a?".repeat(half - 2)[..], b"b*"].concat(),
        [b"*b", &b"?a".repeat(half - 2)[..], b"*"].concat(),
        [&b"*a?a".repeat(half / 2 - 1)[..], b"*b"].concat(),
        [b"*a", &b"?".repeat(MAX_PATTERN_BYTES - 4)[..], b"b*"].concat(),
    ];
    for pattern in patterns {
        for topic in [&topic[..255], &topic[..]] {
            let compiled = Pattern::new(&pattern).unwrap();
            let expected = !pattern.contains(&b'b') && fewest_bytes(&pattern) <= topic.len();
            let took = (0..5).map(|_| {
                let start = Instant::now();
                assert_eq!(compiled.matches(topic), expected);
                start.elapsed()
            });
            let took = took.min().unwrap();
            let start = String::from_utf8_lossy(&pattern[..pattern.len().min(12)]);
            assert!(took < Duration::from_millis(100), "{took:?} for {start}... on {} bytes", topic.len());
        }
    }
}

/// How many bytes a topic needs at least.
fn fewest_bytes(pattern: &[u8]) -> usize {
    pattern.iter().filter(|&&byte| byte != b'*').count()
}

/// Few different bytes, so that patterns match now and then; `\u{80}` to have bytes that are no characters.
fn bytes(max: usize, of: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(of), 0..max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn agrees_with_the_model(pattern in bytes(12, b"ab?**\x80"), topic in bytes(20, b"ab*?\x80")) {
        prop_assert_eq!(matches(&pattern, &topic), model(&pattern, &topic));
    }

    /// A pattern cut from the topic, so that long segments match too.
    #[test]
    fn long_segments_agree_with_the_model(
        topic in bytes(400, b"aab"),
        cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        wild in prop::collection::vec(any::<(prop::sample::Index, bool)>(), 1..6),
        spoil in any::<Option<prop::sample::Index>>(),
    ) {
        let (from, to) = (cut.0.index(topic.len() + 1), cut.1.index(topic.len() + 1));
        let mut pattern = topic[from.min(to)..from.max(to)].to_vec();
        if !pattern.is_empty() {
            for (at, star) in wild {
                let at = at.index(pattern.len());
                pattern[at] = if star && at % 5 == 0 { b'*' } else { b'?' };
            }
            if let Some(at) = spoil {
                let at = at.index(pattern.len());
                pattern[at] = b'b';
            }
        }
        pattern.insert(0, b'*');
        pattern.push(b'*');
        prop_assert_eq!(matches(&pattern, &topic), model(&pattern, &topic));
    }
}

#[test]
fn a_pattern_that_exists_is_taken_where_one_is_made() {
    fn take<P: TryInto<Pattern>>(pattern: P) -> Result<Pattern, PatternError>
    where
        PatternError: From<P::Error>,
    {
        Ok(pattern.try_into()?)
    }
    let pattern = Pattern::new("data.*").unwrap();
    assert_eq!(take(pattern.clone()), Ok(pattern.clone()));
    assert_eq!(take("data.*"), Ok(pattern));
}
