//! Redis' glob patterns over keys.

/// Whether a whole key matches a pattern: `*` any bytes, `?` one byte, `[abc]`, `[a-z]` and `[^x]` one byte of a set,
/// `\` takes the next byte as it is. A set that is not closed ends with the pattern, as in Redis.
///
/// The time is bounded by the product of both lengths: only the last `*` is ever taken up again.
pub fn matches(pattern: &[u8], key: &[u8]) -> bool {
    let (mut pattern_at, mut key_at) = (0, 0);
    // Where to go on when what follows the last star does not fit: behind the star, one byte further in the key.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(pattern_at) == Some(&b'*') {
            pattern_at += 1;
            retry = Some((pattern_at, key_at));
            continue;
        }
        let step = match key.get(key_at) {
            None if pattern_at == pattern.len() => return true,
            None => return false,
            Some(&byte) => match_one(&pattern[pattern_at..], byte),
        };
        if let Some(taken) = step {
            pattern_at += taken;
            key_at += 1;
        } else if let Some((behind_star, from)) = retry {
            retry = Some((behind_star, from + 1));
            (pattern_at, key_at) = (behind_star, from + 1);
        } else {
            return false;
        }
    }
}

/// How many bytes of the pattern stand for this byte, or `None` when it does not match.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', set @ ..] => {
            let (matched, taken) = match_set(set, byte);
            matched.then_some(taken + 1)
        }
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [first, ..] => (*first == byte).then_some(1),
    }
}

/// Whether the byte is in the set, and how many bytes of the pattern the set takes, its `]` included.
fn match_set(set: &[u8], byte: u8) -> (bool, usize) {
    let negated = set.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match &set[at..] {
            [] => break,
            [b'\\', escaped, ..] => {
                found |= *escaped == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [from, b'-', to, ..] => {
                found |= (*from.min(to)..=*from.max(to)).contains(&byte);
                at += 3;
            }
            [single, ..] => {
                found |= *single == byte;
                at += 1;
            }
        }
    }
    (found != negated, at)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_like_redis() {
        for (pattern, key) in [
            ("*", ""),
            ("*", "anything"),
            ("trader-*:stream", "trader-001:stream"),
            ("h?llo", "hallo"),
            ("h[ae]llo", "hello"),
            ("h[^e]llo", "hallo"),
            ("h[a-c]llo", "hbllo"),
            ("h[c-a]llo", "hbllo"),
            ("a\\*b", "a*b"),
            ("[\\]]", "]"),
            ("[ab", "b"),
            ("*a*b*c", "xxaxxbxxaxxbxxc"),
            ("", ""),
            ("a\\", "a\\"),
        ] {
            assert!(matches(pattern.as_bytes(), key.as_bytes()), "{pattern} {key}");
        }
        for (pattern, key) in [
            ("", "a"),
            ("?", ""),
            ("h[ae]llo", "hillo"),
            ("h[^e]llo", "hello"),
            ("a\\*b", "axb"),
            ("*a*b*c", "xxaxxbxx"),
            ("abc", "abcd"),
            ("abcd", "abc"),
        ] {
            assert!(!matches(pattern.as_bytes(), key.as_bytes()), "{pattern} {key}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = "*a".repeat(60) + "b";
        assert!(!matches(pattern.as_bytes(), &vec![b'a'; 20_000]));
    }
}
