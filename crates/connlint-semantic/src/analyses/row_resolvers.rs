//! Resolvers that a GraphQL framework calls for each row of a list that another resolver returns.

use connlint_facts::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::analyses::query_loops::{MAX_TYPE_DEPTH, QueryLoops};
use crate::domain::{EntryKind, EntryPoint, FunctionId};
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// A resolver that a framework calls for each row of a list.
pub(super) struct RowResolver {
    pub(super) function: FunctionId,
    /// The type of the rows, by name.
    pub(super) listed: String,
    /// The resolver that lists them.
    pub(super) by: Span,
    /// Whether that is one of the schema's root.
    pub(super) of_root: bool,
}

/// How a type is part of an answer.
#[derive(Clone, Copy, Default)]
struct Member {
    /// Whether an answer has many of its values.
    many: bool,
    /// Whether the values are parts of another object of the answer.
    in_object: bool,
}

/// Visits the types of the workspace that an answer consists of. What another type holds, it may hold many of; a field of
/// a type has what its own type says.
fn members_of_answer(
    tcx: &TypeContext<'_>,
    ty: &Ty,
    member: Member,
    depth: usize,
    visit: &mut impl FnMut(DefId, Member),
) {
    if depth > MAX_TYPE_DEPTH {
        return;
    }
    let listed = Member { many: true, ..member };
    let mut inner = |ty: &Ty, member: Member| members_of_answer(tcx, ty, member, depth + 1, visit);
    match ty.yielded().peel_pointers() {
        Ty::Slice(item) => inner(item, listed),
        Ty::Future(item) => inner(item, member),
        Ty::Tuple(parts) => parts.iter().for_each(|part| inner(part, member)),
        Ty::External(path, args) => {
            let single = matches!(&**path, "std::option::Option" | "std::result::Result");
            let item = if single { &args[..args.len().min(1)] } else { &args[..] };
            item.iter().for_each(|arg| inner(arg, if single { member } else { listed }));
        }
        Ty::Adt(def, args) => {
            args.iter().for_each(|arg| inner(arg, listed));
            tcx.field_types(*def).for_each(|field| inner(field, Member { many: false, in_object: true }));
            visit(*def, member);
        }
        _ => {}
    }
}

impl QueryLoops<'_, '_> {
    /// Resolvers of the types that other resolvers list, which a framework calls for each row.
    pub(super) fn row_resolvers(&self, leads: &[bool]) -> Vec<RowResolver> {
        let resolvers = || self.graph.entry_points.iter().filter(|entry| entry.kind == EntryKind::Resolver);
        let def_of = |function: FunctionId| {
            let (ix, frame) = self.functions.origin[function.0 as usize];
            frame.is_none().then(|| self.bodies.get(ix).def)
        };
        let mut members: Vec<(DefId, Member, FunctionId)> = Vec::new();
        for entry in resolvers() {
            let signature = def_of(entry.function).and_then(|def| self.tcx.signature(def));
            let Some(signature) = signature else { continue };
            let mut add = |def: DefId, member: Member| members.push((def, member, entry.function));
            members_of_answer(self.tcx, &signature.ret, Member::default(), 0, &mut add);
        }
        // What no resolver answers with is the root of the schema: what its resolvers list, they list once for a request.
        let answers: FxHashSet<DefId> = members.iter().map(|&(def, ..)| def).collect();
        let is_root = |function: FunctionId| {
            let owner = def_of(function).and_then(|def| self.tcx.owner(def));
            owner.is_some_and(|owner| !answers.contains(&owner))
        };
        let mut listed: FxHashMap<DefId, (bool, FunctionId)> = FxHashMap::default();
        for (def, member, by) in members.into_iter().filter(|(_, member, _)| member.many) {
            let of_root = !member.in_object && is_root(by);
            let first = listed.entry(def).or_insert((of_root, by));
            if of_root && !first.0 {
                *first = (of_root, by);
            }
        }
        let row = |entry: &EntryPoint| {
            let def = def_of(entry.function).filter(|_| leads[entry.function.0 as usize])?;
            self.tcx.defs.fn_item(def)?.self_param.as_ref()?;
            let owner = self.tcx.owner(def)?;
            let &(of_root, by) = listed.get(&owner)?;
            let by = self.graph.function(by).span.clone();
            let listed = self.tcx.defs.text(self.tcx.defs.def(owner).name).to_owned();
            Some(RowResolver { function: entry.function, listed, by, of_root })
        };
        let mut found: Vec<RowResolver> = resolvers().filter_map(row).collect();
        found.dedup_by_key(|row| row.function);
        found
    }
}
