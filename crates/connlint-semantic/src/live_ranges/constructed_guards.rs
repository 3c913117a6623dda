//! Structs that share a connection by their type, and hold it by how they are made: each construction puts a connection of
//! its own behind a new `Arc` or lock, so nobody else has it.

use connlint_facts::{Fields, ItemKind, OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::{DefId, DefKind};
use crate::names::derive_names::{derives_of, last};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::marks::is_test;
use crate::types::ty::{TraitId, Ty};

use super::holders::{Held, Holders, is_shared};

/// A struct that may be one: the fields that share what a pool gave out.
type Candidates = FxHashMap<DefId, Vec<(Name, Held)>>;

const MAX_DEPTH: u32 = 5;

impl<'w> Holders<'_, 'w> {
    /// The structs that no value can be copied of, each of whose constructions makes what it shares.
    pub(super) fn guards_by_construction(&self, bodies: &Bodies<'w>) -> Vec<(DefId, Held)> {
        let mut candidates = self.candidates();
        let mut made: Vec<DefId> = Vec::new();
        if candidates.is_empty() {
            return Vec::new();
        }
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            for (index, op) in data.body.ops.iter().enumerate() {
                let OpKind::StructLit { fields, .. } = &op.kind else { continue };
                let Ty::Adt(def, _) = data.ty(OpId(index as u32)) else { continue };
                let Some(shared) = candidates.get_mut(def).filter(|_| !is_test(self.tcx, data.def)) else { continue };
                let file = self.tcx.defs.file_of(data.def);
                let given =
                    |name: Name| fields.iter().find(|(field, _)| file.name(*field) == name).map(|&(_, value)| value);
                shared.retain(|&(name, _)| given(name).is_some_and(|value| self.is_fresh(data, value)));
                made.push(*def);
            }
        }
        made.sort_unstable();
        made.dedup();
        let held = |def: DefId| candidates.get(&def)?.iter().map(|&(_, held)| held).max();
        made.into_iter().filter_map(|def| Some((def, held(def)?))).collect()
    }

    fn candidates(&self) -> Candidates {
        let structs = (0..self.tcx.defs.defs.len() as u32).map(DefId);
        let structs =
            structs.filter(|def| self.tcx.defs.def(*def).kind == DefKind::Struct && !self.adts.contains_key(def));
        let shared = structs.filter_map(|def| {
            let ItemKind::Struct { fields: Fields::Named(list), .. } = &self.tcx.defs.item(def)?.kind else {
                return None;
            };
            let scope = self.tcx.scope_of(def);
            let file = self.tcx.defs.file_of(def);
            let fields = list.iter().filter_map(|field| {
                let ty = self.tcx.lower(&scope, &field.ty);
                let held = is_shared(self.tcx, &ty).then(|| self.behind_shared(&ty, 0)).flatten()?;
                (held != Held::Connection).then(|| (file.name(field.name), held))
            });
            Some((def, fields.collect::<Vec<_>>()))
        });
        shared.filter(|(def, fields)| !fields.is_empty() && !self.is_clone(*def)).collect()
    }

    fn is_clone(&self, def: DefId) -> bool {
        let facts = self.tcx.defs.file_of(def).facts;
        let clone = TraitId::External(ExternalPath::of("std::clone::Clone"));
        derives_of(&self.tcx.defs, def).any(|path| last(facts, path) == "Clone")
            || self.tcx.traits_of_type(&Ty::Adt(def, [].into())).contains(&clone)
    }

    fn behind_shared(&self, ty: &Ty, depth: u32) -> Option<Held> {
        match ty {
            Ty::External(_, args) if is_shared(self.tcx, ty) && depth < MAX_DEPTH => {
                self.behind_shared(args.first()?, depth + 1)
            }
            _ => self.owned_in(ty, 0),
        }
    }

    /// Whether a value is a new `Arc` or lock around a connection that is moved into it.
    fn is_fresh(&self, data: &BodyData<'w>, value: OpId) -> bool {
        for op in trace_back(data, value, Steps::WRAPPED) {
            if !is_shared(self.tcx, data.ty(op)) {
                return self.owned(data.ty(op)).is_some();
            }
            let is_moved = match data.kind(op) {
                OpKind::Call { args, .. } if data.callees(op).next().is_none() => {
                    matches!(args[..], [only] if !matches!(data.ty(only), Ty::Ref(_)))
                }
                OpKind::Local(local) => data.flow.reads(*local).len() == 1,
                OpKind::Expanded { .. } => true,
                _ => false,
            };
            if !is_moved {
                return false;
            }
        }
        false
    }
}
