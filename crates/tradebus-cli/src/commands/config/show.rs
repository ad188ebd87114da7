//! `tradebus config show`: the configuration as it would be used, with the source of each value.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tradebus::config::Loaded;

use crate::cli::Global;
use crate::failure::Outcome;
use crate::{output, settings};

const EXAMPLES: &str = "\
Examples:
  tradebus config show
  tradebus config show --preset high_frequency --diff
  TRADEBUS_MAX_WORKERS=5 tradebus config show --json | jq .sources.max_workers

Secrets are shown as ***.";

/// Print the configuration as it would be used, with the source of each value.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Print JSON: one object with `config` and `sources`, or with --diff one object a value.
    #[arg(long, help = "Print JSON: one object with config and sources, or with --diff one object a value")]
    json: bool,

    /// Print only what differs from the defaults.
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    let loaded = settings::loader(global).load()?;
    match (args.diff, args.json) {
        (false, false) => output::print(&loaded.to_toml()),
        (false, true) => output::print(&format!("{:#}", loaded.to_json())),
        (true, json) => {
            let lines = differences(&loaded, json);
            if lines.is_empty() { Ok(()) } else { output::print(&lines) }
        }
    }
}

fn differences(loaded: &Loaded, json: bool) -> String {
    // Writing to memory cannot fail.
    let mut lines = String::new();
    // Fields of a table that are not given are inherited: they differ from nothing.
    for change in loaded.config.changes().into_iter().filter(|change| !change.value.is_null()) {
        let (path, default, value) = (change.path, change.default, change.value);
        let source = loaded.sources.get(&path).to_string();
        if json {
            let line = json!({ "path": path, "default": default, "value": value, "source": source });
            let _ = writeln!(lines, "{line}");
        } else {
            let _ = writeln!(lines, "{path} = {value} # {source}{}", was(&default));
        }
    }
    lines
}

fn was(default: &Value) -> String {
    if default.is_null() { String::new() } else { format!(", default {default}") }
}
