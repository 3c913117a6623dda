//! Which slot a value lies in.

use connlint_facts::{OpId, OpKind};

use crate::infer::trace_back::{Steps, trace_back};

use super::body_map::BodyMap;
use super::holders::Holders;
use super::row_streams::is_stream;
use super::state::Slot;

impl BodyMap<'_, '_> {
    /// The slot that a place lies in, if it is owned there rather than behind a reference.
    pub(super) fn root_slot(&self, op: OpId) -> Option<Slot> {
        let data = self.data;
        for at in trace_back(data, op, Steps::PLACE) {
            match data.kind(at) {
                OpKind::Field { base, .. }
                | OpKind::VariantField { base, .. }
                | OpKind::Element { base }
                | OpKind::Deref { base } => {
                    if Holders::is_reference(data.ty(*base)) {
                        return None;
                    }
                }
                OpKind::Local(local) => return Some(Slot::Local(*local)),
                OpKind::Index { .. } | OpKind::Path(_) => return None,
                // Whatever else passes a value on moves it to a slot of its own.
                _ => return Some(Slot::Temp(at)),
            }
        }
        None
    }

    /// The slot that a test has the last word on: where the value lies, or the stream that has no item left.
    pub(super) fn tested_slot(&self, value: OpId) -> Option<Slot> {
        let stream = trace_back(self.data, value, Steps::CHAIN).find_map(|op| match self.data.kind(op) {
            OpKind::MethodCall { recv, .. } if is_stream(self.data.ty(*recv)) => Some(*recv),
            _ => None,
        });
        self.root_slot(stream.unwrap_or(value))
    }
}
