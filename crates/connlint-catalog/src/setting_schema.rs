//! The shape of a setting in a data file, as TOML has it.

#[cfg(json_schema)]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::schema::{Text, Versions};

/// `[[setting]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingRow {
    /// Path of the method or field that sets it.
    pub(crate) path: Text,
    /// `max_size`, `acquire_timeout`, `request_timeout`, `per_target`, ….
    pub(crate) purpose: String,
    /// The default as text: `10`, `30 s`, `none`.
    pub(crate) default: Option<String>,
    /// The types of the pools, clients and connections whose default it is where nothing sets it.
    #[serde(default)]
    pub(crate) of: Vec<Text>,
    /// It sets nothing: the default is what there is. The path is of a function that is subject to it.
    #[serde(default)]
    pub(crate) fixed: bool,
    /// It is set for one request, command or call rather than for all.
    #[serde(default)]
    pub(crate) per_request: bool,
    /// Calling it switches the setting off.
    #[serde(default)]
    pub(crate) off: bool,
    /// The parameter of an address that sets the same: `connect_timeout` of `?connect_timeout=5`.
    pub(crate) url: Option<String>,
    /// How to set it, for help texts: an imperative sentence without a full stop.
    pub(crate) remedy: Option<String>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    pub(crate) src: Option<String>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
    pub(crate) unverified: Option<String>,
}
