//! Variants of the workspace's enums that hold no connection, beside others that do: `Pool` of `enum Executor`.

use connlint_facts::{ArmTest, Expect, OpId, OpKind, Path, PatternHead};

use crate::infer::bodies::BodyData;
use crate::names::defs::{DefId, DefKind};
use crate::types::ty::Ty;

use super::holders::{Holders, names_parameter};

impl Holders<'_, '_> {
    /// Whether a test in a function says that a value is of a variant that holds nothing.
    pub(super) fn tells_empty_variant(&self, within: DefId, test: &ArmTest) -> bool {
        match &test.expect {
            Expect::Matches(pattern) => self.is_empty_pattern(within, pattern),
            Expect::Fails(pattern) => self.leaves_empty(within, pattern),
            Expect::True | Expect::False => false,
        }
    }

    /// Whether a value is of a variant that holds nothing where a test fails.
    pub(super) fn misses_holding_variants(&self, within: DefId, test: &ArmTest) -> bool {
        matches!(&test.expect, Expect::Matches(pattern) if self.leaves_empty(within, pattern))
    }

    /// Whether an operation makes a value of a variant that holds nothing.
    pub(super) fn makes_empty_variant(&self, data: &BodyData<'_>, at: OpId) -> bool {
        let path = match data.kind(at) {
            OpKind::Call { callee, .. } => match data.kind(*callee) {
                OpKind::Path(path) => path,
                _ => return false,
            },
            OpKind::StructLit { frame, .. } => &frame.path,
            OpKind::Path(path) => path,
            _ => return false,
        };
        self.variant(data.def, path).is_some_and(|variant| self.is_empty(variant))
    }

    fn is_empty_pattern(&self, within: DefId, pattern: &PatternHead) -> bool {
        match pattern {
            PatternHead::Or(patterns) => patterns.iter().all(|pattern| self.is_empty_pattern(within, pattern)),
            PatternHead::Variant(path, _) => self.variant(within, path).is_some_and(|variant| self.is_empty(variant)),
            PatternHead::Any | PatternHead::Literal(_) | PatternHead::Tuple(_) => false,
        }
    }

    /// Whether all other variants than that of a pattern hold nothing.
    fn leaves_empty(&self, within: DefId, pattern: &PatternHead) -> bool {
        let PatternHead::Variant(path, parts) = pattern else { return false };
        let all_of_it = parts.iter().all(|part| *part == PatternHead::Any);
        let Some(variant) = self.variant(within, path).filter(|_| all_of_it) else { return false };
        let Some(owner) = self.tcx.defs.def(variant).parent else { return false };
        let others = self.tcx.defs.members(owner).iter().filter(|&&other| other != variant && self.is_variant(other));
        others.copied().all(|other| self.is_empty(other))
    }

    /// The variant of a path, of an enum that can hold a connection: what else an enum says, it says of nothing held.
    fn variant(&self, within: DefId, path: &Path) -> Option<DefId> {
        let variant = self.tcx.variant_of_path(within, path)?;
        let all = self.tcx.defs.members(self.tcx.defs.def(variant).parent?);
        all.iter().any(|&one| self.is_variant(one) && !self.is_empty(one)).then_some(variant)
    }

    fn is_variant(&self, def: DefId) -> bool {
        matches!(self.tcx.defs.def(def).kind, DefKind::Variant(_))
    }

    /// Whether no field of a variant can hold or borrow a connection. What stands for a parameter, any may.
    fn is_empty(&self, variant: DefId) -> bool {
        let may_hold = |ty: &Ty| names_parameter(ty) || self.owned_in(ty, 0).or_else(|| self.borrowed(ty)).is_some();
        !self.tcx.lowered_fields(variant).iter().any(may_hold)
    }
}
