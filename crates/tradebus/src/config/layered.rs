//! One definition for a group of settings and for the form in which only some of them are given.

/// Defines a struct of settings with its defaults, and beside it a struct of the same fields that are all optional
/// and can be laid over the first. So that bounds and descriptions stand in one place, both take the same attributes.
macro_rules! layered {
    (
        $(#[$outer:meta])*
        pub struct $name:ident, pub struct $partial:ident {
            $( $(#[$meta:meta])* $field:ident: $type:ty = $default:expr, )*
        }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[$meta])* pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $partial::deserialize(deserializer).map(|given| given.over(&Self::default()))
            }
        }

        #[doc = concat!("Some of the fields of a [`", stringify!($name), "`], to be laid over a complete one.")]
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $partial {
            $( $(#[$meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>, )*
        }

        impl $partial {
            /// Every field that is given here, the others as they are in `base`.
            fn fill(&self, base: &$name) -> $name {
                $name { $( $field: self.$field.clone().unwrap_or_else(|| base.$field.clone()), )* }
            }
        }

        impl From<$name> for $partial {
            fn from(full: $name) -> Self {
                Self { $( $field: Some(full.$field), )* }
            }
        }
    };
}

pub(super) use layered;
