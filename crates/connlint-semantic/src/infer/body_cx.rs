//! What questions about bodies are asked of: everything that inference found, and one body of it.
//!
//! The layers above add their questions as `impl BodyCx` blocks, each in the file that is named for the question.

use connlint_facts::{OpId, Path, Sym};

use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::names::defs::{DefId, DefKind, Res};
use crate::types::context::TypeContext;

/// The types of the workspace, and all its bodies.
#[derive(Clone, Copy)]
pub(crate) struct Inferred<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
}

impl<'a, 'w> Inferred<'a, 'w> {
    pub(crate) fn body(self, ix: BodyIx) -> BodyCx<'a, 'w> {
        self.at(self.bodies.get(ix))
    }

    pub(crate) fn at(self, data: &'a BodyData<'w>) -> BodyCx<'a, 'w> {
        BodyCx { tcx: self.tcx, bodies: self.bodies, data }
    }
}

/// One body, and what it refers to.
#[derive(Clone, Copy)]
pub(crate) struct BodyCx<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) data: &'a BodyData<'w>,
}

impl<'a, 'w> BodyCx<'a, 'w> {
    /// The same of another body.
    pub(crate) fn at(self, data: &'a BodyData<'w>) -> Self {
        Self { data, ..self }
    }

    /// The body of the one function of the workspace that a call runs.
    pub(crate) fn sole_callee(self, call: OpId) -> Option<Self> {
        let mut callees = self.data.callees(call);
        let (Some(callee), None) = (callees.next(), callees.next()) else { return None };
        self.bodies.of(callee).map(|ix| self.at(self.bodies.get(ix)))
    }

    /// The value of a constant or static, with the body that it is in.
    pub(crate) fn constant(self, path: &Path) -> Option<(Self, OpId)> {
        let is_value = |&def: &DefId| matches!(self.tcx.defs.def(def).kind, DefKind::Const | DefKind::Static);
        let of_module = match self.tcx.value_of_path(self.data.def, path) {
            Some(Res::Def(def)) => Some(def).filter(is_value),
            _ => None,
        };
        let def = of_module.or_else(|| self.tcx.constant_of_type(self.data.def, path))?;
        let constant = self.bodies.get(self.bodies.of(def)?);
        Some((self.at(constant), constant.body.tail?))
    }

    /// A name of the body's file.
    pub(crate) fn text(self, name: Sym) -> &'w str {
        self.tcx.defs.file_of(self.data.def).facts.text(name)
    }
}
