//! How one call does the work of many: what to write instead of a query for each item of a loop.

#[cfg(json_schema)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Text;

/// `[[batch]]`: the batch form of calls that send a query.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRow {
    /// The calls that it is for: paths of functions, or of types and traits for all of their methods. Without it: all
    /// calls of the crate.
    #[serde(default)]
    pub(crate) calls: Vec<Text>,
    /// `reads` or `writes`: only for calls that do this.
    pub(crate) access: Option<Access>,
    /// Only for calls whose receiver or arguments have this type among their type arguments: `sqlx::Postgres`.
    pub(crate) with: Option<Text>,
    /// What to write instead, in the imperative: "bind all ids in one statement: `WHERE id = ANY($1)`".
    pub(crate) form: String,
    /// The functions that `form` names. Each has a row, so that it is known to exist.
    #[serde(default)]
    pub(crate) names: Vec<Text>,
}

/// What a query does to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It asks for data.
    Reads,
    /// It changes them.
    Writes,
}

/// The batch form of calls that send a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchModel {
    /// Name in paths of the crate that has the calls.
    pub lib: String,
    /// Canonical paths of the calls, or of what they belong to; empty: all of the crate.
    pub calls: Vec<String>,
    /// What the calls do; `None`: either.
    pub access: Option<Access>,
    /// A type that the receiver or an argument is made of, canonical path.
    pub with: Option<String>,
    /// What to write instead, in the imperative.
    pub form: String,
    /// Canonical paths of the functions that `form` names.
    pub names: Vec<String>,
}

impl BatchModel {
    /// Whether it is for a call by its canonical path; a `with` is for the caller to look at.
    pub fn is_for(&self, path: &str, access: Access) -> bool {
        let own = |call: &String| {
            path.strip_prefix(call.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let by_path = if self.calls.is_empty() {
            path.split("::").next() == Some(self.lib.as_str())
        } else {
            self.calls.iter().any(own)
        };
        by_path && self.access.is_none_or(|of| of == access)
    }
}
