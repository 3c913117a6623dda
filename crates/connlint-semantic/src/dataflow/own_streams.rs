//! Streams that the workspace writes itself: a type whose `poll_next` asks the stream that lies in a field of it.
//!
//! Its items come from where those of that field come from: from what the field's type is, or from what was put there.

use connlint_facts::{OpId, OpKind, Sym};

use crate::dataflow::loop_kind::LoopDriver;
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::trace_back::{Root, Steps, root, trace_back};
use crate::names::defs::DefKind;
use crate::types::ty::{TraitId, Ty};

impl BodyCx<'_, '_> {
    /// What drives a stream of such a type, if the type of the field that it asks says so.
    pub(super) fn own_stream_driver(&self, ty: &Ty) -> Option<LoopDriver> {
        let poll = self.poll_next(ty)?;
        let source = poll.asked_fields().into_iter().find(|&(field, _)| poll.is_source(field));
        source.map(|(field, _)| poll.source_driver(field))
    }

    /// What was put into the field that such a stream asks, where the stream is made here: `Events { inner: messages }`.
    pub(super) fn put_into_stream(&self, made: OpId) -> Option<OpId> {
        let poll = self.poll_next(self.data.ty(made))?;
        let asked = poll.asked_fields();
        let is_asked = |name: &str| asked.iter().any(|&(_, field)| poll.text(field) == name);
        match self.data.kind(made) {
            OpKind::StructLit { fields, .. } => {
                fields.iter().find(|(name, _)| is_asked(self.text(*name))).map(|(_, value)| *value)
            }
            OpKind::Call { args, .. } if matches!(self.data.call(made)?.target, Target::Nothing) => {
                (0usize..).zip(args).find(|(at, _)| is_asked(&at.to_string())).map(|(_, &value)| value)
            }
            _ => None,
        }
    }

    /// The `poll_next` of a type that implements a stream by hand.
    fn poll_next(&self, ty: &Ty) -> Option<Self> {
        let ty = ty.peel_pointers();
        if !matches!(ty, Ty::Adt(..)) {
            return None;
        }
        let mut impls = self.tcx.impls_of_type(ty);
        let is_stream = |of: &TraitId| matches!(of, TraitId::External(path) if self.has_methods_of_streams(path));
        let written = impls.find(|data| data.trait_id.as_ref().is_some_and(is_stream))?;
        let mut members = self.tcx.defs.members(written.def).iter().copied();
        let poll = members.find(|&member| self.tcx.defs.def(member).kind == DefKind::Fn)?;
        self.bodies.of(poll).map(|body| self.at(self.bodies.get(body)))
    }

    /// The fields of `self` that calls are made on, or are given, and their names.
    fn asked_fields(&self) -> Vec<(OpId, Sym)> {
        let operands =
            self.data.types.calls.iter().flat_map(|call| call.recv.into_iter().chain(call.args.iter().copied()));
        let mut fields = Vec::new();
        for operand in operands {
            let field = trace_back(self.data, operand, Steps::ROOT).find_map(|op| match self.data.kind(op) {
                OpKind::Field { base, name } if root(self.data, *base) == Root::SelfParam => Some((op, *name)),
                _ => None,
            });
            fields.extend(field.filter(|found| !fields.contains(found)));
        }
        fields
    }
}
