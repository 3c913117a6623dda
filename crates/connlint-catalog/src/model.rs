//! The knowledge itself: what a third-party type is and what a third-party function does.
//!
//! All paths are canonical: one item has one path (`sqlx::Pool`), its other public paths (`sqlx::PgPool`,
//! `sqlx::pool::Pool`) are aliases that lead to it.

use std::collections::BTreeMap;

use semver::VersionReq;
use serde::{Deserialize, Serialize};

pub use crate::attribute_model::{AttributeModel, AttributeTarget, BuilderModel, MadeType};
pub use crate::effect::Effect;

/// A type as the data writes it, names resolved to canonical paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeExpr {
    /// A named type with its arguments: `core::result::Result<T, E>`.
    Path {
        /// Canonical path.
        path: String,
        /// Type arguments.
        args: Vec<TypeExpr>,
    },
    /// `&T`, `&mut T`.
    Ref(Box<TypeExpr>),
    /// `(A, B)`; unit has no elements.
    Tuple(Vec<TypeExpr>),
    /// `[T]`, `[T; N]`.
    Slice(Box<TypeExpr>),
    /// A callable: `Fn(A, B) -> C`, `FnMut…`, `FnOnce…`, `fn(…)`; `async Fn` and `Fn(…) -> impl Future<Output = C>` have
    /// `core::future::Future<C>` as return type.
    Fn {
        /// Parameter types.
        params: Vec<TypeExpr>,
        /// Return type.
        ret: Box<TypeExpr>,
    },
    /// A generic parameter, by its index in [`ApiModel::generics`] or [`TypeModel::generics`].
    Param(u16),
    /// `Self`: the receiver's type in a trait's method.
    SelfType,
    /// Not known.
    Unknown,
}

/// What an opening makes or a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(json_schema, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A pool.
    Pool,
    /// The settings or builder of a pool.
    PoolConfig,
    /// A connection taken from a pool; returned on drop.
    PooledConnection,
    /// A physical connection of its own.
    Connection,
    /// A handle that multiplexes one or more connections and is cheap to clone.
    MultiplexedConnection,
    /// The settings or builder of a connection.
    ConnectionConfig,
    /// A transaction.
    Transaction,
    /// A client that owns a pool or connections.
    Client,
    /// The settings or builder of a client.
    ClientConfig,
    /// A request or statement that is being built.
    Request,
    /// What a pool calls to open its connections.
    PoolManager,
    /// A future that drives a connection.
    Driver,
    /// A wrapper that hands shared state to handlers (`web::Data<T>`, `State<T>`, `Extension<T>`).
    StateWrapper,
    /// A router, application or other holder of registrations.
    Router,
    /// A cell that is filled once (`OnceCell`, `LazyLock`).
    OnceCell,
    /// A map or cache.
    Map,
    /// A lock (`Mutex`, `RwLock`).
    Lock,
    /// A guard of a lock.
    LockGuard,
    /// A channel's end, a listener, a ticker: something whose items or ticks a loop waits for.
    Source,
    /// A smart pointer that is transparent to resolution (`Arc`, `Box`).
    Pointer,
    /// A value of one of its type arguments (`Either`).
    Carrier,
    /// Anything else.
    Other,
}

impl Role {
    /// Whether it is what a pool, a connection or a client is made by.
    pub fn is_configuration(self) -> bool {
        matches!(self, Self::PoolConfig | Self::ConnectionConfig | Self::ClientConfig)
    }

    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::PoolConfig => "pool-config",
            Self::PooledConnection => "pooled-connection",
            Self::Connection => "connection",
            Self::MultiplexedConnection => "multiplexed-connection",
            Self::ConnectionConfig => "connection-config",
            Self::Transaction => "transaction",
            Self::Client => "client",
            Self::ClientConfig => "client-config",
            Self::Request => "request",
            Self::PoolManager => "pool-manager",
            Self::Driver => "driver",
            Self::StateWrapper => "state-wrapper",
            Self::Router => "router",
            Self::OnceCell => "once-cell",
            Self::Map => "map",
            Self::Lock => "lock",
            Self::LockGuard => "lock-guard",
            Self::Source => "source",
            Self::Pointer => "pointer",
            Self::Carrier => "carrier",
            Self::Other => "other",
        }
    }
}

