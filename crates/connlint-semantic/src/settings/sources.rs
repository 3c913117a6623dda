//! Where a value begins that the code does not show: a variable of the environment, a field of the configuration, a text.

use std::fmt;

use connlint_facts::{Arg, OpId, OpKind};
use rustc_hash::FxHashSet;

use crate::infer::body::Target;
use crate::types::ty::Ty;

use super::built::SettingValue;
use super::gather::{Gather, Whose};
use super::program_values::owner_of_field;
use super::walk::{Cursor, Key, Step, Walk};

/// Values that one search looks at.
const MAX_VALUES: usize = 400;

/// Fields of one struct from which on a value is said to come from the struct.
const SEVERAL_FIELDS: usize = 2;

/// Where a value begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A text in the code. It may hold a password: [`Address`] shows the server only.
    Text(String),
    /// A call of another crate's function with a text that chooses what it yields: `env::var("DATABASE_URL")`.
    Call {
        /// The last two segments of the function.
        function: String,
        /// The text.
        argument: String,
    },
    /// A field of the workspace that nothing in the code fills, or several things do.
    Field {
        /// The name of its struct.
        owner: String,
        /// Its own.
        field: String,
    },
    /// Something that is not followed: what, in a few words.
    Unknown(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&server_of(text).unwrap_or_else(|| "a text in the code".to_owned())),
            Self::Call { function, argument } => write!(f, "{function}(\"{argument}\")"),
            Self::Field { owner, field } => write!(f, "{owner}::{field}"),
            Self::Unknown(what) => f.write_str(what),
        }
    }
}

/// The address of a server, by the values that it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Where each of them begins, in order; empty where no address was found.
    pub parts: Vec<Source>,
}

impl Address {
    /// Whether two of them that are equal name the same server: nothing in them is unknown.
    pub fn is_known(&self) -> bool {
        !self.parts.is_empty() && !self.parts.iter().any(|part| matches!(part, Source::Unknown(_)))
    }

    /// Whether texts in the code name the server, by themselves or as names of variables of the environment. A field may
    /// differ from one value of its struct to the next.
    pub fn is_written(&self) -> bool {
        let is_text = |part: &Source| matches!(part, Source::Text(_) | Source::Call { .. });
        !self.parts.is_empty() && self.parts.iter().all(is_text)
    }

    /// What names the server, without credentials and the name of the database: what two addresses of one server share.
    pub fn server(&self) -> Option<String> {
        if !self.is_known() {
            return None;
        }
        let servers: Vec<String> = self.parts.iter().filter_map(Source::server).collect();
        if let [server] = &servers[..] {
            return Some(server.clone());
        }
        let named: Vec<&Source> = self.parts.iter().filter(|part| !matches!(part, Source::Text(_))).collect();
        // The host, the user and the database of one part of the configuration.
        let owner = |part: &&Source| match part {
            Source::Field { owner, .. } => Some(owner.clone()),
            _ => None,
        };
        match &named[..] {
            [] => None,
            [one] => Some(one.to_string()),
            [first, others @ ..] if named.len() >= SEVERAL_FIELDS => {
                let whose = owner(first).filter(|_| others.iter().all(|other| owner(other) == owner(first)));
                let all = || named.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ");
                Some(whose.unwrap_or_else(all))
            }
            _ => None,
        }
    }
}

impl Source {
    fn server(&self) -> Option<String> {
        match self {
            Self::Text(text) => server_of(text),
            _ => None,
        }
    }
}

/// The scheme, host and port of an address, or the `host=` of a list of settings.
fn server_of(text: &str) -> Option<String> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        return (is_scheme && !host.is_empty()).then(|| format!("{scheme}://{host}"));
    }
    let host = text.split_whitespace().find_map(|word| word.strip_prefix("host="))?;
    Some(format!("host={host}"))
}

/// A search for where a value begins.
struct Search<'a, 'w> {
    walk: Walk<'a, 'w>,
    seen: FxHashSet<Key>,
    found: Vec<Source>,
}

