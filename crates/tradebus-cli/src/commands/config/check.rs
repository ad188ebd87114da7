//! `tradebus config check`: everything that is wrong or unwise about a configuration, at once.

use std::path::PathBuf;

use serde_json::json;
use tradebus::config::{ConfigError, Finding, Loaded, Loader};

use crate::cli::Global;
use crate::commands::services;
use crate::failure::{self, Failure, Outcome, say};
use crate::{output, settings};

const EXAMPLES: &str = "\
Examples:
  tradebus config check tradebus.toml
  tradebus config check --preset production
  tradebus config check deploy/tradebus.toml --json | jq -r .path

A file that is named is checked by itself, with flags but without the environment; without a file, what would be used is
checked. No connection is made. Ends with 2 if there are errors; warnings and suggestions end with 0.";

/// Check a configuration: every error, warning and suggestion, with what is allowed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// File to check [default: the configuration that would be used]
    file: Option<PathBuf>,

    /// Print one JSON object a finding: level, path, given, allowed, message, source.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Outcome {
    let loader = match args.file {
        Some(file) => settings::flags(Loader::new(), global).file(file),
        None => settings::loader(global),
    };
    let (errors, warnings, suggestions, file, services) = match loader.load() {
        Ok(Loaded { config, report, file, .. }) => {
            (Vec::new(), report.warnings, report.suggestions, file, services::problem(&config))
        }
        Err(ConfigError::Invalid { findings }) => (findings, Vec::new(), Vec::new(), None, None),
        Err(unreadable) => return Err(unreadable.into()),
    };
    let write = if args.json { json_line } else { text_line };
    let mut lines = String::new();
    for (level, findings) in [("error", &errors), ("warning", &warnings), ("suggestion", &suggestions)] {
        lines.extend(findings.iter().map(|finding| write(level, finding)));
    }
    if let Some((path, message)) = &services {
        lines.push_str(&service_line(path, message, args.json));
    }
    if !lines.is_empty() {
        output::print(&lines)?;
    }
    match errors.len() + usize::from(services.is_some()) {
        0 => say(&summary(file, warnings.len(), suggestions.len())),
        1 => return Err(Failure::usage("the configuration is not valid: 1 error")),
        many => return Err(Failure::usage(format!("the configuration is not valid: {many} errors"))),
    }
    Ok(())
}

/// What is wrong with a service. Its settings are the services' own, so what is allowed stands in the message.
fn service_line(path: &str, message: &str, as_json: bool) -> String {
    if !as_json {
        return format!("error: {message}\n");
    }
    let line = json!({
        "level": "error", "path": path, "given": "", "allowed": "", "message": message, "source": null,
    });
    format!("{line}\n")
}

fn summary(file: Option<PathBuf>, warnings: usize, suggestions: usize) -> String {
    let what = file.map_or_else(|| "the configuration".to_owned(), |file| file.display().to_string());
    match (warnings, suggestions) {
        (0, 0) => format!("{what} is valid"),
        _ => format!("{what} is valid; warnings: {warnings}, suggestions: {suggestions}"),
    }
}

fn text_line(level: &str, finding: &Finding) -> String {
    format!("{level}: {}\n", failure::finding(finding))
}

fn json_line(level: &str, finding: &Finding) -> String {
    let line = json!({
        "level": level,
        "path": finding.path,
        "given": finding.given,
        "allowed": finding.allowed,
        "message": finding.message,
        "source": finding.source.as_ref().map(ToString::to_string),
    });
    format!("{line}\n")
}
