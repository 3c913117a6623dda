//! What is known of the pools and clients that a program builds.

use connlint_facts::Span;

use crate::domain::{Choice, FunctionId};

use super::sources::Source;

/// What is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A pool.
    Pool,
    /// A client, or a connection that many share.
    Client,
    /// A physical connection of its own.
    Connection,
}

/// A value that code gives to a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A duration, in milliseconds; the longest of those that the branches of an `if` or `match` yield.
    Millis(u64),
    /// A number.
    Count(u64),
    /// A text.
    Text(String),
    /// None: the setting is switched off.
    Off,
    /// Something that the code does not show: from the environment, a file, an argument.
    Unknown,
}

/// What a setting comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effective {
    /// The code sets it here.
    Set(SettingValue, Span),
    /// Nothing sets it: the library's default in the locked version, as the catalog has it.
    Default(String),
    /// Something on the way is not understood: what, in a few words.
    Unknown(&'static str),
}

impl Effective {
    /// Whether there is certainly no limit: the default is none, or the code sets none.
    pub fn is_unbounded(&self) -> bool {
        match self {
            Self::Set(value, _) => *value == SettingValue::Off,
            Self::Default(default) => default == NO_LIMIT,
            Self::Unknown(_) => false,
        }
    }

    /// Whether the code sets it to something.
    pub fn is_set(&self) -> bool {
        matches!(self, Self::Set(value, _) if *value != SettingValue::Off)
    }

    /// The milliseconds that the code sets, if it shows them.
    pub fn millis(&self) -> Option<u64> {
        match self {
            Self::Set(SettingValue::Millis(millis), _) => Some(*millis),
            _ => None,
        }
    }

    /// The number that the code sets, or that is the library's default.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Set(SettingValue::Count(count), _) => Some(*count),
            Self::Default(default) => default.parse().ok(),
            _ => None,
        }
    }
}

/// The default that stands for "no limit".
const NO_LIMIT: &str = "none";

/// A setting of something that is built.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is for: `acquire_timeout`, `max_size`, ….
    pub purpose: String,
    /// What it comes to.
    pub effective: Effective,
    /// The method or field that sets it, canonical; `None` where the library has none.
    pub setter: Option<String>,
    /// How to set it, in the catalog's words.
    pub remedy: Option<String>,
    /// Where a value begins that the code sets and does not show: `Config::pool_size`, `env::var("POOL_SIZE")`.
    pub source: Vec<Source>,
    /// The expression of the value that the code sets.
    pub given_at: Option<Span>,
}

/// A request that is made with what was built.
#[derive(Clone, Debug)]
pub struct RequestUse {
    /// The function that makes it.
    pub function: FunctionId,
    /// The expression.
    pub span: Span,
    /// Whether the request has a limit of its own: set on it, or around the call in the same function.
    pub bounded: bool,
    /// Whether it is the opening of the connection itself, which waits for the other side.
    pub opens: bool,
    /// Whether a crate that no row describes sends it, with the client that it was given.
    pub by_other: bool,
}

/// A pool or client that the program builds.
#[derive(Clone, Debug)]
pub struct Built {
    /// The function that builds it.
    pub function: FunctionId,
    /// The expression.
    pub span: Span,
    /// The API that builds it, canonical.
    pub api: String,
    /// Its crate's name in paths.
    pub krate: String,
    /// What it is.
    pub resource: Resource,
    /// Whether nobody gets hold of it: `get(url)` of a crate that builds a client for the call, or that keeps one for all.
    pub for_one_call: bool,
    /// Its settings, by purpose.
    pub settings: Vec<Setting>,
    /// The addresses that the code shows.
    pub addresses: Vec<String>,
    /// The arms in which it is built, outermost first.
    pub choices: Vec<Choice>,
    /// What is known to be done with it, in order of body and position.
    pub uses: Vec<RequestUse>,
}

impl Built {
    /// The setting of a purpose.
    pub fn setting(&self, purpose: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.purpose == purpose)
    }
}