impl Walk<'_, '_> {
    /// Where the texts begin that name the server of what a call builds.
    pub(super) fn address(&self, built: &Cursor) -> Address {
        let gathered = Gather::of(*self, built, Whose::All);
        let mut parts: Vec<Source> = gathered.servers.iter().flat_map(|cursor| self.sources(cursor)).collect();
        parts.sort();
        parts.dedup();
        Address { parts }
    }

    /// Where a value begins, in order.
    pub(super) fn sources(&self, cursor: &Cursor) -> Vec<Source> {
        let mut search = Search { walk: *self, seen: FxHashSet::default(), found: Vec::new() };
        search.visit(cursor);
        search.found.sort();
        search.found.dedup();
        search.found
    }
}

impl Search<'_, '_> {
    fn visit(&mut self, cursor: &Cursor) {
        if self.seen.len() > MAX_VALUES {
            return self.unknown("more values than are looked at");
        }
        if !self.seen.insert(cursor.key()) {
            return;
        }
        if let SettingValue::Text(text) = self.walk.value(cursor) {
            return self.found.push(Source::Text(text));
        }
        let data = self.walk.bodies.get(cursor.body);
        match data.kind(cursor.op) {
            OpKind::Literal(_) => {}
            OpKind::Macro { path, args, .. } => {
                let file = self.walk.tcx.defs.file_of(data.def).facts;
                let name = path.segments.last().map(|segment| file.text(segment.name)).unwrap_or_default();
                self.macro_call(cursor, name, args);
            }
            OpKind::Field { base, name } => self.field(cursor, *base, *name),
            OpKind::Call { .. } | OpKind::MethodCall { .. } if data.callees(cursor.op).next().is_none() => {
                self.foreign(cursor);
            }
            _ => self.follow(cursor),
        }
    }

    fn unknown(&mut self, what: &str) {
        self.found.push(Source::Unknown(what.to_owned()));
    }

    fn follow(&mut self, cursor: &Cursor) {
        match self.walk.step(cursor) {
            Step::From(found) => found.iter().for_each(|one| self.visit(one)),
            Step::Foreign => self.foreign(cursor),
            Step::Start => self.unknown("a value of another crate"),
            Step::Opaque(what) => self.unknown(what),
        }
    }

    /// `env!("DATABASE_URL")`; a text that is put together is made of its arguments.
    fn macro_call(&mut self, cursor: &Cursor, name: &str, args: &[Arg]) {
        let reads = matches!(name, "env" | "option_env");
        for arg in args {
            match (reads, self.walk.value(&cursor.at(arg.value))) {
                (true, SettingValue::Text(argument)) => {
                    return self.found.push(Source::Call { function: format!("{name}!"), argument });
                }
                // The text between the values is no part of where it comes from.
                (false, SettingValue::Text(text)) if text.contains('{') => {}
                _ => self.visit(&cursor.at(arg.value)),
            }
        }
        if args.is_empty() {
            self.unknown("a macro");
        }
    }

    /// What fills a field, where that is one thing; else the field itself.
    fn field(&mut self, cursor: &Cursor, base: OpId, name: connlint_facts::Sym) {
        let data = self.walk.bodies.get(cursor.body);
        let file = self.walk.tcx.defs.file_of(data.def);
        let Some(owner) = owner_of_field(self.walk.tcx, data.ty(base), file.name(name)) else {
            return self.visit(&cursor.at(base));
        };
        let mut filled = Search { walk: self.walk, seen: std::mem::take(&mut self.seen), found: Vec::new() };
        filled.follow(cursor);
        self.seen = std::mem::take(&mut filled.seen);
        filled.found.sort();
        filled.found.dedup();
        let owner = self.walk.tcx.defs.text(self.walk.tcx.defs.def(owner).name).to_owned();
        let own = Source::Field { owner, field: file.facts.text(name).to_owned() };
        match &filled.found[..] {
            [one] if !matches!(one, Source::Unknown(_)) => self.found.push(one.clone()),
            _ => self.found.push(own),
        }
    }

