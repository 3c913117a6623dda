//! Code that nobody has read: crates that no row of the catalog describes, and which calls lead there.

use connlint_facts::{CrateId, Literal, OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::call_graph::build::CallGraphBuilder;
use crate::domain::EntryPoint;
use crate::infer::bodies::{Bodies, BodyData, BodyIx, crate_of};
use crate::infer::body::Target;
use crate::infer::trace_back::{Steps, trace_back, trace_until};
use crate::names::marks::crate_of_def;
use crate::types::context::TypeContext;
use crate::types::ty::{TraitId, Ty};

/// The first segment of a path, if it is a crate that is neither the standard library nor described by the catalog.
fn unread_crate<'p>(tcx: &TypeContext<'_>, path: &'p str) -> Option<&'p str> {
    let krate = path.split("::").next()?;
    let is_read =
        matches!(krate, "std" | "core" | "alloc" | "slice" | "str" | "derive") || tcx.catalog.describes_crate(krate);
    (!is_read && path.contains("::")).then_some(krate)
}

/// The crate of a type that nobody has read, behind references and pointers; of a trait object its trait's.
pub(super) fn unread_type<'t>(tcx: &TypeContext<'_>, ty: &'t Ty) -> Option<&'t str> {
    match ty.peel_pointers() {
        Ty::External(path, _) => unread_crate(tcx, path),
        Ty::Bounds(bounds) => bounds.iter().find_map(|bound| unread_trait(tcx, &bound.head)),
        _ => None,
    }
}

pub(super) fn unread_trait<'t>(tcx: &TypeContext<'_>, head: &'t TraitId) -> Option<&'t str> {
    match head {
        TraitId::External(path) => unread_crate(tcx, path),
        TraitId::Def(_) => None,
    }
}

/// What a call that no row describes is made on.
#[derive(Clone, Debug)]
pub(super) struct Taker {
    /// The crate that it leads to, by its name in paths.
    pub(super) krate: String,
    /// The type at the start of the chain, where it is known.
    pub(super) ty: Option<Ty>,
}

/// The crate that a call leads to: by the function's path, else by where the chain of its receiver begins.
pub(super) fn taker(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: OpId) -> Option<Taker> {
    if !matches!(data.call(call)?.target, Target::Unresolved { .. }) {
        return None;
    }
    let mut end = call;
    for op in trace_back(data, call, Steps::OWNER) {
        if op != call
            && let Some(krate) = unread_type(tcx, data.ty(op))
        {
            return Some(Taker { krate: krate.to_owned(), ty: Some(data.ty(op).peel_pointers().clone()) });
        }
        end = op;
    }
    let OpKind::Call { callee, .. } = data.kind(end) else { return None };
    let Ty::ExternalFn(path, of) = data.ty(*callee) else { return None };
    Some(Taker { krate: unread_crate(tcx, path)?.to_owned(), ty: of.self_ty.clone() })
}

/// The last name of what a call runs.
pub(super) fn called<'d>(tcx: &'d TypeContext<'_>, data: &'d BodyData<'_>, call: OpId) -> Option<&'d str> {
    match data.kind(call) {
        OpKind::MethodCall { name, .. } => Some(tcx.defs.file_of(data.def).facts.text(*name)),
        OpKind::Call { callee, .. } => match data.ty(*callee) {
            Ty::ExternalFn(path, _) => path.rsplit("::").next(),
            _ => None,
        },
        _ => None,
    }
}

/// The text that an argument is.
pub(super) fn text_of(tcx: &TypeContext<'_>, data: &BodyData<'_>, arg: OpId) -> Option<String> {
    let computed = |op: OpId| matches!(data.kind(op), OpKind::MethodCall { args, .. } if !args.is_empty());
    match data.kind(trace_until(data, arg, Steps::BUILDER, computed)) {
        OpKind::Literal(Literal::Str(sym)) => Some(tcx.defs.file_of(data.def).facts.text(*sym).to_owned()),
        _ => None,
    }
}

/// What a crate that nobody has read calls the functions that serve.
const SERVING: [&str; 3] = ["serve", "listen", "bind"];

/// Which bodies bind a port or serve, whether or not a handler is known.
pub(crate) struct Serving {
    pub(crate) bodies: FxHashSet<BodyIx>,
    crates: FxHashSet<CrateId>,
}

impl Serving {
    pub(crate) fn of(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let serves = |&ix: &BodyIx| {
            let data = bodies.get(ix);
            let mut calls = data.types.calls.iter().filter(|call| serves(tcx, data, call.op));
            !crate::names::marks::is_test(tcx, data.def) && calls.next().is_some()
        };
        let found: FxHashSet<BodyIx> = bodies.par_indices().filter(serves).collect();
        let crates = found.iter().map(|&ix| crate_of(tcx, bodies.get(ix))).collect();
        Self { bodies: found, crates }
    }

    /// Whether a program that a crate is part of serves something: by these, or by handlers that are known.
    pub(super) fn in_process(
        &self,
        builder: &CallGraphBuilder<'_, '_>,
        entries: &[EntryPoint],
        krate: CrateId,
    ) -> bool {
        let share = |other: CrateId| builder.tcx.processes.share(krate, other);
        let of_entry = |entry: &EntryPoint| {
            let (ix, _) = builder.functions.origin[entry.function.0 as usize];
            crate_of_def(builder.tcx, builder.bodies.get(ix).def)
        };
        self.crates.iter().any(|&other| share(other))
            || entries.iter().filter(|entry| entry.framework.is_some()).any(|entry| share(of_entry(entry)))
    }
}

fn serves(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: OpId) -> bool {
    let takes_any_port = || {
        let args = data.call(call).map_or(&[][..], |call| &call.args);
        args.iter().any(|&arg| text_of(tcx, data, arg).is_some_and(|text| text.ends_with(":0")))
    };
    if let Some((api, _)) = data.api(call) {
        // A free port is for a test, or for an answer that is waited for once.
        return tcx.catalog.serves(&api.path) && !takes_any_port();
    }
    let begins =
        |name: &str, word: &str| name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let is_named = called(tcx, data, call).is_some_and(|name| SERVING.iter().any(|word| begins(name, word)));
    is_named && taker(tcx, data, call).is_some() && !takes_any_port()
}
