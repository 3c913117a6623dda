//! What the lookup of one type goes through: where it would come back to itself or grow without end it is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::names::defs::DefId;
use crate::names::interner::Name;

/// Lookups nested deeper than this are cut off: each is a recursion over a type as written.
const MAX_NESTED: u32 = 16;

/// What one type as written may look up, in all. Real ones need fewer than a hundred; aliases of aliases can double it
/// at each level.
const MAX_LOOKUPS: u32 = 500;

/// The lookups that are under way, each inside the one before: none of them is begun again inside itself, so the sources
/// decide what is cut and nothing that was cut outlives the lookup.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookupStack(Option<Arc<Lookup>>);

#[derive(Debug)]
struct Lookup {
    what: LookupKey,
    outer: LookupStack,
    nested: u32,
    /// How many lookups the outermost one led to so far.
    all: Arc<AtomicU32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookupKey {
    /// The definition of an alias or associated type, the defaults of a type's parameters, the header of an impl.
    Def(DefId),
    /// The bounds of a parameter in scope.
    Param(Name),
}

impl LookupStack {
    /// Begins the lookup of what a definition stands for; `None` where it is cut.
    pub(crate) fn enter(&self, def: DefId) -> Option<Self> {
        let again = self.lookups().any(|lookup| lookup.what == LookupKey::Def(def));
        if again { None } else { self.begin(LookupKey::Def(def)) }
    }

    /// Begins the lookup of the bounds of a parameter; `None` where it is cut.
    pub(crate) fn enter_bounds(&self, param: Name) -> Option<Self> {
        // Behind another definition the same name means another parameter.
        let mut here = self.lookups().take_while(|lookup| matches!(lookup.what, LookupKey::Param(_)));
        let again = here.any(|lookup| lookup.what == LookupKey::Param(param));
        if again { None } else { self.begin(LookupKey::Param(param)) }
    }

    fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        std::iter::successors(self.0.as_deref(), |lookup| lookup.outer.0.as_deref())
    }

    fn begin(&self, what: LookupKey) -> Option<Self> {
        let (nested, all) = self.0.as_ref().map_or_else(|| (0, Arc::default()), |l| (l.nested + 1, l.all.clone()));
        // One lookup is the work of one thread: what it counts does not depend on others.
        let is_within = nested < MAX_NESTED && all.fetch_add(1, Ordering::Relaxed) < MAX_LOOKUPS;
        is_within.then(|| Self(Some(Arc::new(Lookup { what, outer: self.clone(), nested, all }))))
    }
}
