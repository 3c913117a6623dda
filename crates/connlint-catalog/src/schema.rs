//! The shape of a data file, as TOML has it. What the fields mean is told by the models they become.

use std::collections::BTreeMap;

use semver::VersionReq;
use serde::Deserialize;
use toml::Spanned;

use crate::model::{AttributeTarget, Effect, Io, Mode, Role};

/// One data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(rename = "crate")]
    pub(crate) krate: CrateRow,
    #[serde(default, rename = "type")]
    pub(crate) types: Vec<TypeRow>,
    #[serde(default, rename = "alias")]
    pub(crate) aliases: Vec<AliasRow>,
    #[serde(default, rename = "trait")]
    pub(crate) traits: Vec<TraitRow>,
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<ModuleRow>,
    #[serde(default, rename = "api")]
    pub(crate) apis: Vec<ApiRow>,
    #[serde(default, rename = "attribute")]
    pub(crate) attributes: Vec<AttributeRow>,
    #[serde(default, rename = "macro")]
    pub(crate) macros: Vec<MacroRow>,
    #[serde(default, rename = "setting")]
    pub(crate) settings: Vec<SettingRow>,
    #[serde(default)]
    pub(crate) unproved: Vec<UnprovedRow>,
}

/// `[[unproved]]`: compact rows that the crate's sources cannot prove, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnprovedRow {
    pub(crate) paths: Vec<Spanned<String>>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[crate]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRow {
    pub(crate) package: String,
    pub(crate) lib: String,
    pub(crate) category: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) versions: VersionReq,
    #[serde(default)]
    pub(crate) reexports: Vec<Reexport>,
    pub(crate) state_access: Option<String>,
    pub(crate) state_setup: Option<String>,
    pub(crate) offload: Option<String>,
    pub(crate) async_form: Option<String>,
    pub(crate) async_note: Option<String>,
    #[serde(default)]
    pub(crate) host_connects: bool,
    #[serde(default)]
    pub(crate) remedies: BTreeMap<Spanned<String>, String>,
}

/// A prefix rewriting: paths below `from` are paths below `to`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reexport {
    pub(crate) from: Spanned<String>,
    pub(crate) to: String,
}

/// `[[type]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeRow {
    pub(crate) path: Spanned<String>,
    pub(crate) role: Option<Role>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    pub(crate) deref: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Spanned<String>>,
    pub(crate) item: Option<Spanned<String>>,
    pub(crate) output: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) await_effects: Vec<Effect>,
    #[serde(default)]
    pub(crate) traits: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) chain: bool,
    #[serde(default)]
    pub(crate) cheap_clone: bool,
    /// Adds to the row of the same path in another file instead of being a row of its own.
    #[serde(default)]
    pub(crate) extends: bool,
    pub(crate) versions: Option<VersionReq>,
    pub(crate) src: Option<String>,
    #[serde(default)]
    pub(crate) methods: Vec<Spanned<String>>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[alias]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AliasRow {
    pub(crate) path: Spanned<String>,
    pub(crate) target: Spanned<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[trait]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TraitRow {
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default)]
    pub(crate) traits: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) blanket: bool,
    #[serde(default)]
    pub(crate) entries: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) methods: Vec<Spanned<String>>,
    pub(crate) versions: Option<VersionReq>,
    #[serde(rename = "src")]
    _src: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[module]]`: free functions as compact rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModuleRow {
    pub(crate) path: Spanned<String>,
    pub(crate) functions: Vec<Spanned<String>>,
    pub(crate) versions: Option<VersionReq>,
}

/// `[[api]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiRow {
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default, rename = "self")]
    pub(crate) receiver: Receiver,
    #[serde(default)]
    pub(crate) params: Vec<Spanned<String>>,
    pub(crate) returns: Option<Spanned<String>>,
    pub(crate) mode: Option<Mode>,
    pub(crate) io: Option<Io>,
    #[serde(default)]
    pub(crate) effect: Vec<Effect>,
    pub(crate) resource: Option<Role>,
    #[serde(default)]
    pub(crate) callbacks: Vec<CallbackRow>,
    pub(crate) http_method: Option<String>,
    pub(crate) route: Option<RouteRow>,
    pub(crate) driver_index: Option<u16>,
    pub(crate) executor_arg: Option<u16>,
    pub(crate) versions: Option<VersionReq>,
    pub(crate) remedy: Option<String>,
    pub(crate) src: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `self = false | "value" | "ref"`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) enum Receiver {
    #[default]
    None,
    Value,
    Ref,
}

impl TryFrom<toml::Value> for Receiver {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        match &value {
            toml::Value::Boolean(false) => Ok(Self::None),
            toml::Value::String(text) if text == "value" => Ok(Self::Value),
            toml::Value::String(text) if text == "ref" => Ok(Self::Ref),
            other => Err(format!("`self` is {other}; allowed: false, \"value\", \"ref\"")),
        }
    }
}

/// An element of `callbacks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackRow {
    pub(crate) arg: ArgIndex,
    pub(crate) runs: Spanned<String>,
    #[serde(default)]
    pub(crate) future: bool,
}

/// `arg = 0 | "all"`; `None` stands for all.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) struct ArgIndex(pub(crate) Option<u16>);

impl TryFrom<toml::Value> for ArgIndex {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let index = match &value {
            toml::Value::String(text) if text == "all" => return Ok(Self(None)),
            toml::Value::Integer(index) => u16::try_from(*index).ok(),
            _ => None,
        };
        index.map(|index| Self(Some(index))).ok_or_else(|| format!("`arg` is {value}; allowed: 0, 1, … or \"all\""))
    }
}

/// `route = { path = 0, target = 1 }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteRow {
    pub(crate) path: Option<u16>,
    pub(crate) target: Option<u16>,
}

/// `[[attribute]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeRow {
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    pub(crate) on: AttributeTarget,
    pub(crate) runs: Spanned<String>,
    pub(crate) methods_with: Option<String>,
    pub(crate) http_method: Option<String>,
    pub(crate) route_name: Option<String>,
    pub(crate) versions: Option<VersionReq>,
    #[serde(rename = "src")]
    _src: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[macro]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroRow {
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default)]
    pub(crate) callbacks: Vec<CallbackRow>,
    pub(crate) returns: Option<Spanned<String>>,
    pub(crate) versions: Option<VersionReq>,
    #[serde(rename = "src")]
    _src: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[setting]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingRow {
    pub(crate) path: Spanned<String>,
    pub(crate) purpose: String,
    pub(crate) default: Option<String>,
    pub(crate) versions: Option<VersionReq>,
    pub(crate) src: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}