/// How a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(json_schema, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Its result must be awaited (it is an `async fn` or returns a future).
    Async,
    /// A plain call that may block on input or output.
    Blocking,
    /// A plain call that does not block.
    Sync,
}

/// When input or output happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(json_schema, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Io {
    /// Before the function yields.
    Eager,
    /// At first use.
    Lazy,
    /// In tasks or threads that it starts.
    Background,
}

/// How often, and where, a function value runs that is handed to an API or declared to a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Runs {
    /// Once for each request: a handler.
    Request,
    /// Once for each request: middleware.
    Middleware,
    /// Once for each request of a handler that names it: an extractor or guard.
    Extractor,
    /// Once for each RPC.
    Rpc,
    /// Once for each resolved field.
    Resolver,
    /// Once for each accepted connection.
    Connection,
    /// Once for each message, event or job.
    Message,
    /// Once for each bot or desktop command.
    Command,
    /// On a schedule.
    Schedule,
    /// Once for each websocket or other session, for as long as that lasts.
    Session,
    /// Once, at start-up.
    Startup,
    /// Once in each worker thread.
    Worker,
    /// It is a value that holds other registrations.
    Router,
    /// It is an object built once, whose methods run for each request.
    Service,
    /// At most once for the holder (see [`OnceScope`]).
    Once(OnceScope),
    /// By a pool, to open its connections.
    PoolFactory,
    /// By a pool, on each new or recycled connection.
    PoolHook,
    /// In a task of its own, once.
    Spawn,
    /// In a thread of its own, once.
    Thread,
    /// Where blocking is allowed; the caller waits for it.
    Blocking,
    /// Once for each item of a collection or stream.
    EachItem,
    /// Again until it succeeds, a bounded or growing-delay retry.
    Retry,
    /// In place, at most once or once.
    Now,
    /// Inside a transaction that is ended by the callee.
    InTransaction,
    /// Never on the path of requests (a destructor hook, a test's hook).
    Never,
}

/// For what a once-form runs its argument once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OnceScope {
    /// For the process.
    Process,
    /// For the process, a few times in a race.
    Racy,
    /// For each key.
    Key,
    /// For the value that holds the cell.
    Owner,
    /// For each thread.
    Thread,
}

/// A function value among an API's arguments, or the value that it is called on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The argument's index, the receiver not counted; `None`: every argument (macros such as `routes!`).
    pub arg: Option<u16>,
    /// How it runs.
    pub runs: Runs,
    /// Whether the argument is a future rather than a callable (`spawn(async { … })`, `get_with(key, async { … })`).
    pub is_future: bool,
    /// Whether it is the value that the method is called on (`handler.serve(…)`); `arg` is then no argument's.
    pub is_receiver: bool,
}

/// How a registration names its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteArg {
    /// Index of the argument that is the path, if there is one.
    pub path: Option<u16>,
    /// Whether the path is the value that the method is called on: `"/items".get(list)`.
    pub path_is_receiver: bool,
    /// Index of the argument that holds the registration (a method router, a nested router); `None`: the receiver.
    pub target: Option<u16>,
}

/// A function, associated function or method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiModel {
    /// Canonical path: `sqlx::Pool::connect`, `reqwest::get`, `core::option::Option::map`.
    pub path: String,
    /// The package whose version decides whether the row applies.
    pub package: String,
    /// Versions that have it in this form.
    pub versions: VersionReq,
    /// Names of generic parameters: those of the type first, then its own.
    pub generics: Vec<String>,
    /// How many of them are the type's.
    pub type_generics: u16,
    /// Whether it takes `self`.
    pub takes_self: bool,
    /// Whether it takes `self` by value, and so consumes it.
    pub consumes_self: bool,
    /// Parameter types without `self`; shorter than the real list where they are not known.
    pub params: Vec<TypeExpr>,
    /// What calling it yields: for [`Mode::Async`] what awaiting the call yields.
    pub returns: TypeExpr,
    /// How it runs.
    pub mode: Mode,
    /// When it does input or output.
    pub io: Option<Io>,
    /// What it does.
    pub effects: Vec<Effect>,
    /// What an opening makes.
    pub resource: Option<Role>,
    /// Function values among its arguments.
    pub callbacks: Vec<Callback>,
    /// HTTP method that a registration stands for: `GET`.
    pub http_method: Option<String>,
    /// How a registration names its route.
    pub route: Option<RouteArg>,
    /// Index in the yielded tuple of the future that must be polled, for [`Effect::DriverFuture`].
    pub driver_index: Option<u16>,
    /// Which argument (`0`, `1`, …) is the connection or executor that it works on, receiver apart.
    pub executor_arg: Option<u16>,
    /// What to write instead where an opening is on the path of requests, as a sentence.
    pub remedy: Option<String>,
    /// Where it was read: crate-version/file:line.
    pub source: Option<String>,
    /// Remarks for people.
    pub note: Option<String>,
}

