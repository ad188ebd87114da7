//! JSON text, written straight into a buffer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Appends a string with its quotes, escaped.
pub(super) fn write_str(out: &mut Vec<u8>, text: &str) {
    write_value(out, text);
}

/// Appends a number; NaN and the infinities, which JSON does not have, become `null` as `NautilusTrader`
/// writes them.
pub(super) fn write_f64(out: &mut Vec<u8>, number: f64) {
    write_value(out, &number);
}

/// Appends an integer.
pub(super) fn write_integer(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends bytes as a string in base64 (standard alphabet, padded).
pub(super) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    // Four characters for three bytes: what is reserved here is always filled.
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

/// Appends an object of strings, in order, duplicates and all.
pub(super) fn write_object<'a>(out: &mut Vec<u8>, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    out.push(b'{');
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_str(out, name);
        out.push(b':');
        write_str(out, value);
    }
    out.push(b'}');
}

fn write_value<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "strings and numbers are always JSON, and a buffer in memory takes all");
}

#[cfg(test)]
mod tests {
    use super::{write_base64, write_f64, write_object};

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"~".to_vec();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_written() {
        assert_eq!(text(|out| write_base64(out, b"")), "~\"\"");
        assert_eq!(text(|out| write_base64(out, b"\0\xff")), "~\"AP8=\"");
        assert_eq!(text(|out| write_base64(out, b"\xfb\xef\xbe")), "~\"++++\"");
        assert_eq!(text(|out| write_f64(out, f64::NAN)), "~null");
        assert_eq!(text(|out| write_f64(out, -0.1)), "~-0.1");
        assert_eq!(text(|out| write_object(out, [])), "~{}");
        assert_eq!(text(|out| write_object(out, [("a\"", "\n"), ("é", "")])), r#"~{"a\"":"\n","é":""}"#);
    }
}
