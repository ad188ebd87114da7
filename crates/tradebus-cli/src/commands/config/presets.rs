//! `tradebus config presets`: the ready configurations.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tradebus::presets::Preset;

use crate::failure::Outcome;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  tradebus config presets
  tradebus config presets --json
  tradebus config show --preset production --diff";

/// List the presets, what they are for, and what they change.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Print one JSON object a preset: name, purpose, changes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let write = if args.json { json_line } else { text };
    output::print(&Preset::ALL.map(write).concat())
}

fn purpose(preset: Preset) -> &'static str {
    match preset {
        Preset::Development => {
            "one developer's machine: few connections, every message traced, a fixed number of workers"
        }
        Preset::Production => "a deployment: more connections and workers, room for many critical messages",
        Preset::HighFrequency => {
            "short waits before anything else: most connections and workers, short timeouts"
        }
    }
}

fn text(preset: Preset) -> String {
    let mut text = format!("{preset}\n  {}\n", purpose(preset));
    for (path, default, value) in changes(preset) {
        // Writing to memory cannot fail.
        let _ = match default {
            Value::Null => writeln!(text, "    {path} = {value}"),
            default => writeln!(text, "    {path} = {value}  (default {default})"),
        };
    }
    text
}

fn json_line(preset: Preset) -> String {
    let changes: Map<String, Value> =
        changes(preset).into_iter().map(|(path, _, value)| (path, value)).collect();
    format!("{}\n", json!({ "name": preset.name(), "purpose": purpose(preset), "changes": changes }))
}

/// What a preset changes, besides its own name.
fn changes(preset: Preset) -> Vec<(String, Value, Value)> {
    let changes = preset.config().changes().into_iter().filter(|change| change.path != "preset");
    changes.filter(|change| !change.value.is_null()).map(|it| (it.path, it.default, it.value)).collect()
}
