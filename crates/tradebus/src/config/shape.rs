//! What a field may hold, as the schema says it: the one place from which checks, the environment and the messages take it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::{BusConfig, size, tiers};
use crate::Priority;

/// The JSON Schema of a configuration, draft 2020-12.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<BusConfig>().to_value()
}

/// The schema without references, so that it can be walked.
static ROOT: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<BusConfig>().to_value()
});

/// The schema of one field.
#[derive(Clone, Copy)]
pub(super) struct Shape(&'static Map<String, Value>);

/// What kind of value a field holds.
pub(super) enum Kind {
    Any,
    /// A table of known fields.
    Table,
    /// A table of known fields whose names are tiers.
    Tiers,
    /// A table with keys of the user's choice.
    Named(Shape),
    List(Shape),
    Bool,
    Integer,
    Number,
    /// A number of bytes.
    Size,
    Text,
    Choice(Vec<&'static str>),
    /// The name or the number of a tier.
    Tier,
}

static ANY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl Shape {
    /// The whole configuration.
    pub(super) fn root() -> Self {
        Self::of(&ROOT)
    }

    fn of(schema: &'static Value) -> Self {
        Self(schema.as_object().unwrap_or(&ANY))
    }

    /// The schema of the value itself, where null is allowed beside it.
    fn present(self) -> Self {
        let null = |schema: &&Value| schema.get("type").is_some_and(|kind| kind == "null");
        let any_of = self.0.get("anyOf").and_then(Value::as_array);
        any_of
            .and_then(|any| any.iter().find(|schema| !null(schema)))
            .map_or(self, |schema| Self::of(schema).present())
    }

    fn has_type(self, name: &str) -> bool {
        match self.0.get("type") {
            Some(Value::String(one)) => one == name,
            Some(Value::Array(any)) => any.iter().any(|one| one == name),
            _ => false,
        }
    }

    fn has_format(self, format: &str) -> bool {
        self.0.get("format").is_some_and(|given| given == format)
    }

    pub(super) fn kind(self) -> Kind {
        let this = self.present();
        if this.has_format(size::FORMAT) {
            return Kind::Size;
        }
        if this.has_format(tiers::FORMAT) {
            return if this.has_type("object") { Kind::Tiers } else { Kind::Tier };
        }
        let words = this.words();
        if !words.is_empty() {
            return Kind::Choice(words);
        }
        if this.has_type("object") {
            return match this.0.get("additionalProperties") {
                Some(others) if !others.is_boolean() || others == true => Kind::Named(Self::of(others)),
                _ => Kind::Table,
            };
        }
        for (name, kind) in [
            ("boolean", Kind::Bool),
            ("integer", Kind::Integer),
            ("number", Kind::Number),
            ("string", Kind::Text),
        ] {
            if this.has_type(name) {
                return kind;
            }
        }
        match this.0.get("items") {
            Some(items) => Kind::List(Self::of(items)),
            None => Kind::Any,
        }
    }

    /// The words of a choice.
    fn words(self) -> Vec<&'static str> {
        let constant = |schema: &'static Value| schema.get("const").and_then(Value::as_str);
        if let Some(one_of) = self.0.get("oneOf").and_then(Value::as_array) {
            return one_of.iter().filter_map(constant).collect();
        }
        self.0.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Whether the field may also be null.
    pub(super) fn is_optional(self) -> bool {
        let null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
        self.has_type("null")
            || self.0.get("anyOf").and_then(Value::as_array).is_some_and(|any| any.iter().any(null))
    }

    /// Whether the field holds a secret.
    pub(super) fn is_secret(self) -> bool {
        self.0.get("writeOnly").is_some_and(|given| given == true)
    }

    /// The fields of a table.
    pub(super) fn fields(self) -> impl Iterator<Item = (&'static str, Self)> {
        let fields = self.present().0.get("properties").and_then(Value::as_object);
        fields.into_iter().flatten().map(|(key, schema)| (key.as_str(), Self::of(schema)))
    }

    /// The field of a table.
    pub(super) fn field(self, key: &str) -> Option<Self> {
        match self.kind() {
            Kind::Named(others) => Some(others),
            _ => self.present().0.get("properties")?.get(key).map(Self::of),
        }
    }

    /// The smallest and the largest number allowed.
    pub(super) fn bounds(self) -> (Option<&'static Value>, Option<&'static Value>) {
        (self.0.get("minimum"), self.0.get("maximum"))
    }

    /// What the field is for, in words.
    #[cfg(test)]
    pub(super) fn description(self) -> &'static str {
        self.0.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// What is allowed, in words.
    pub(super) fn allowed(self) -> String {
        let mut words = match self.kind() {
            Kind::Any => "any value".to_owned(),
            Kind::Table | Kind::Tiers | Kind::Named(_) => "a table".to_owned(),
            Kind::List(items) => format!("a list, each item {}", items.allowed()),
            Kind::Bool => "true or false".to_owned(),
            Kind::Integer => format!("a whole number{}", self.range(" ", ToString::to_string)),
            Kind::Number => {
                let text = |bound: &Value| bound.as_f64().unwrap_or_default().to_string();
                format!("a number{}", self.range(" ", text))
            }
            Kind::Size => {
                let text = |bound: &Value| bound.as_u64().map_or_else(|| bound.to_string(), size::text);
                format!("a number of bytes or text such as \"64MiB\"{}", self.range(", ", text))
            }
            Kind::Text => "text".to_owned(),
            Kind::Choice(words) => words.join(", "),
            Kind::Tier => {
                format!("{}, or a number from 0 to 3", Priority::ALL.map(Priority::name).join(", "))
            }
        };
        if self.is_optional() {
            words.push_str(", or nothing");
        }
        words
    }

    fn range(self, before: &str, text: impl Fn(&Value) -> String) -> String {
        let (min, max) = self.bounds();
        let mut words = String::new();
        for (bound, word) in [(min, "from "), (max, if min.is_some() { " to " } else { "up to " })] {
            if let Some(bound) = bound {
                let before = if words.is_empty() { before } else { "" };
                // Writing to a text cannot fail.
                let _ = write!(words, "{before}{word}{}", text(bound));
            }
        }
        words
    }
}
