//! The shape of a data file, as TOML has it. The doc comments here are what editors show of a field.

use std::{collections::BTreeMap, ops::Deref};

#[cfg(json_schema)]
use schemars::JsonSchema;
use semver::VersionReq;
use serde::Deserialize;
use toml::Spanned;

use crate::derive_schema::{BuilderRow, MadeRow};
use crate::generated_schema::GeneratedRow;
use crate::model::{AttributeTarget, Bound, Effect, Io, Mode, Role};
use crate::setting_schema::SettingRow;

/// A text with its place in the file.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
pub(crate) struct Text(Spanned<String>);

impl Deref for Text {
    type Target = Spanned<String>;

    fn deref(&self) -> &Spanned<String> {
        &self.0
    }
}

/// Versions of a package, as Cargo writes requirements: `>=0.5, <0.8`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Versions(pub(crate) VersionReq);

/// Implements the JSON schema of a type that is written as one value.
#[cfg(json_schema)]
macro_rules! value_schema {
    ($($ty:ident => $schema:tt,)*) => {$(
        impl JsonSchema for $ty {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($ty).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    )*};
}

#[cfg(json_schema)]
value_schema! {
    Text => { "type": "string" },
    Versions => { "type": "string" },
    Receiver => { "enum": [false, "ref", "value"] },
    ArgIndex => { "anyOf": [{ "type": "integer", "minimum": 0 }, { "enum": ["all", "self"] }] },
}

/// What is known of one crate: a data file of the catalog, or an entry of a project's `[[models]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CrateModels {
    /// The crate, its package and what help texts say of it.
    #[serde(rename = "crate")]
    pub(crate) krate: CrateRow,
    /// Types and what they are.
    #[serde(default, rename = "type")]
    pub(crate) types: Vec<TypeRow>,
    /// Type aliases.
    #[serde(default, rename = "alias")]
    pub(crate) aliases: Vec<AliasRow>,
    /// Traits whose methods are called, by the project or by a framework.
    #[serde(default, rename = "trait")]
    pub(crate) traits: Vec<TraitRow>,
    /// Free functions as compact rows.
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<ModuleRow>,
    /// Functions, associated functions and methods, and what they do to connections.
    #[serde(default, rename = "api")]
    pub(crate) apis: Vec<ApiRow>,
    /// Attribute macros that declare handlers, start-up or once-forms.
    #[serde(default, rename = "attribute")]
    pub(crate) attributes: Vec<AttributeRow>,
    /// Function-like macros.
    #[serde(default, rename = "macro")]
    pub(crate) macros: Vec<MacroRow>,
    /// Code that build scripts generate and macros include.
    #[serde(default)]
    pub(crate) generated: Vec<GeneratedRow>,
    /// Settings of pools and clients.
    #[serde(default, rename = "setting")]
    pub(crate) settings: Vec<SettingRow>,
    /// Batch forms of calls that send a query.
    #[serde(default, rename = "batch")]
    pub(crate) batches: Vec<crate::batch::BatchRow>,
    /// Compact rows that the crate's sources cannot show, and why.
    #[serde(default)]
    pub(crate) unproved: Vec<UnprovedRow>,
}

/// `[[unproved]]`: compact rows that the crate's sources cannot show, and why.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct UnprovedRow {
    /// The paths of the rows.
    pub(crate) paths: Vec<Text>,
    /// Why no source can show them: what generates them.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared them with the crate's source.
    pub(crate) unverified: Option<String>,
}

