//! What servers answer: a reply that the scanner has found can be taken apart to its end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradebus_resp::{ReplyScanner, Token, Tokens};

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let mut scanner = ReplyScanner::default();
    while let Ok(Some(len)) = scanner.scan(rest) {
        let (reply, after) = rest.split_at(len);
        let mut tokens = Tokens::new(reply);
        let mut left = 1_usize;
        while left > 0 {
            match tokens.pull() {
                Ok(Token::List(elements)) => left = left - 1 + elements,
                Ok(_) => left -= 1,
                // A number that is none is noticed only here.
                Err(_) => return,
            }
        }
        rest = after;
    }
});
