//! Pools that one process builds for the same server.

use std::collections::BTreeMap;

use connlint_facts::Span;

use crate::domain::FunctionId;
use crate::program::Program;
use crate::settings::Source;

use super::capacity::terms::Amount;
use super::capacity::{Opener, Process};

/// Pools of one type that a process builds with the same address and the same maximum.
#[derive(Clone, Debug)]
pub struct DuplicatePools<'p> {
    /// The `main` of the program.
    pub main: FunctionId,
    /// What names the server, if it can be named without a secret.
    pub server: Option<String>,
    /// Whether all of the address is what calls yield for texts, as variables of the environment are read.
    pub is_named: bool,
    /// The pools, in order of their calls.
    pub pools: Vec<Opener<'p>>,
    /// For each of them the call that leads to it and to none of the others, or the expression itself.
    pub calls: Vec<&'p Span>,
}

/// What pools have in common that are one too many: type, address, and maximum.
type Key<'a> = (Option<&'a str>, &'a [Source], &'a [Amount]);

impl Program {
    /// The pools that programs build more than once. A pool with a maximum of its own keeps others from using all
    /// connections (a bulkhead), and a local file is often opened by one pool for reading and one for writing.
    pub fn duplicate_pools(&self) -> Vec<DuplicatePools<'_>> {
        let processes = self.capacity();
        processes.iter().filter(|process| !process.one_shot).flat_map(|process| self.duplicates_of(process)).collect()
    }

    fn duplicates_of<'p>(&'p self, process: &Process<'p>) -> Vec<DuplicatePools<'p>> {
        let Some(main) = process.main else { return Vec::new() };
        // Only where calls lead from `main` to the place is it known that the process gets there.
        let built = |opener: &&Opener<'p>| {
            let once = opener.times == Amount::Known(1) && !opener.local_file && !opener.kept && !opener.per_request;
            once && opener.pool.is_some() && opener.way.top == main && opener.address.is_known()
        };
        let mut groups: BTreeMap<Key<'_>, Vec<&Opener<'p>>> = BTreeMap::new();
        for opener in process.openers.iter().filter(built) {
            let ty = opener.pool.as_ref().and_then(|pool| pool.ty);
            groups.entry((ty, &opener.address.parts, &opener.maximum.term.factors)).or_default().push(opener);
        }
        groups.into_values().filter_map(|group| self.built_together(main, &group)).collect()
    }

    /// Those of a group that one run of the program builds together, if there are several.
    fn built_together<'p>(&'p self, main: FunctionId, group: &[&Opener<'p>]) -> Option<DuplicatePools<'p>> {
        let mut together: Vec<&Opener<'p>> = Vec::new();
        for opener in group {
            let exclude = |other: &&Opener<'_>| self.openings.exclude(other.index, opener.index);
            if !together.iter().any(exclude) {
                together.push(opener);
            }
        }
        let [first, _, ..] = together[..] else { return None };
        let own = |opener: &&Opener<'p>| (self.own_call(opener, &together), (*opener).clone());
        let mut found: Vec<(&Span, Opener<'p>)> = together.iter().map(own).collect();
        found.sort_by_key(|(call, opener)| (*call, opener.index));
        let server = first.address.server();
        let (calls, pools) = found.into_iter().unzip();
        let is_named = first.address.parts.iter().all(|part| matches!(part, Source::Call { .. }));
        Some(DuplicatePools { main, server, is_named, pools, calls })
    }

    /// The outermost call on the way to an opener that no other way takes.
    fn own_call<'p>(&'p self, opener: &Opener<'p>, all: &[&Opener<'p>]) -> &'p Span {
        let others = || all.iter().filter(|other| other.index != opener.index);
        let own = |call: &&u32| others().all(|other| !other.way.calls.contains(call));
        let call = opener.way.calls.iter().find(own);
        call.map_or(&opener.opening.span, |&call| &self.calls[call as usize].span)
    }
}
