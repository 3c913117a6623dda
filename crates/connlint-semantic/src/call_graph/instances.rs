//! Which types the parameters of generic functions stand for, where every use of the function says so.

use connlint_facts::{OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{Bodies, BodyData};
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// By function and type parameter, what each use of the function names for it, with the user; `None` where one names
/// nothing.
type Uses = FxHashMap<(DefId, Name), Option<Vec<(DefId, Ty)>>>;

/// More types than this are as good as any.
const MAX_TYPES: usize = 64;

/// The types of type parameters, by function and name.
#[derive(Debug, Default)]
pub(crate) struct Instances {
    of: FxHashMap<(DefId, Name), Vec<Ty>>,
}

impl Instances {
    pub(crate) fn collect(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut uses: Uses = FxHashMap::default();
        for data in &bodies.list {
            for index in 0..data.body.ops.len() {
                for (def, args) in named_by(tcx, data, OpId(index as u32)) {
                    add(tcx, &mut uses, data.def, def, &args);
                }
            }
        }
        let mut instances = Self::default();
        let all: Vec<(DefId, Name)> = uses.keys().copied().collect();
        for key in all {
            let mut found = Vec::new();
            if resolve(&uses, key, &mut Vec::new(), &mut found) {
                instances.of.insert(key, found);
            }
        }
        instances
    }

    /// The types that a parameter of a function stands for, where all are known.
    pub(crate) fn of(&self, def: DefId, param: Name) -> Option<&[Ty]> {
        self.of.get(&(def, param)).map(Vec::as_slice)
    }
}

/// The generic functions that an operation names, with the arguments that it writes.
fn named_by(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Vec<(DefId, Vec<Ty>)> {
    match data.kind(op) {
        OpKind::Path(_) => match data.ty(op) {
            Ty::FnDef(def, path) => vec![(*def, path.args.clone())],
            _ => Vec::new(),
        },
        OpKind::MethodCall { .. } => {
            let generic = |def: DefId| tcx.defs.type_params(def).next().is_some();
            if !data.callees(op).any(generic) {
                return Vec::new();
            }
            let scope = tcx.scope_of(data.def);
            let args: Vec<Ty> = data.body.type_arguments_of(op).iter().map(|ty| tcx.lower(&scope, ty)).collect();
            data.callees(op).map(|def| (def, args.clone())).collect()
        }
        _ => Vec::new(),
    }
}

fn add(tcx: &TypeContext<'_>, uses: &mut Uses, user: DefId, def: DefId, args: &[Ty]) {
    let is_of_trait = tcx.defs.def(def).parent.is_some_and(|p| tcx.defs.def(p).kind == DefKind::Trait);
    let file = tcx.defs.file_of(def);
    for (index, param) in tcx.defs.type_params(def).enumerate() {
        let told = args.get(index).filter(|ty| !ty.has_unknown() && !is_of_trait);
        let slot = uses.entry((def, file.name(param.name))).or_insert_with(|| Some(Vec::new()));
        match (told, slot.as_mut()) {
            (Some(ty), Some(list)) if list.len() < MAX_TYPES => {
                if !list.contains(&(user, ty.clone())) {
                    list.push((user, ty.clone()));
                }
            }
            _ => *slot = None,
        }
    }
}

/// Adds what a parameter stands for; a parameter of the function that names it stands for what that one does.
fn resolve(uses: &Uses, key: (DefId, Name), trail: &mut Vec<(DefId, Name)>, found: &mut Vec<Ty>) -> bool {
    if trail.contains(&key) {
        return true;
    }
    trail.push(key);
    let Some(Some(list)) = uses.get(&key) else { return false };
    list.iter().all(|(user, ty)| match ty {
        Ty::Param(name) => resolve(uses, (*user, *name), trail, found),
        Ty::Adt(..) | Ty::External(..) => {
            if !found.contains(ty) {
                found.push(ty.clone());
            }
            found.len() <= MAX_TYPES
        }
        _ => false,
    })
}
