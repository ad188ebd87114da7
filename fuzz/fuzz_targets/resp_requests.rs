//! What clients send: whatever arrives, and in whatever pieces, is understood the same or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradebus_resp::{RequestLimits, RequestScanner};

/// Reads all requests, with `step` more bytes at a time; stops where something is refused.
fn requests(input: &[u8], step: usize) -> (Vec<Vec<Vec<u8>>>, bool) {
    let limits = RequestLimits { max_args: 1000, max_bulk: 10_000, max_line: 1000, ..RequestLimits::default() };
    let (mut scanner, mut found) = (RequestScanner::new(limits), Vec::new());
    let (mut start, mut end) = (0, 0);
    loop {
        match scanner.scan(&input[start..end]) {
            Ok(Some(request)) => {
                assert!(request.wire_len() <= end - start && request.wire_len() > 0);
                found.push(request.iter().map(<[u8]>::to_vec).collect());
                start += request.wire_len();
            }
            Ok(None) if end == input.len() => return (found, false),
            Ok(None) => end = input.len().min(end + step),
            Err(_) => return (found, true),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let whole = requests(input, input.len().max(1));
    for step in [1, 7] {
        let (found, refused) = requests(input, step);
        // In pieces it may be refused earlier, for a line that grows too long, but never read otherwise.
        assert!(refused || found == whole.0);
        assert!(whole.0.starts_with(&found) || found.starts_with(&whole.0));
    }
});
