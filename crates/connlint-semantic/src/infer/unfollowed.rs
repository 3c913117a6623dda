//! Notices of calls that were not followed into all that they may run.

use std::collections::BTreeMap;

use connlint_facts::{Notice, NoticeKind};

use crate::infer::bodies::Bodies;
use crate::infer::body::Target;
use crate::names::defs::DefId;
use crate::names::marks::span_of;
use crate::types::context::TypeContext;
use crate::types::dispatch::MAX_IMPLEMENTATIONS;

/// One for each trait with too many implementations that some call may mean any of.
pub(crate) fn unfollowed<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> Vec<Notice> {
    let calls = bodies.list.iter().flat_map(|data| &data.types.calls);
    let too_many = calls.filter_map(|call| match &call.target {
        Target::Known(callees) => tcx.unfollowed(callees),
        _ => None,
    });
    let traits: BTreeMap<DefId, usize> = too_many.collect();
    traits.into_iter().map(|(def, number)| notice(tcx, def, number)).collect()
}

fn notice(tcx: &TypeContext<'_>, def: DefId, number: usize) -> Notice {
    let place = tcx.defs.item(def).map(|item| span_of(tcx, def, item.name_range));
    let name = tcx.defs.text(tcx.defs.def(def).name);
    let message = format!(
        "the trait `{name}` has {number} implementations: a call that may run any of them was followed into {MAX_IMPLEMENTATIONS}"
    );
    let range = place.as_ref().map(|place| place.range);
    Notice { kind: NoticeKind::LimitReached, path: place.map(|place| place.file), range, message }
}
