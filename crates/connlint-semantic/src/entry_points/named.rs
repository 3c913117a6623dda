//! What names a function: a function that nothing calls, that nobody outside can name and that nothing here names, is dead.

use connlint_facts::{CrateFacts, CrateId, Literal, Meta, MetaValue, NoticeKind, OpKind, TargetKind, Visibility};
use rustc_hash::FxHashSet;

use crate::call_graph::build::CallGraphBuilder;
use crate::infer::body::Target;
use crate::names::attributes::is_of_language;
use crate::names::defs::{DefId, DefKind, FileEntry};
use crate::names::interner::Name;
use crate::names::marks::{crate_of_def, is_main, is_test};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What code outside tests and attributes names.
pub(super) struct Named {
    /// Functions that are named as values or called.
    functions: FxHashSet<DefId>,
    /// Names of which it is not known what they mean: any function of that name may be.
    names: FxHashSet<Name>,
    /// Crates of which not all is known: programs without a `main`, and those with macros that were not understood, whose
    /// arguments may name anything.
    unfinished: Vec<bool>,
}

impl Named {
    pub(super) fn of(builder: &CallGraphBuilder<'_, '_>) -> Self {
        let tcx = builder.tcx;
        let with_main: FxHashSet<CrateId> = builder
            .bodies
            .list
            .iter()
            .filter(|data| is_main(tcx, data.def))
            .map(|data| crate_of_def(tcx, data.def))
            .collect();
        let is_unfinished = |(id, krate): (u32, &CrateFacts)| {
            let mut problems = krate.files.iter().flat_map(|file| &file.problems);
            krate.kind == TargetKind::Bin && !with_main.contains(&CrateId(id))
                || problems.any(|problem| problem.kind == NoticeKind::OpaqueMacro)
        };
        let unfinished = (0u32..).zip(tcx.defs.crates).map(is_unfinished).collect();
        let mut named = Self { functions: FxHashSet::default(), names: FxHashSet::default(), unfinished };
        for data in builder.bodies.list.iter().filter(|data| !is_test(tcx, data.def)) {
            let file = tcx.defs.file_of(data.def);
            for op in data.body.op_ids() {
                match (data.kind(op), data.ty(op)) {
                    (_, Ty::FnDef(def, path)) => named.functions.extend(path.twins.iter().chain([def])),
                    (OpKind::Path(path), Ty::Unknown) => {
                        named.names.extend(path.segments.last().map(|s| file.name(s.name)))
                    }
                    _ => {}
                }
            }
            for call in &data.types.calls {
                if let (Target::Unresolved { .. }, OpKind::MethodCall { name, .. }) = (&call.target, data.kind(call.op))
                {
                    named.names.insert(file.name(*name));
                }
            }
        }
        for index in 0..tcx.defs.defs.len() {
            let def = DefId(index as u32);
            let file = tcx.defs.file_of(def);
            for attribute in tcx.defs.attributes(def) {
                attribute.args.iter().for_each(|meta| named.add_meta(tcx, file, meta));
            }
        }
        named
    }

    /// Names in the arguments of an attribute, those in texts too: `#[serde(with = "module")]`.
    fn add_meta(&mut self, tcx: &TypeContext<'_>, file: &FileEntry<'_>, meta: &Meta) {
        self.names.extend(meta.path.iter().flat_map(|path| &path.segments).map(|segment| file.name(segment.name)));
        match &meta.value {
            MetaValue::Path(path) => self.names.extend(path.segments.iter().map(|segment| file.name(segment.name))),
            MetaValue::Literal(Literal::Str(text)) => {
                let words = file.facts.text(*text).split(|c: char| !c.is_alphanumeric() && c != '_');
                self.names.extend(words.filter_map(|word| tcx.defs.names.find(word)));
            }
            MetaValue::List(parts) => parts.iter().for_each(|part| self.add_meta(tcx, file, part)),
            _ => {}
        }
    }

    /// Whether something that was read names a function, or may.
    pub(super) fn is_named(&self, tcx: &TypeContext<'_>, function: DefId) -> bool {
        self.functions.contains(&function) || self.names.contains(&tcx.defs.def(function).name)
    }

    /// Whether something may run a function, or an initialiser, that no call of the graph leads to.
    pub(super) fn may_run(&self, tcx: &TypeContext<'_>, function: DefId) -> bool {
        let def = tcx.defs.def(function);
        let krate = crate_of_def(tcx, function);
        let of_program = tcx.defs.crates[krate.0 as usize].kind == TargetKind::Bin;
        let is_public = tcx.defs.item(function).is_some_and(|item| item.visibility == Visibility::Public);
        // Members of traits and of their implementations are called through the trait.
        let of_trait = def.parent.is_some_and(|of| {
            tcx.defs.def(of).kind == DefKind::Trait || tcx.impl_data(of).is_some_and(|data| data.trait_id.is_some())
        });
        def.kind != DefKind::Fn
            || of_trait
            || (is_public && !of_program)
            || tcx.defs.attributes(function).iter().any(|attribute| !is_of_language(tcx, function, attribute))
            || def.parent.is_some_and(|of| tcx.defs.def(of).kind == DefKind::Fn)
            || self.unfinished[krate.0 as usize]
            || self.is_named(tcx, function)
    }
}
