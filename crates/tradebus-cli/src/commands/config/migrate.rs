//! `tradebus config migrate`: from a configuration of another system to one of tradebus.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use tradebus::config::{
    Migration, MigrationAction, MigrationSource, MigrationStep, migrate_file, migrate_reader,
};

use crate::confirm::confirm;
use crate::failure::{self, Failure, Outcome, say};
use crate::listing::{self, Column};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  tradebus config migrate node.json > tradebus.toml
  tradebus config migrate node.json --out tradebus.toml
  python -c 'print(config.message_bus.json().decode())' | tradebus config migrate - --from nautilus
  tradebus config migrate old.json --json | jq '.steps[] | select(.action == \"unknown\")'

Reads a MessageBusConfig of NautilusTrader, the configuration of a whole node (TradingNodeConfig) with its message_bus, or a
configuration of the original Python system; JSON or TOML. The new configuration goes to standard output or to --out, what was
done to each field to standard error. What is the default anyway is not written; a default of NautilusTrader that is another
one here is.

Passwords are not written: where there is one, a comment names the variable to set (TRADEBUS_REDIS_PASSWORD or TRADEBUS_STORE,
or either with _FILE). --with-secrets writes them to the file of --out, which then only its owner may read.

Ends with 2 if the configuration is wrong, and with 9 if it was migrated but for fields that are not known.";

/// Turn a configuration of `NautilusTrader` or of the original system into one of tradebus.
#[derive(clap::Args)]
#[command(about = "Turn a configuration of NautilusTrader or of the original system into one of tradebus")]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// File to migrate, JSON or TOML; - is standard input.
    file: PathBuf,

    /// The system that it was written for; auto tells by its fields.
    #[arg(long, value_name = "SYSTEM", default_value = "auto")]
    from: From,

    /// File to write the new configuration to [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write the passwords, too.
    #[arg(long, requires = "out")]
    with_secrets: bool,

    /// Overwrite the file of --out without asking.
    #[arg(long, short, requires = "out")]
    yes: bool,

    /// Print one JSON object in place of TOML: kind, config, steps, report.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    Auto,
    Nautilus,
    Original,
}

pub(super) fn run(args: &Args) -> Outcome {
    let from = match args.from {
        From::Auto => None,
        From::Nautilus => Some(MigrationSource::Nautilus),
        From::Original => Some(MigrationSource::Original),
    };
    let migration = match args.file.to_str() {
        Some("-") => migrate_reader(Path::new("standard input"), io::stdin().lock(), from)?,
        _ => migrate_file(&args.file, from)?,
    };
    if let Some(out) = &args.out {
        let toml = if args.with_secrets { migration.to_toml_with_secrets() } else { migration.to_toml() };
        write(out, &toml, args)?;
    }
    if args.json {
        output::print(&format!("{:#}", json!(migration)))?;
    } else if args.out.is_none() {
        output::print(&migration.to_toml())?;
    }
    if !args.json {
        tell(&migration);
    }
    unknown(&migration)
}

/// What was done, and what could be better.
fn tell(migration: &Migration) {
    let columns =
        [Column::Left("FIELD"), Column::Left("SETTING"), Column::Left("DONE"), Column::Left("NOTE")];
    let rows = migration.steps.iter().map(row).collect();
    say(listing::table_for_stderr(&columns, rows).trim_end());
    let report = &migration.report;
    for (level, findings) in [("warning", &report.warnings), ("suggestion", &report.suggestions)] {
        for finding in findings {
            say(&format!("{level}: {}", failure::visible(&failure::finding(finding))));
        }
    }
}

fn row(step: &MigrationStep) -> Vec<String> {
    let from = step.from.clone().unwrap_or_else(|| "-".to_owned());
    let to = if step.to.is_empty() { "-".to_owned() } else { step.to.join(", ") };
    vec![from, to, step.action.to_string(), step.note.clone()]
}

/// That something was not taken over is seen by a script, too.
fn unknown(migration: &Migration) -> Outcome {
    let unknown = |step: &&MigrationStep| step.action == MigrationAction::Unknown;
    let fields: Vec<String> = migration.steps.iter().filter(unknown).map(named).collect();
    match fields.len() {
        0 => Ok(()),
        1 => Err(Failure::Partial(format!("1 field was not taken over: {}", fields[0]))),
        many => {
            Err(Failure::Partial(format!("{many} fields were not taken over:\n  {}", fields.join("\n  "))))
        }
    }
}

fn named(step: &MigrationStep) -> String {
    format!("`{}` {}", step.from.as_deref().unwrap_or_default(), step.note)
}

/// Writes the file; asks where there is one already.
fn write(path: &Path, toml: &str, args: &Args) -> Outcome {
    let failed = |error: io::Error| Failure::failed(format!("cannot write {}: {error}", path.display()));
    let file = match create(path, args.with_secrets) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            confirm(args.yes, &format!("overwrite {}", path.display()))?;
            overwrite(path, args.with_secrets)
        }
        created => created,
    };
    let mut file = file.map_err(failed)?;
    file.write_all(toml.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// A new file, which only its owner may read where it holds secrets.
fn create(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)
}

/// The file that is there, empty. Others lose the right to read it before it holds a secret.
fn overwrite(path: &Path, private: bool) -> io::Result<File> {
    #[cfg(unix)]
    if private {
        let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, only_owner)?;
    }
    #[cfg(not(unix))]
    let _ = private;
    OpenOptions::new().write(true).truncate(true).open(path)
}