    /// What a function of another crate yields: by the text that it is given, else what it is called on or given.
    fn foreign(&mut self, cursor: &Cursor) {
        let data = self.walk.bodies.get(cursor.body);
        let Some(call) = data.call(cursor.op) else { return self.unknown("a call that is not resolved") };
        if let Target::Closure(..) | Target::Nothing = call.target {
            return self.follow(cursor);
        }
        let path = self.path(cursor);
        let is_std = path.starts_with("std::");
        if let Some(recv) = call.recv {
            let known = data.api(cursor.op).is_some() && !is_std;
            let chosen = if known { self.chosen_by(cursor, &call.args) } else { None };
            return match chosen {
                Some(argument) => self.found.push(Source::Call { function: last_two(&path), argument }),
                None => self.visit(&cursor.at(recv)),
            };
        }
        match self.chosen_by(cursor, &call.args) {
            // `Url::parse("postgres://…")` yields what it is given.
            Some(text) if server_of(&text).is_some() => self.found.push(Source::Text(text)),
            Some(argument) => self.found.push(Source::Call { function: last_two(&path), argument }),
            None if call.args.is_empty() => self.unknown(&format!("`{}`", last_two(&path))),
            None => call.args.iter().for_each(|&arg| self.visit(&cursor.at(arg))),
        }
    }

    /// The first text among the arguments of a call.
    fn chosen_by(&self, cursor: &Cursor, args: &[OpId]) -> Option<String> {
        args.iter().find_map(|&arg| match self.walk.value(&cursor.at(arg)) {
            SettingValue::Text(text) => Some(text),
            _ => None,
        })
    }

    /// The function that a call runs, as far as it is known.
    fn path(&self, cursor: &Cursor) -> String {
        let data = self.walk.bodies.get(cursor.body);
        if let Some((api, _)) = data.api(cursor.op) {
            return api.path.clone();
        }
        let file = self.walk.tcx.defs.file_of(data.def).facts;
        match data.kind(cursor.op) {
            OpKind::Call { callee, .. } => match (data.ty(*callee), data.kind(*callee)) {
                (Ty::ExternalFn(path, _), _) => path.to_string(),
                (_, OpKind::Path(path)) => {
                    path.segments.iter().map(|segment| file.text(segment.name)).collect::<Vec<_>>().join("::")
                }
                _ => String::new(),
            },
            OpKind::MethodCall { name, .. } => file.text(*name).to_owned(),
            _ => String::new(),
        }
    }
}

fn last_two(path: &str) -> String {
    let mut starts = path.rmatch_indices("::").map(|(at, _)| at + 2);
    starts.next();
    path.get(starts.next().unwrap_or(0)..).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(parts: &[Source]) -> Address {
        Address { parts: parts.to_vec() }
    }

    fn field(field: &str) -> Source {
        Source::Field { owner: "Database".to_owned(), field: field.to_owned() }
    }

    #[test]
    fn a_server_is_named_without_credentials_and_database() {
        assert_eq!(server_of("postgres://app:secret@db:5432/app?x=1").as_deref(), Some("postgres://db:5432"));
        assert_eq!(server_of("host=db user=app password=secret").as_deref(), Some("host=db"));
        assert_eq!(server_of("secret"), None);
        assert_eq!(server_of("sqlite://"), None);
        assert_eq!(Source::Text("secret".to_owned()).to_string(), "a text in the code");
    }

    #[test]
    fn parts_of_one_configuration_name_it() {
        assert_eq!(address(&[field("host"), field("user")]).server().as_deref(), Some("Database"));
        assert_eq!(address(&[field("url")]).server().as_deref(), Some("Database::url"));
        assert_eq!(address(&[field("url"), Source::Unknown("a macro".to_owned())]).server(), None);
        assert_eq!(address(&[]).server(), None);
    }

    #[test]
    fn functions_are_named_by_their_last_two_segments() {
        assert_eq!(last_two("std::env::var"), "env::var");
        assert_eq!(last_two("var"), "var");
    }
}
