//! The configuration as a whole: what a user writes, and what comes of it.

mod checks;
mod documented;
mod files;
mod layers;
mod rubbish;
mod secrets;
mod shown;

pub(super) use rubbish::{any_config, any_value};

use super::{ConfigError, Finding, Loaded, Loader};

/// A loader of a file with this text. The directory has to outlive it.
fn file(directory: &tempfile::TempDir, name: &str, text: &str) -> Loader {
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    Loader::new().file(path)
}

/// What comes of a TOML file with this text.
fn toml(text: &str) -> Result<Loaded, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    file(&directory, "tradebus.toml", text).load()
}

/// What comes of these variables.
fn environment(variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    Loader::new()
        .environment(variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
        .load()
}

/// What is wrong with values.
fn findings(result: Result<Loaded, ConfigError>) -> Vec<Finding> {
    match result {
        Err(ConfigError::Invalid { findings }) => findings,
        other => panic!("wrong values were expected: {other:?}"),
    }
}

fn paths(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.path.as_str()).collect()
}
