//! The token with which a gateway knows its callers, as a file holds it.

use std::path::Path;

use secrecy::SecretString;

use crate::failure::{Failure, Outcome};

/// A shorter token can be guessed.
const SHORTEST: usize = 16;

/// Reads the token from a file that a flag names; what else is in the file is not shown.
pub(crate) fn read(file: &Path, flag: &str) -> Outcome<SecretString> {
    let wrong = |what: &dyn std::fmt::Display| Failure::usage(format!("{flag}: {}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let token = text.trim_end_matches(['\r', '\n']);
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.len() < SHORTEST || !is_plain {
        return Err(wrong(&format!(
            "the file must hold one line of at least {SHORTEST} letters, digits and signs without spaces, such as openssl rand -hex 32 prints"
        )));
    }
    Ok(token.into())
}