/// `[crate]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRow {
    /// The package, as its manifest names it.
    pub(crate) package: String,
    /// Its name in paths; without it the package's name with `_` for `-`.
    pub(crate) lib: Option<String>,
    /// `database`, `cache`, `queue`, `http`, `framework`, ….
    #[serde(default = "other")]
    pub(crate) category: String,
    /// Its name in diagnostics; without it the package's name.
    pub(crate) title: Option<String>,
    /// One line on it.
    #[serde(default)]
    pub(crate) summary: String,
    /// Versions of the package that the rows are about; without it all.
    #[serde(default)]
    pub(crate) versions: Versions,
    /// Paths that lead to other paths.
    #[serde(default)]
    pub(crate) reexports: Vec<Reexport>,
    /// How a handler of this framework gets shared state, for help texts: `State<AppState>`.
    pub(crate) state_access: Option<String>,
    /// How shared state is handed to this framework, for help texts: `.with_state(state)`.
    pub(crate) state_setup: Option<String>,
    /// How code on this framework or runtime runs blocking work, for help texts: `web::block(move || …).await?`.
    pub(crate) offload: Option<String>,
    /// What to write in async code instead of this crate's blocking calls, as a sentence.
    pub(crate) async_form: Option<String>,
    /// What this crate's blocking calls do in async code beyond blocking the thread, as a sentence.
    pub(crate) async_note: Option<String>,
    /// Code for this framework runs in a sandbox whose host makes the connections: an HTTP client has none of its own.
    #[serde(default)]
    pub(crate) host_connects: bool,
    /// The versions in which this framework runs handlers that are not async on workers of its async runtime.
    #[serde(default)]
    pub(crate) sync_on_workers: Option<Versions>,
    /// Functions that run handlers which are not async where they are called: a program that calls one decides on which
    /// thread that is.
    #[serde(default)]
    pub(crate) sync_executors: Vec<Text>,
    /// This framework serves a nested route `/` under the prefix itself, without a slash.
    #[serde(default)]
    pub(crate) bare_nested_root: bool,
    /// Why no setting says how long requests of some of its clients may take.
    pub(crate) timeout_unknown: Option<String>,
    /// Functions that only what serves calls: they bind a port or answer requests.
    #[serde(default)]
    pub(crate) serves: Vec<Text>,
    /// Its host gives a process one request at a time.
    #[serde(default)]
    pub(crate) serial: bool,
    /// Of what the rows do not describe nothing is known: it may run what it is given again and again.
    #[serde(default)]
    pub(crate) partial: bool,
    /// Methods of a request, or of what belongs to one, that hand out state of the application.
    #[serde(default)]
    pub(crate) state_getters: Vec<Text>,
    /// Functions that fail where no async runtime runs the thread.
    #[serde(default)]
    pub(crate) runtime_tests: Vec<Text>,
    /// What to write instead of an opening, by the role of what it opens.
    #[serde(default)]
    pub(crate) remedies: BTreeMap<Text, String>,
}

fn other() -> String {
    "other".to_owned()
}

impl CrateRow {
    /// Its name in paths.
    pub(crate) fn lib(&self) -> String {
        self.lib.clone().unwrap_or_else(|| self.package.replace('-', "_"))
    }
}

/// A prefix rewriting: paths below `from` are paths below `to`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Reexport {
    /// The path as code may write it.
    pub(crate) from: Text,
    /// The path that it leads to.
    pub(crate) to: String,
}

/// `[[type]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeRow {
    /// Its path, with its generic parameters: `sqlx::Pool<DB>`.
    pub(crate) path: Text,
    /// What it is.
    pub(crate) role: Option<Role>,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// The type that it dereferences to.
    pub(crate) deref: Option<Text>,
    /// Its public fields by name (tuple fields by number), and their types.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Text>,
    /// How functions run that its public fields hold, by the name of the field: `message`, `command`, ….
    #[serde(default)]
    pub(crate) runs: BTreeMap<String, Text>,
    /// What a loop over it yields.
    pub(crate) item: Option<Text>,
    /// What awaiting it yields.
    pub(crate) output: Option<Text>,
    /// What awaiting it does.
    #[serde(default)]
    pub(crate) await_effects: Vec<Effect>,
    /// Traits that it implements, with their arguments; their methods are found on it.
    #[serde(default)]
    pub(crate) traits: Vec<Text>,
    /// Whether a method that no row describes returns the type itself, as builders do.
    #[serde(default)]
    pub(crate) chain: bool,
    /// Whether cloning it is cheap and shares the resource.
    #[serde(default)]
    pub(crate) cheap_clone: bool,
    /// The type of the pools that give such connections out: `sqlx::Pool<sqlx::Postgres>`.
    pub(crate) pool: Option<Text>,
    /// What to write instead of an opening that yields it, as a sentence; without it the crate's remedy for its role.
    pub(crate) remedy: Option<String>,
    /// What to write in async code instead of blocking calls that yield it or are made on it; else the crate's form.
    pub(crate) async_form: Option<String>,
    /// Whether what is opened is a local file rather than a server's connection.
    #[serde(default)]
    pub(crate) local_file: bool,
    /// Whether it is an end of a channel inside the process: what it yields, the program itself has sent.
    #[serde(default)]
    pub(crate) own_channel: bool,
    /// Whether each command that is run on it opens a connection of its own, and closes that again.
    #[serde(default)]
    pub(crate) connects_per_command: bool,
    /// Whether a request of this type has the client that sends it: what keeps the one keeps the other.
    #[serde(default)]
    pub(crate) of_client: bool,
    /// Whether it says what a person or a deployment has changed: a loop that takes such values counts as no load.
    #[serde(default)]
    pub(crate) signal: bool,
    /// How many hold such a value at the same time, of the guard of a lock or semaphore.
    pub(crate) bounds: Option<Bound>,
    /// Adds to the row of the same path instead of being a row of its own.
    #[serde(default)]
    pub(crate) extends: bool,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    pub(crate) src: Option<String>,
    /// Methods as compact rows: `async get(&self) -> Result<acme::Conn, _> ! acquire`.
    #[serde(default)]
    pub(crate) methods: Vec<Text>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
    pub(crate) unverified: Option<String>,
}

