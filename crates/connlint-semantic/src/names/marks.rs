//! What definitions are for: tests, `main`; and where they are.

use connlint_facts::{CrateId, Span, TextRange};

use crate::names::defs::{DefId, DefKind};
use crate::names::resolve::Resolver;

/// Whether a definition exists for tests or as an example only.
pub(crate) fn is_test(resolver: &Resolver<'_>, def: DefId) -> bool {
    resolver.defs.def(def).test_only
        || resolver.defs.krate(def).kind.is_test()
        || resolver.defs.unshipped[crate_of_def(resolver, def).0 as usize]
}

/// Whether a definition is the main function of a binary.
pub(crate) fn is_main(resolver: &Resolver<'_>, def: DefId) -> bool {
    let data = resolver.defs.def(def);
    let module = resolver.defs.module(data.module);
    data.kind == DefKind::Fn && module.parent.is_none() && resolver.defs.text(data.name) == "main"
}

pub(crate) fn span_of(resolver: &Resolver<'_>, def: DefId, range: TextRange) -> Span {
    Span { file: resolver.defs.file_of(def).facts.path.clone(), range }
}

/// The crate that an item belongs to.
pub(crate) fn crate_of_def(resolver: &Resolver<'_>, def: DefId) -> CrateId {
    resolver.defs.module(resolver.defs.def(def).module).krate
}
