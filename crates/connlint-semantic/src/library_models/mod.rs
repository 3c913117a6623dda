//! What a library does to connections behind its public functions, as rows of a catalog would tell it.

use connlint_catalog::{Catalog, Effect, Mode, Role};
use connlint_facts::{CrateId, Fields, ItemKind, SelfKind, Span, TargetKind, Visibility, WorkspaceFacts};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{Analyses, EffectSite, FunctionId, FunctionKind};
use crate::link::{LinkOptions, link};
use crate::names::defs::{DefId, DefKind, Defs};
use crate::names::exports::Exports;
use crate::names::locked::LockedGraph;
use crate::names::marks::span_of;
use crate::program::Program;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What a library's public items do to connections.
#[derive(Clone, Debug, Default)]
pub struct Wrappers {
    /// Types that hold a pool, a connection or a client, by path.
    pub types: Vec<WrapperType>,
    /// Functions and methods that open, acquire, begin or query, by path.
    pub functions: Vec<WrapperFn>,
}

/// A public type that holds a pool, a connection or a client.
#[derive(Clone, Debug)]
pub struct WrapperType {
    /// Its shortest public path.
    pub path: String,
    /// What it holds, and so is.
    pub role: Role,
    /// The type that it holds.
    pub holds: String,
    /// What it dereferences to, as a row writes it.
    pub deref: Option<String>,
    /// Its name.
    pub span: Span,
}

/// A public function that does something to connections.
#[derive(Clone, Debug)]
pub struct WrapperFn {
    /// Its shortest public path; of a method the type's, with its name.
    pub path: String,
    /// How it takes `self`, if it does.
    pub receiver: Option<SelfKind>,
    /// Types of its parameters without `self`, as a row writes them.
    pub params: Vec<String>,
    /// Indices of parameters that it calls.
    pub callbacks: Vec<usize>,
    /// What it yields, as a row writes it; of an async function after awaiting.
    pub returns: String,
    /// How it runs.
    pub mode: Mode,
    /// What it does, sorted.
    pub effects: Vec<Effect>,
    /// What an opening makes.
    pub resource: Option<Role>,
    /// Canonical path of the API that it calls, directly or through helpers, for its first effect.
    pub through: String,
    /// Its name.
    pub span: Span,
}

/// Calls that are followed from a public function.
const MAX_REACHED: usize = 2_000;
/// A type's text longer than this says nothing to people.
const MAX_TEXT: usize = 300;
/// Levels of fields that are followed to a held connection.
const MAX_FIELDS: usize = 3;

/// Looks through the libraries of a package.
pub fn wrappers(facts: &WorkspaceFacts, catalog: &Catalog, package: &str) -> Wrappers {
    let program = link(facts, catalog, &LinkOptions { analyses: Analyses::default(), ..LinkOptions::default() });
    let tcx = TypeContext::new(Defs::collect(&facts.crates), catalog, LockedGraph::default());
    let libraries = (0..).zip(&facts.crates);
    let libraries = libraries.filter(|(_, krate)| krate.kind == TargetKind::Lib && krate.package == package);
    let mut found = Wrappers::default();
    for (index, _) in libraries {
        let exports = Exports::of(&tcx, CrateId(index));
        Search { tcx: &tcx, exports, program: &program, by_path: by_path(&program) }.run(&mut found);
    }
    found.types.sort_by(|a, b| a.path.cmp(&b.path));
    found.types.dedup_by(|later, first| later.path == first.path);
    found.functions.sort_by(|a, b| a.path.cmp(&b.path));
    found.functions.dedup_by(|later, first| later.path == first.path);
    found
}

fn by_path(program: &Program) -> FxHashMap<&str, Vec<FunctionId>> {
    let mut by_path: FxHashMap<&str, Vec<FunctionId>> = FxHashMap::default();
    for (id, function) in (0..).map(FunctionId).zip(program.functions.iter()) {
        if function.kind == FunctionKind::Function {
            by_path.entry(function.path.as_str()).or_default().push(id);
        }
    }
    by_path
}

struct Search<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    exports: Exports,
    program: &'a Program,
    by_path: FxHashMap<&'a str, Vec<FunctionId>>,
}

impl Search<'_, '_> {
    fn run(&self, found: &mut Wrappers) {
        for (&def, path) in &self.exports.paths {
            match self.tcx.defs.def(def).kind {
                DefKind::Fn => found.functions.extend(self.function(def, path.clone())),
                DefKind::Struct | DefKind::Enum => {
                    found.types.extend(self.held_type(def, path));
                    self.methods(def, path, found);
                }
                _ => {}
            }
        }
    }

    /// The public inherent methods of a type.
    fn methods(&self, def: DefId, path: &str, found: &mut Wrappers) {
        let defs = &self.tcx.defs;
        let ty = self.tcx.adt_type(def);
        let impls = self.tcx.impls_of_type(&ty).filter(|data| data.trait_id.is_none());
        for member in impls.flat_map(|data| defs.members(data.def)) {
            let is_public = defs.item(*member).is_some_and(|item| item.visibility == Visibility::Public);
            if is_public && defs.def(*member).kind == DefKind::Fn {
                let path = format!("{path}::{}", defs.text(defs.def(*member).name));
                found.functions.extend(self.function(*member, path));
            }
        }
    }

    fn held_type(&self, def: DefId, path: &str) -> Option<WrapperType> {
        let ty = self.tcx.adt_type(def);
        let (role, holds) = self.held(&ty, 0)?;
        let deref = self.tcx.deref(&ty).map(|ty| self.text(&ty)).filter(|text| text != "_");
        Some(WrapperType { path: path.to_owned(), role, holds, deref, span: self.name_of(def)? })
    }

