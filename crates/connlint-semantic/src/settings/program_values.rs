//! Where the fields of the workspace's structs are filled, and where its functions are called.

use connlint_facts::{OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::names::marks::is_test;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Pointers and wrappers of state are looked behind this deep.
const MAX_WRAPPERS: usize = 8;

/// Places outside tests that fill fields or call functions.
#[derive(Debug, Default)]
pub(super) struct ProgramValues {
    fields: FxHashMap<(DefId, Name), Vec<(BodyIx, OpId)>>,
    calls: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
}

impl ProgramValues {
    pub(super) fn collect(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut values = Self::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            if !is_test(tcx, data.def) {
                values.add_calls(tcx, data, ix);
                values.add_fields(tcx, data, ix);
            }
        }
        values
    }

    fn add_calls(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx) {
        for call in &data.types.calls {
            for callee in data.callees(call.op) {
                self.calls.entry(callee).or_default().push((ix, call.op));
            }
            // `Wrapper(value)` fills the fields of a tuple struct or variant.
            if let OpKind::Call { callee, args } = data.kind(call.op)
                && let Ty::Ctor(def, _) = data.ty(*callee)
            {
                for (index, &arg) in args.iter().enumerate() {
                    if let Some(name) = tcx.defs.names.find(&index.to_string()) {
                        self.fields.entry((*def, name)).or_default().push((ix, arg));
                    }
                }
            }
        }
    }

    fn add_fields(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx) {
        let file = tcx.defs.file_of(data.def);
        for (index, op) in data.body.ops.iter().enumerate() {
            match &op.kind {
                OpKind::StructLit { fields, .. } => {
                    if let Ty::Adt(def, _) = data.ty(OpId(index as u32)) {
                        for &(sym, value) in fields {
                            self.fields.entry((*def, file.name(sym))).or_default().push((ix, value));
                        }
                    }
                }
                OpKind::Assign { place, value } => {
                    if let OpKind::Field { base, name } = data.kind(*place)
                        && let Some(owner) = owner_of_field(tcx, data.ty(*base), file.name(*name))
                    {
                        self.fields.entry((owner, file.name(*name))).or_default().push((ix, *value));
                    }
                }
                _ => {}
            }
        }
    }

    /// The values that a field is filled with.
    pub(super) fn of_field(&self, owner: DefId, name: Name) -> &[(BodyIx, OpId)] {
        self.fields.get(&(owner, name)).map_or(&[], Vec::as_slice)
    }

    /// The calls that may run a function.
    pub(super) fn calls_of(&self, def: DefId) -> &[(BodyIx, OpId)] {
        self.calls.get(&def).map_or(&[], Vec::as_slice)
    }
}

/// The struct of the workspace that has a field, behind references, pointers and wrappers of state.
pub(super) fn owner_of_field(tcx: &TypeContext<'_>, ty: &Ty, name: Name) -> Option<DefId> {
    let mut ty = ty.clone();
    for _ in 0..MAX_WRAPPERS {
        match &ty {
            Ty::Adt(def, _) if tcx.field_type(*def, name).is_some() => return Some(*def),
            Ty::Ref(inner) => ty = (**inner).clone(),
            _ => ty = tcx.deref(&ty)?,
        }
    }
    None
}
