//! Which variant an enum parameter is, along a path: `query(By::Id(7))` never runs the branch for `By::Name`.

use connlint_facts::{Expect, OpId, OpKind, Path, PatternHead, RegionId, RegionKind};

use crate::domain::{PassedVariant, SELF, VariantConstraint};
use crate::infer::bodies::BodyData;
use crate::infer::def_use::{ancestors, in_closure};
use crate::infer::trace_back::{Steps, trace_end};
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::resolve::Ns;
use crate::types::context::TypeContext;

/// Looks at tests and arguments of one body.
pub(crate) struct EnumArms<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) data: &'a BodyData<'w>,
}

impl EnumArms<'_, '_> {
    /// The variants that parameters must be for an operation to run, as the arms around it tell; several of one
    /// parameter are alternatives.
    pub(crate) fn required_variants(&self, op: OpId, frame: Option<RegionId>) -> Vec<VariantConstraint> {
        let body = self.data.body;
        let mut found = Vec::new();
        for region in ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame) {
            let RegionKind::Arm { tests } = &body.regions[region.0 as usize].kind else { continue };
            for test in tests {
                let (Expect::Matches(head), Some(param)) = (&test.expect, self.param(test.value)) else { continue };
                if !found.iter().any(|&(p, _)| p == param) {
                    found.extend(self.heads(head).into_iter().map(|v| (param, v)));
                }
            }
        }
        found
    }

    /// The variants that a pattern names; none where it also matches others.
    fn heads(&self, head: &PatternHead) -> Vec<DefId> {
        match head {
            PatternHead::Variant(path, _) => self.variant(path).into_iter().collect(),
            PatternHead::Or(heads) => {
                let all: Vec<Vec<DefId>> = heads.iter().map(|h| self.heads(h)).collect();
                if all.iter().any(Vec::is_empty) { Vec::new() } else { all.into_iter().flatten().collect() }
            }
            _ => Vec::new(),
        }
    }

    /// What a call hands to the parameters of its callee.
    pub(crate) fn passed_variants(&self, op: OpId) -> Vec<(u16, PassedVariant)> {
        let Some(call) = self.data.call(op) else { return Vec::new() };
        let numbered = call.args.iter().enumerate().map(|(i, &arg)| (i as u16, arg));
        let all = numbered.chain(call.recv.map(|recv| (SELF, recv)));
        all.filter_map(|(index, arg)| Some((index, self.given(arg)?))).collect()
    }

    fn given(&self, arg: OpId) -> Option<PassedVariant> {
        if let Some(param) = self.param(arg) {
            return Some(PassedVariant::Param(param));
        }
        let path = match self.data.kind(trace_end(self.data, arg, Steps::IDENTITY)) {
            OpKind::Path(path) => path,
            OpKind::StructLit { path, .. } => path,
            OpKind::Call { callee, .. } => match self.data.kind(*callee) {
                OpKind::Path(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        self.variant(path).map(PassedVariant::Variant)
    }

    /// The parameter that a value is, whole.
    fn param(&self, value: OpId) -> Option<u16> {
        let op = trace_end(self.data, value, Steps::IDENTITY);
        let own = !in_closure(self.data.body, self.data.body.ops[op.0 as usize].region);
        match self.data.kind(op) {
            OpKind::Param(index) if own => Some(*index as u16),
            OpKind::SelfParam => Some(SELF),
            _ => None,
        }
    }

    /// The variant that a path names.
    pub(crate) fn variant(&self, path: &Path) -> Option<DefId> {
        let tcx = self.tcx;
        let scope = tcx.scope_of(self.data.def);
        let names = tcx.names_of_path(scope.file, path);
        if let [first, name] = names[..]
            && tcx.defs.text(first) == "Self"
            && let Some(crate::types::ty::Ty::Adt(owner, _)) = &scope.self_ty
        {
            return tcx.variant(*owner, name);
        }
        let resolved = tcx.path(scope.module, &names, path.global, Ns::Types)?;
        if resolved.consumed < names.len() {
            return None;
        }
        resolved.res.iter().find_map(|res| match res {
            Res::Def(def) if matches!(tcx.defs.def(*def).kind, DefKind::Variant(_)) => Some(*def),
            _ => None,
        })
    }
}