/// `[[alias]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AliasRow {
    /// Its path, with its generic parameters.
    pub(crate) path: Text,
    /// The type that it stands for.
    pub(crate) target: Text,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) unverified: Option<String>,
}

/// `[[trait]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct TraitRow {
    /// Its path, with its generic parameters.
    pub(crate) path: Text,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// Its supertraits, and traits that whatever implements it has; their methods are found through it.
    #[serde(default)]
    pub(crate) traits: Vec<Text>,
    /// Whether it is implemented for whatever has what it asks for.
    #[serde(default)]
    pub(crate) blanket: bool,
    /// Whether its methods wait only where the stream does that they are called on.
    #[serde(default)]
    pub(crate) of_streams: bool,
    /// Whether it is implemented for futures: its parameters are the output, or the two sides of a `Result`.
    #[serde(default)]
    pub(crate) of_futures: bool,
    /// The trait whose implementation its methods call.
    pub(crate) drives: Option<Text>,
    /// Whether pools implement it as connections do: a receiver of which only this trait is known may be a pool.
    #[serde(default)]
    pub(crate) of_pools: bool,
    /// Methods of implementations that are called from outside, and how they run; `*` stands for all.
    #[serde(default)]
    pub(crate) entries: BTreeMap<String, Text>,
    /// Types that, as first argument of the trait, make an implementation a client's part instead.
    #[serde(default)]
    pub(crate) not_for: Vec<Text>,
    /// Associated types that an implementation must have for its methods to be called from outside: name and path.
    #[serde(default)]
    pub(crate) entries_with: BTreeMap<Text, Text>,
    /// The associated type whose values a pool hands out of which an implementation is the manager.
    pub(crate) pooled: Option<Text>,
    /// Methods as compact rows: `async get(&self) -> Result<acme::Conn, _> ! acquire`.
    #[serde(default)]
    pub(crate) methods: Vec<Text>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    #[serde(rename = "src")]
    _src: Option<String>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
    pub(crate) unverified: Option<String>,
}

/// `[[module]]`: free functions as compact rows.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ModuleRow {
    /// The module's path; the crate's name for its root.
    pub(crate) path: Text,
    /// Functions as compact rows: `async connect(&str) -> Result<acme::Conn, _> ! open_connection`.
    pub(crate) functions: Vec<Text>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
}

/// `[[api]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiRow {
    /// Its path: `acme_db::Pool::connect`, `acme_db::connect`.
    pub(crate) path: Text,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// How it takes `self`: `false`, `"ref"` or `"value"`.
    #[serde(default, rename = "self")]
    pub(crate) receiver: Receiver,
    /// Types of its parameters, without `self`.
    #[serde(default)]
    pub(crate) params: Vec<Text>,
    /// What it yields; of an async function what awaiting it yields.
    pub(crate) returns: Option<Text>,
    /// How it runs; without it `sync`.
    pub(crate) mode: Option<Mode>,
    /// When it does input or output.
    pub(crate) io: Option<Io>,
    /// What it does to connections.
    #[serde(default)]
    pub(crate) effect: Vec<Effect>,
    /// What an opening makes, where the effect does not imply it.
    pub(crate) resource: Option<Role>,
    /// Function values and futures among its arguments, and how they run.
    #[serde(default)]
    pub(crate) callbacks: Vec<CallbackRow>,
    /// The HTTP method that a registration stands for.
    pub(crate) http_method: Option<String>,
    /// Which arguments of a registration are its path and its target.
    pub(crate) route: Option<RouteRow>,
    /// Index, in the yielded tuple, of the future that must be polled for the connection to work.
    pub(crate) driver_index: Option<u16>,
    /// Index of the argument that is the connection or pool that it works on.
    pub(crate) executor_arg: Option<u16>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// What to write instead where an opening is on the path of requests, as a sentence.
    pub(crate) remedy: Option<String>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    pub(crate) src: Option<String>,
    /// A remark for people.
    pub(crate) note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
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
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackRow {
    /// Index of the argument, `self` not counted, `"all"`, or `"self"`.
    pub(crate) arg: ArgIndex,
    /// How it runs: `request`, `once`, `spawn`, `each_item`, ….
    pub(crate) runs: Text,
    /// Whether the argument is a future rather than a callable.
    #[serde(default)]
    pub(crate) future: bool,
}