impl ApiModel {
    /// Whether it stands for whatever function of its name a package without rows has.
    pub fn is_guess(&self) -> bool {
        self.package.is_empty()
    }

    /// Whether it runs one of the callables or futures that it takes in such a way.
    pub fn runs_any(&self, runs: Runs) -> bool {
        self.callbacks.iter().any(|callback| callback.runs == runs)
    }
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeModel {
    /// Canonical path, without generics.
    pub path: String,
    /// The package whose version decides whether the row applies.
    pub package: String,
    /// Versions that have it.
    pub versions: VersionReq,
    /// Names of its generic parameters.
    pub generics: Vec<String>,
    /// What it is.
    pub role: Role,
    /// What it dereferences to.
    pub deref: Option<TypeExpr>,
    /// Public fields, tuple fields as decimal digits.
    pub fields: Vec<(String, TypeExpr)>,
    /// How functions run that its public fields hold, by the name of the field.
    pub runs: Vec<(String, Runs)>,
    /// What a loop over it yields.
    pub item: Option<TypeExpr>,
    /// What awaiting it yields.
    pub output: Option<TypeExpr>,
    /// Effects of awaiting it (`IntoFuture` builders).
    pub await_effects: Vec<Effect>,
    /// Traits that it implements, canonical paths; their methods are found on it.
    pub traits: Vec<String>,
    /// The same with their arguments, in terms of this type's generic parameters: `futures::StreamExt<redis::Msg>`.
    pub trait_args: Vec<TypeExpr>,
    /// Whether a method that no row describes returns the type itself (builders, routers).
    pub chain: bool,
    /// Whether cloning it is cheap and shares the resource.
    pub cheap_clone: bool,
    /// The type of the pools that give such connections out.
    pub pool: Option<TypeExpr>,
    /// What to write instead of an opening that yields it, as a sentence; without it the crate's remedy for its role.
    pub remedy: Option<String>,
    /// What to write in async code instead of blocking calls that yield it or are made on it; else the crate's form.
    pub async_form: Option<String>,
    /// Whether what is opened is a local file rather than a server's connection.
    pub local_file: bool,
    /// Whether it is an end of a channel inside the process: what it yields, the program itself has sent.
    pub own_channel: bool,
    /// Whether each command that is run on it opens a connection of its own, and closes that again.
    pub connects_per_command: bool,
    /// Whether a request of this type has the client that sends it: what keeps the one keeps the other.
    pub of_client: bool,
    /// Whether it says what a person or a deployment has changed: a loop that takes such values counts as no load.
    pub signal: bool,
    /// How many hold such a value at the same time, of a guard.
    pub bounds: Option<Bound>,
    /// Where it was read.
    pub source: Option<String>,
}

/// How many code paths hold the guard of a lock or semaphore at the same time. The guard of a lock for reading bounds
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(json_schema, derive(schemars::JsonSchema))]
pub enum Bound {
    /// As many as a semaphore has permits.
    Permits,
    /// One.
    OneAtATime,
}

/// Another name of a type, perhaps with arguments filled in: `sqlx::PgPool` for `sqlx::Pool<sqlx::Postgres>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasModel {
    /// The path that code writes, without generics.
    pub path: String,
    /// Names of its generic parameters.
    pub generics: Vec<String>,
    /// What it stands for.
    pub target: TypeExpr,
}

