//! Whether one pool of the process could give out the connections that a function opens.

use connlint_facts::Span;

use crate::domain::{Certainty, EffectSite, PoolInstead};
use crate::program::Program;

impl Program {
    /// The pool that could be asked in place of an opening, and the calls of the function that opens: every way there names
    /// the same server with the same credentials, so that whoever makes the pool makes the one that all want. Needs
    /// [`crate::Analysis::Addresses`] or `Openings`.
    pub fn pool_instead(&self, site: &EffectSite) -> Option<(PoolInstead, Vec<Span>)> {
        let pool = site.pool_instead.as_ref()?;
        let opening = self.openings.list.iter().find(|opening| opening.span == site.span)?;
        let (first, others) = opening.ways.split_first()?;
        let is_one = first.address.is_written() && others.iter().all(|way| way.address == first.address);
        let calls: Vec<_> = self.callers_of(site.function).collect();
        let all_known = calls.iter().all(|call| call.certainty == Certainty::High);
        let span = |file: &Span, range| Span { file: file.file.clone(), range };
        (is_one && all_known).then(|| (pool.clone(), calls.iter().map(|call| span(&call.span, call.whole)).collect()))
    }
}
