//! Puts a configuration together: defaults, then a preset, a file, the environment, and flags, each over the one before.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::check::Checker;
use super::environment::Environment;
use super::finding::{Finding, Report};
use super::presets::Preset;
use super::source::{Source, Sources};
use super::tree::{Node, split};
use super::{BusConfig, ConfigError, file, show};

/// Reads a configuration from all its sources.
///
/// ```
/// use tradebus::config::{Loader, Source};
///
/// # fn main() -> Result<(), tradebus::config::ConfigError> {
/// let environment = [("TRADEBUS_MAX_WORKERS".to_owned(), "5".to_owned())];
/// let loaded = Loader::new()
///     .environment(environment)
///     .set("connection_pool_size", 40, Source::flag("--connections"))
///     .load()?;
/// assert_eq!(loaded.config.max_workers, 5);
/// assert_eq!(loaded.sources.get("max_workers").to_string(), "env:TRADEBUS_MAX_WORKERS");
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Loader {
    file: Option<PathBuf>,
    discover: Option<PathBuf>,
    environment: Environment,
    flags: Vec<(String, Value, Source)>,
}

/// A configuration without an error, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Loaded {
    /// The configuration.
    pub config: BusConfig,
    /// Where each of its values comes from.
    pub sources: Sources,
    /// Warnings and suggestions.
    pub report: Report,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

impl Loader {
    /// A loader that knows only the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lays the values over this preset, whatever the file and the environment say.
    #[must_use]
    pub fn preset(self, name: &str) -> Self {
        self.set("preset", name, Source::flag("--preset"))
    }

    /// Reads this file, whatever the environment says. It is an error if it is not there.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Where no file is named, reads the first that is there of `./tradebus.toml`, `$XDG_CONFIG_HOME/tradebus/config.toml`
    /// (or `~/.config/...`) and `/etc/tradebus/tradebus.toml`. It is no error if there is none.
    #[must_use]
    pub fn discover(self) -> Self {
        self.discover_from("")
    }

    /// Like [`Loader::discover`], with another directory in place of the current one.
    #[must_use]
    pub fn discover_from(mut self, directory: impl Into<PathBuf>) -> Self {
        self.discover = Some(directory.into());
        self
    }

    /// Takes the variables of tradebus out of an environment.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in variables {
            self.environment.add(&name, value);
        }
        self
    }

    /// Takes the environment of this process.
    #[must_use]
    pub fn process_environment(mut self) -> Self {
        for (name, value) in std::env::vars_os() {
            self.environment.add_os(name, value);
        }
        self
    }

    /// Sets one value over all others. Text is read as what the field holds; a later call wins over an earlier one.
    #[must_use]
    pub fn set(mut self, path: &str, value: impl Into<Value>, source: Source) -> Self {
        self.flags.push((path.to_owned(), value.into(), source));
        self
    }

    /// Reads everything and checks it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is no TOML or JSON; otherwise with everything that is wrong in any layer.
    pub fn load(self) -> Result<Loaded, ConfigError> {
        let mut checker = Checker::default();
        let path = self.path();
        let mut layers = Vec::new();
        if let Some(path) = &path {
            let mut node = file::read(path)?;
            checker.layer(&mut node);
            layers.push(node);
        }
        layers.push(self.environment.layer(&mut checker));
        layers.push(flags(self.flags, &mut checker));

        let mut loaded = finish(layers, checker, path)?;
        if loaded.config.fill_instance_id() {
            loaded.sources.0.insert("instance_id".into(), Source::Generated);
        }
        Ok(loaded)
    }

    /// The file that is to be read.
    fn path(&self) -> Option<PathBuf> {
        let named = self.file.clone().or_else(|| self.environment.file().map(Path::to_owned));
        let found = || {
            let places = self.environment.places(self.discover.as_deref()?);
            // One that is there and cannot be read is an error, not a reason to take the next.
            places.into_iter().find(|place| place.symlink_metadata().is_ok())
        };
        named.or_else(found)
    }
}

/// The flags as one layer.
fn flags(flags: Vec<(String, Value, Source)>, checker: &mut Checker) -> Node {
    let mut layer = Node::table();
    for (path, value, source) in flags {
        let Some(keys) = split(&path) else {
            checker.add(Finding::new(path, "", "the path of a setting", "is no setting"), &source);
            continue;
        };
        let leaf = match value {
            Value::String(text) => Node::text(text, &source),
            value => Node::new(value, &source),
        };
        let mut node = Node::nested(&keys, leaf);
        checker.layer(&mut node);
        layer.join(node);
    }
    layer
}

/// Takes the name of the preset out of the layers; the highest one counts.
fn preset(layers: &mut [Node]) -> Option<(Preset, Source)> {
    let mut chosen = None;
    for layer in layers {
        if let Some(node) = layer.take("preset") {
            let name = serde_json::from_value(node.value()).ok();
            chosen = name.map(|name: Preset| (name, node.source));
        }
    }
    chosen
}

/// The layers over each other, with the preset that they name below them.
fn lay_over_each_other(mut layers: Vec<Node>) -> Node {
    let mut tree = Node::table();
    if let Some((named, source)) = preset(&mut layers) {
        tree.lay_over(Node::new(show::difference_from_default(&named.config()), &Source::Preset(named)));
        tree.lay_over(Node::nested(&["preset".to_owned()], Node::new(named.name().into(), &source)));
    }
    for layer in layers {
        tree.lay_over(layer);
    }
    tree
}

/// Reads checked layers as a configuration and holds it against the rules. Generates nothing.
pub(super) fn finish(
    layers: Vec<Node>,
    mut checker: Checker,
    file: Option<PathBuf>,
) -> Result<Loaded, ConfigError> {
    let tree = lay_over_each_other(layers);
    let sources = tree.sources();
    let config: BusConfig = match serde_path_to_error::deserialize(tree.value()) {
        Ok(config) => config,
        Err(error) => {
            let path = error.path().to_string();
            let source = sources.get(&path);
            // The error itself may repeat the value, and with it a secret.
            checker.add(Finding::new(path, "", "", "cannot be read as this setting"), &source);
            return Err(ConfigError::Invalid { findings: checker.findings });
        }
    };
    let mut report = config.validate();
    for finding in report.findings_mut() {
        finding.source = Some(sources.get(&finding.path)).filter(|source| *source != Source::Default);
    }
    report.forget(&checker.wrong());
    if !(checker.findings.is_empty() && report.errors.is_empty()) {
        checker.findings.append(&mut report.errors);
        return Err(ConfigError::Invalid { findings: checker.findings });
    }
    Ok(Loaded { config, sources, report, file })
}