/// A trait whose implementations in the analysed project matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitModel {
    /// Canonical path.
    pub path: String,
    /// The package whose version decides whether the row applies.
    pub package: String,
    /// Versions that have it.
    pub versions: VersionReq,
    /// Names of its generic parameters.
    pub generics: Vec<String>,
    /// Traits whose methods are found through it, canonical paths.
    pub supertraits: Vec<String>,
    /// Whether its methods are found on every type once it is imported (`RunQueryDsl`, `StreamExt`).
    pub blanket: bool,
    /// Whether its methods wait only where the stream does that they are called on (`StreamExt`).
    pub of_streams: bool,
    /// Whether it is implemented for futures: its parameters are the output, or the two sides of a `Result`.
    pub of_futures: bool,
    /// The trait whose implementation its methods call: `futures::Stream` of `StreamExt`, canonical path.
    pub drives: Option<String>,
    /// Whether pools implement it as connections do: a receiver of which only this trait is known may be a pool.
    pub of_pools: bool,
    /// Methods whose implementations are called from outside, and how; `*` stands for all.
    pub entries: Vec<(String, Runs)>,
    /// Types that, as first argument of the trait, make an implementation a client's part and no entry point.
    pub not_for: Vec<String>,
    /// Associated types, as name and canonical path, with which an implementation is called from outside. One without them
    /// is called by the methods that the trait itself has.
    pub entries_with: Vec<(String, String)>,
    /// The associated type whose values a pool hands out of which an implementation is the manager.
    pub pooled: Option<String>,
}

/// A function-like macro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroModel {
    /// Canonical path without `!`: `rocket::routes`, `sqlx::query`.
    pub path: String,
    /// The package whose version decides whether the row applies.
    pub package: String,
    /// Versions that have it.
    pub versions: VersionReq,
    /// What it yields.
    pub returns: TypeExpr,
    /// Function values among its arguments.
    pub callbacks: Vec<Callback>,
    /// The attribute that has the routes of the functions among its arguments, canonical path.
    pub routes_by: Option<String>,
}

/// Modules that a build script generates and a macro includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedModel {
    /// Canonical path below which the rows of what is generated lie.
    pub path: String,
    /// Name of the macro that includes it.
    pub macro_name: String,
    /// What the names of the generated modules end in.
    pub modules: Vec<String>,
    /// The clients of the services.
    pub client: Option<GeneratedClient>,
    /// Type of the parameter by which a method of a service's trait is recognised, canonical path.
    pub request: Option<String>,
}

/// What generated clients are called, and what stands for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedClient {
    /// What the names of their modules end in.
    pub module: String,
    /// What their names end in.
    pub name: String,
    /// Canonical path of the one type that stands for each of them.
    pub path: String,
}

impl GeneratedModel {
    /// Whether a module of this name is generated.
    pub fn has_module(&self, name: &str) -> bool {
        self.modules.iter().any(|suffix| name.ends_with(suffix.as_str()))
    }

    /// The type that stands for the client `base::name`.
    pub fn client(&self, base: &str, name: &str) -> Option<&str> {
        let client = self.client_named(name)?;
        let module = base.strip_prefix(self.path.as_str())?.strip_prefix("::")?;
        module.ends_with(client.module.as_str()).then_some(client.path.as_str())
    }

    /// The type that stands for a client `base::name` that another crate has generated: `users_client::UsersClient`.
    pub fn client_elsewhere(&self, base: &str, name: &str) -> Option<&str> {
        let client = self.client_named(name)?;
        let module = base.rsplit("::").next().filter(|module| module.ends_with(client.module.as_str()))?;
        name.eq_ignore_ascii_case(&module.replace('_', "")).then_some(client.path.as_str())
    }

    /// The clients, if one may have such a name: of each path of a program this is asked, and few end so.
    fn client_named(&self, name: &str) -> Option<&GeneratedClient> {
        self.client.as_ref().filter(|client| name.ends_with(client.name.as_str()))
    }

    /// The library that what is generated needs.
    pub fn lib(&self) -> &str {
        self.path.split("::").next().unwrap_or(&self.path)
    }
}