/// `arg = 0 | "all" | "self"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub(crate) enum ArgIndex {
    One(u16),
    All,
    Receiver,
}

impl TryFrom<toml::Value> for ArgIndex {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let index = match &value {
            toml::Value::String(text) if text == "all" => Some(Self::All),
            toml::Value::String(text) if text == "self" => Some(Self::Receiver),
            toml::Value::Integer(index) => u16::try_from(*index).ok().map(Self::One),
            _ => None,
        };
        index.ok_or_else(|| format!("`arg` is {value}; allowed: 0, 1, …, \"all\" or \"self\""))
    }
}

/// `route = { path = 0, target = 1 }`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteRow {
    /// Index of the argument that is the path.
    pub(crate) path: Option<u16>,
    /// Index of the argument that holds the registration.
    pub(crate) target: Option<u16>,
}

/// `[[attribute]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeRow {
    /// Its path: `actix_web::get`.
    pub(crate) path: Text,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// What it is attached to.
    pub(crate) on: AttributeTarget,
    /// How the function, or its methods, run: `request`, `startup`, `once`, …. A derive runs nothing and goes without.
    pub(crate) runs: Option<Text>,
    /// How it runs instead where a word is among the attribute's arguments: `{ constructor = "startup" }`.
    #[serde(default)]
    pub(crate) runs_with: BTreeMap<String, Text>,
    /// On `main`: the arguments with which one thread runs the whole runtime: `{ flavor = "current_thread" }`.
    #[serde(default)]
    pub(crate) one_thread_with: BTreeMap<String, String>,
    /// On an `impl` or trait: only methods that carry one of these attributes.
    #[serde(default)]
    pub(crate) methods_with: Vec<String>,
    /// The HTTP method that it stands for.
    pub(crate) http_method: Option<String>,
    /// Name of the argument that is the HTTP method; a bare word among the arguments (`post`) is one too.
    pub(crate) method_name: Option<String>,
    /// Name of the argument that is the route; without it the first string.
    pub(crate) route_name: Option<String>,
    /// On an `impl` whose value is mounted somewhere: name of the argument that all its routes begin with.
    pub(crate) prefix_name: Option<String>,
    /// Whether it only describes a handler that something else registers.
    #[serde(default)]
    pub(crate) documents: bool,
    /// On a trait: the name of the trait that it generates for servers, `{}` being the trait's own: `{}Server`.
    pub(crate) generates: Option<String>,
    /// On a trait or type: it implements the trait for the type, each method calling that of the variant or field.
    #[serde(default)]
    pub(crate) delegates: bool,
    /// Of a derive whose traits lead to a field: the attribute that marks that field among several.
    pub(crate) field_mark: Option<String>,
    /// What it makes of a struct's only field, whose methods the struct then has. `T`: the declared type.
    pub(crate) field: Option<Text>,
    /// Of a derive: traits that it implements for the type; their methods are found on it.
    #[serde(default)]
    pub(crate) traits: Vec<Text>,
    /// Of a derive: types that it makes next to the type that it is attached to.
    #[serde(default)]
    pub(crate) makes: Vec<MadeRow>,
    /// Of a derive, or of an attribute on functions: the builder that it generates.
    pub(crate) builder: Option<BuilderRow>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    #[serde(rename = "src")]
    _src: Option<String>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
    pub(crate) unverified: Option<String>,
}

/// `[[macro]]`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroRow {
    /// Its path without `!`.
    pub(crate) path: Text,
    /// Other public paths of the same item.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// Function values among its arguments, and how they run.
    #[serde(default)]
    pub(crate) callbacks: Vec<CallbackRow>,
    /// The attribute that has the routes of the functions among its arguments.
    pub(crate) routes_by: Option<Text>,
    /// What it yields.
    pub(crate) returns: Option<Text>,
    /// Versions of the package that the row is about; without it those of the crate.
    pub(crate) versions: Option<Versions>,
    /// Where it was read: `crate-version/src/file.rs:line`.
    #[serde(rename = "src")]
    _src: Option<String>,
    /// A remark for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    /// Why no source can show it: what generates it.
    pub(crate) generated: Option<String>,
    /// Why nobody has compared it with the crate's source.
    pub(crate) unverified: Option<String>,
}
