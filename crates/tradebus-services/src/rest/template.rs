//! Templates: text with places for parameters, `{name}`, or `{name?}` where the parameter may be missing.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tradebus::ServiceError;

/// Text with places for parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place { name: String, optional: bool },
}

impl Template {
    /// Reads a template. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(start) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(start);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let inside = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((place, behind)) = inside else {
                return Err(format!(
                    "`{text}` has a brace without its partner: places are written {{name}} or {{name?}}"
                ));
            };
            pieces.push(place_of(place, text)?);
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The parameters that it has places for.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Place { name, .. } => Some(&name[..]),
            Piece::Text(_) => None,
        })
    }

    /// The value of the parameter, if the template is nothing but the place for it; `None` inside if it may be missing and is.
    pub(super) fn whole<'a>(
        &self,
        params: &'a Map<String, Value>,
    ) -> Option<Result<Option<&'a Value>, ServiceError>> {
        let [Piece::Place { name, optional }] = &self.0[..] else { return None };
        Some(value_of(params, name, *optional))
    }

    /// The text with the parameters in it; `None` if one of them may be missing and is.
    pub(super) fn fill(&self, params: &Map<String, Value>) -> Result<Option<String>, ServiceError> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Place { name, optional } => match value_of(params, name, *optional)? {
                    Some(value) => text.push_str(&as_text(name, value)?),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(text))
    }
}

fn place_of(place: &str, text: &str) -> Result<Piece, String> {
    let (name, optional) = place.strip_suffix('?').map_or((place, false), |name| (name, true));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!("`{{{place}}}` in `{text}` is no place: names have letters, digits and _"));
    }
    Ok(Piece::Place { name: name.to_owned(), optional })
}

fn value_of<'a>(
    params: &'a Map<String, Value>,
    name: &str,
    optional: bool,
) -> Result<Option<&'a Value>, ServiceError> {
    match params.get(name).filter(|value| !value.is_null()) {
        Some(value) => Ok(Some(value)),
        None if optional => Ok(None),
        None => Err(ServiceError::bad_request(format!("`{name}` is missing"))),
    }
}

/// A parameter as text, in a path or a query.
pub(super) fn as_text(name: &str, value: &Value) -> Result<String, ServiceError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(ServiceError::bad_request(format!("`{name}` must be a text, a number, true or false"))),
    }
}

/// JSON whose texts are templates.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonTemplate {
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
    Fixed(Value),
}

impl JsonTemplate {
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Template::parse(text)?),
            Value::Array(items) => Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| Ok((name.clone(), Self::parse(value)?));
                Self::Object(fields.iter().map(field).collect::<Result<_, String>>()?)
            }
            fixed => Self::Fixed(fixed.clone()),
        })
    }

    pub(super) fn names(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Text(template) => names.extend(template.names().map(str::to_owned)),
            Self::List(items) => items.iter().for_each(|item| item.names(names)),
            Self::Object(fields) => fields.iter().for_each(|(_, field)| field.names(names)),
            Self::Fixed(_) => {}
        }
    }

    /// The JSON with the parameters in it, as they are where they are all of a text; `None` if it has a place for one that may be missing and is.
    pub(super) fn fill(&self, params: &Map<String, Value>) -> Result<Option<Value>, ServiceError> {
        Ok(match self {
            Self::Text(template) => match template.whole(params) {
                Some(whole) => whole?.cloned(),
                None => template.fill(params)?.map(Value::String),
            },
            Self::List(items) => {
                let items: Result<Vec<Option<Value>>, _> =
                    items.iter().map(|item| item.fill(params)).collect();
                Some(Value::Array(items?.into_iter().flatten().collect()))
            }
            Self::Object(fields) => {
                let mut object = Map::new();
                for (name, field) in fields {
                    if let Some(value) = field.fill(params)? {
                        object.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(object))
            }
            Self::Fixed(value) => Some(value.clone()),
        })
    }
}
