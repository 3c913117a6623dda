//! The shape of what a data file says of derives: the types that they make, and builders.

#[cfg(json_schema)]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::schema::Text;

/// `makes = [{ name = "Entity", traits = ["acme_orm::EntityTrait"] }]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct MadeRow {
    /// The type's name; `{kube.kind}`: what `#[kube(kind = …)]` says.
    pub(crate) name: String,
    /// Traits that it implements; their methods are found on it.
    #[serde(default)]
    pub(crate) traits: Vec<Text>,
}

/// `builder = { name = "{}Builder", renamed_by = ["builder.name"], finish = ["build"], fallible = true }`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BuilderRow {
    /// Of a derive: the name of the type that it generates, `{}` being that of the type that it is attached to.
    pub(crate) name: Option<String>,
    /// Settings that give that type another name, from the attribute inwards: `builder.builder_type.name`.
    #[serde(default)]
    pub(crate) renamed_by: Vec<String>,
    /// The associated function of the built type that begins it. Without it, it is made by its own constructor.
    pub(crate) start: Option<String>,
    /// Of an attribute on functions: the function that `start` takes the place of.
    pub(crate) instead_of: Option<String>,
    /// The methods that finish it; all others are setters.
    pub(crate) finish: Vec<String>,
    /// Whether finishing yields a `Result`.
    #[serde(default)]
    pub(crate) fallible: bool,
}