/// A setting of a pool or client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingModel {
    /// Canonical path of the method or field that sets it.
    pub path: String,
    /// The package whose version decides whether the row applies.
    pub package: String,
    /// Versions in which the default is this.
    pub versions: VersionReq,
    /// `max_size`, `min_size`, `acquire_timeout`, `connect_timeout`, `request_timeout`, `idle_timeout`, `max_lifetime`, ….
    pub purpose: String,
    /// The default as text (`10`, `30 s`, `none`), or `None` where it is not known.
    pub default: Option<String>,
    /// The types, canonical paths, of the pools, clients and connections whose default it is where nothing sets it.
    pub of: Vec<String>,
    /// It sets nothing: the default is what there is. The path is of a function that is subject to it.
    pub fixed: bool,
    /// It is set for one request, command or call rather than for all.
    pub per_request: bool,
    /// Calling it switches the setting off.
    pub off: bool,
    /// The parameter of an address that sets the same.
    pub url: Option<String>,
    /// How to set it, for help texts.
    pub remedy: Option<String>,
    /// Where it was read.
    pub source: Option<String>,
}

/// One crate that the catalog describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrateModel {
    /// The package.
    pub package: String,
    /// Its name in paths.
    pub lib: String,
    /// `database`, `cache`, `http`, `framework`, `std`, ….
    pub category: String,
    /// Versions of the package that its rows are about, unless they say otherwise.
    pub versions: VersionReq,
    /// One line on it.
    pub summary: String,
    /// Words that name it in diagnostics: `sqlx`, `Diesel`.
    pub title: String,
    /// How a handler of this framework gets shared state, for help texts: `State<AppState>`.
    pub state_access: Option<String>,
    /// How shared state is handed to this framework, for help texts: `.with_state(state)`.
    pub state_setup: Option<String>,
    /// How code on this framework or runtime runs blocking work, for help texts: `web::block(move || …).await?`.
    pub offload: Option<String>,
    /// What to write in async code instead of this crate's blocking calls, as a sentence.
    pub async_form: Option<String>,
    /// What this crate's blocking calls do in async code beyond blocking the thread, as a sentence.
    pub async_note: Option<String>,
    /// Code for this framework runs in a sandbox whose host makes the connections: an HTTP client has none of its own.
    pub host_connects: bool,
    /// The versions in which this framework runs handlers that are not async on workers of its async runtime.
    pub sync_on_workers: Option<VersionReq>,
    /// Functions that run handlers which are not async where they are called, canonical paths: a program that calls one
    /// decides on which thread that is.
    pub sync_executors: Vec<String>,
    /// Whether this framework serves a nested route `/` under the prefix itself, without a slash.
    pub bare_nested_root: bool,
    /// Why no setting says how long requests of some of its clients may take.
    pub timeout_unknown: Option<String>,
    /// Functions that only what serves calls, canonical paths: they bind a port or answer requests.
    pub serves: Vec<String>,
    /// Its host gives a process one request at a time.
    pub serial: bool,
    /// Of what its rows do not describe nothing is known: it may run what it is given again and again.
    pub partial: bool,
    /// Methods of a request, or of what belongs to one, that hand out state of the application, canonical paths.
    pub state_getters: Vec<String>,
    /// Functions that fail where no async runtime runs the thread, canonical paths.
    pub runtime_tests: Vec<String>,
    /// What to write instead of an opening of this driver, by role: e.g. `take a connection from a shared `PgPool``.
    pub remedies: Vec<(Role, String)>,
}

impl CrateModel {
    /// What to write instead of an opening that makes something of this role.
    pub fn remedy(&self, role: Role) -> Option<&str> {
        self.remedies.iter().find(|(of, _)| *of == role).map(|(_, text)| text.as_str())
    }

    /// Whether it is the standard library or an async runtime: what waits there may wait for another task only.
    pub fn is_of_runtime(&self) -> bool {
        matches!(&*self.category, "std" | "runtime")
    }
}

/// Why a row cannot be proved from the crate's sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unproved {
    /// The code is generated (by a macro, a build script): the reason says by what.
    Generated(String),
    /// Something else is in the way.
    Unverified(String),
}

/// What the data say of rows that cannot be proved, by canonical path.
pub(crate) type Marks = BTreeMap<String, Unproved>;