    /// What connection, pool or client a type is or holds in its fields.
    fn held(&self, ty: &Ty, depth: usize) -> Option<(Role, String)> {
        match ty.peel_pointers() {
            Ty::External(path, args) => {
                let role = self.tcx.role(path).unwrap_or(Role::Other);
                match role {
                    Role::Pool
                    | Role::Connection
                    | Role::PooledConnection
                    | Role::MultiplexedConnection
                    | Role::Transaction
                    | Role::Client => Some((role, path.to_string())),
                    Role::Lock | Role::Pointer | Role::Other if args.len() == 1 => self.held(&args[0], depth),
                    _ => None,
                }
            }
            Ty::Adt(def, _) if depth < MAX_FIELDS => {
                let Some(ItemKind::Struct { fields, .. }) = self.tcx.defs.item(*def).map(|item| &item.kind) else {
                    return None;
                };
                let (Fields::Named(fields) | Fields::Tuple(fields)) = fields else { return None };
                let scope = self.tcx.scope_of(*def);
                fields.iter().find_map(|field| self.held(&self.tcx.lower(&scope, &field.ty), depth + 1))
            }
            _ => None,
        }
    }

    fn function(&self, def: DefId, path: String) -> Option<WrapperFn> {
        let item = self.tcx.defs.item(def)?;
        let declared = self.tcx.defs.fn_item(def)?;
        let span = self.name_of(def)?;
        let candidates = self.by_path.get(self.tcx.defs.path(def).as_str())?;
        let within = |id: &&FunctionId| {
            let function = self.program.function(**id);
            function.span.file == span.file && item.range.contains(function.span.range)
        };
        let sites = self.sites(*candidates.iter().find(within)?);
        let first = *sites.first()?;
        let signature = self.tcx.signature(def)?;
        let (is_async, returns) = match &signature.ret {
            Ty::Future(output) => (true, &**output),
            other => (declared.is_async, other),
        };
        let blocks = |site: &&EffectSite| {
            let model = self.tcx.catalog.api(&site.api, None);
            model.is_some_and(|api| api.mode == Mode::Blocking)
        };
        let mode = match is_async {
            true => Mode::Async,
            false if sites.iter().any(blocks) => Mode::Blocking,
            false => Mode::Sync,
        };
        let mut effects: Vec<Effect> = sites.iter().map(|site| site.effect).collect();
        effects.sort();
        effects.dedup();
        let opening = sites.iter().find(|site| site.effect.is_opening());
        let callable = |(index, ty): (usize, &Ty)| matches!(ty, Ty::Callable(..)).then_some(index);
        Some(WrapperFn {
            path,
            receiver: declared.self_param.as_ref().map(|param| param.kind),
            params: signature.params.iter().map(|ty| self.text(ty)).collect(),
            callbacks: signature.params.iter().enumerate().filter_map(callable).collect(),
            returns: self.text(returns),
            mode,
            effects,
            resource: opening.map(|site| site.resource),
            through: opening.copied().unwrap_or(first).api.clone(),
            span,
        })
    }

    /// What a function does each time that it runs, through its helpers.
    fn sites(&self, function: FunctionId) -> Vec<&EffectSite> {
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue = vec![function];
        while let Some(id) = queue.pop() {
            if seen.len() > MAX_REACHED || !seen.insert(id) {
                continue;
            }
            queue.extend(self.program.calls_of(id).filter(|call| call.shared.is_none()).map(|call| call.to));
        }
        let sites = self.program.sites.iter().filter(|site| seen.contains(&site.function) && site.shared.is_none());
        sites.filter(|site| is_told(site.effect)).collect()
    }

    fn name_of(&self, def: DefId) -> Option<Span> {
        Some(span_of(self.tcx, def, self.tcx.defs.item(def)?.name_range))
    }

    /// A type as a row writes it; `_` for what other crates cannot name.
    fn text(&self, ty: &Ty) -> String {
        let text = self.text_at(ty, 0);
        if text.len() > MAX_TEXT { "_".to_owned() } else { text }
    }

    fn text_at(&self, ty: &Ty, depth: usize) -> String {
        if depth > 6 {
            return "_".to_owned();
        }
        let list = |types: &[Ty]| types.iter().map(|ty| self.text_at(ty, depth + 1)).collect::<Vec<_>>().join(", ");
        match ty {
            Ty::Prim(name) => self.tcx.defs.text(*name).to_owned(),
            Ty::Adt(def, _) => self.exports.paths.get(def).cloned().unwrap_or_else(|| "_".to_owned()),
            Ty::External(path, args) if is_nameable(path) => {
                if args.is_empty() {
                    path.to_string()
                } else {
                    format!("{path}<{}>", list(args))
                }
            }
            Ty::Ref(inner) => format!("&{}", self.text_at(inner, depth + 1)),
            Ty::Tuple(parts) if parts.len() == 1 => format!("({},)", list(parts)),
            Ty::Tuple(parts) => format!("({})", list(parts)),
            Ty::Slice(inner) => format!("[{}]", self.text_at(inner, depth + 1)),
            Ty::Future(inner) => format!("Future<{}>", self.text_at(inner, depth + 1)),
            Ty::Callable(params, ret) => format!("Fn({}) -> {}", list(params), self.text_at(ret, depth + 1)),
            _ => "_".to_owned(),
        }
    }
}

/// Whether a path can be written in a row.
fn is_nameable(path: &str) -> bool {
    path.contains("::") && path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// Effects that a caller must know of.
fn is_told(effect: Effect) -> bool {
    effect.is_opening() || matches!(effect, Effect::Acquire | Effect::Begin | Effect::Query | Effect::Leak)
}
