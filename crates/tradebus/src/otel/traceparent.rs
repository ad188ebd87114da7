//! The `traceparent` of the W3C: `{version}-{trace id}-{span id}-{flags}`, in small hexadecimal digits.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use smol_str::SmolStr;

/// Version, ids and flags, with the hyphens between them.
const LENGTH: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

/// The context that a header names; `None` where it is malformed. A version that is not known yet is read as far as this one goes.
pub(super) fn read(text: &str) -> Option<SpanContext> {
    let (known, rest) = text.trim_ascii().split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let version = u8::try_from(hex(parts.next()?, 2)?).ok()?;
    let trace_id = TraceId::from(hex(parts.next()?, 32)?);
    let span_id = SpanId::from(u64::try_from(hex(parts.next()?, 16)?).ok()?);
    let flags = TraceFlags::new(u8::try_from(hex(parts.next()?, 2)?).ok()?) & TraceFlags::SAMPLED;
    let rest_fits = if version == 0 { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
    let context = SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE);
    (parts.next().is_none() && rest_fits && version != u8::MAX && context.is_valid()).then_some(context)
}

/// The header that names a context.
pub(super) fn write(context: &SpanContext) -> SmolStr {
    let sampled = context.trace_flags() & TraceFlags::SAMPLED;
    smol_str::format_smolstr!("00-{}-{}-{sampled:02x}", context.trace_id(), context.span_id())
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let small = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(small)).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::{read, write};

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_context_is_read_and_written() {
        let context = read(GOOD).unwrap();
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(write(&context), GOOD);
        let other_flags = GOOD.replace("-01", "-fe");
        assert_eq!(write(&read(&other_flags).unwrap()), GOOD.replace("-01", "-00"));
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = GOOD.replacen("00", "cc", 1);
        assert_eq!(write(&read(&later).unwrap()), GOOD);
        assert_eq!(write(&read(&format!("{later}-what-ever")).unwrap()), GOOD);
        assert!(read(&format!("{later}x")).is_none());
    }

    #[rstest]
    #[case("")]
    #[case("00-x")]
    #[case("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    #[case("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    #[case("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1")]
    #[case("00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    #[case("00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01")]
    fn what_is_malformed_is_none(#[case] text: &str) {
        assert!(read(text).is_none(), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,80}", cut in 0..56_usize, put in any::<char>()) {
            let _ = read(&text);
            let mut changed: Vec<char> = GOOD.chars().collect();
            changed.insert(cut.min(changed.len()), put);
            let _ = read(&changed.into_iter().collect::<String>());
        }
    }
}
