//! Conversions and defaults, whose function the type decides that they make: `x.into()`, `Default::default()`,
//! `text.parse::<T>()`.

use connlint_facts::OpId;
use smallvec::SmallVec;

use super::calls::is_outcome;
use super::{Infer, Target};
use crate::types::callee::{Callee, Callees};
use crate::types::ty::Ty;

impl<'w> Infer<'_, 'w> {
    /// The function of another crate's type that a method runs of what it makes: `parse::<T>()` the `from_str` of `T`,
    /// `unwrap_or_default()` the `default` of what may be missing.
    pub(super) fn run_on_made(&self, recv: &Ty, method: &str, turbofish: &[Ty]) -> Option<Callees<'w>> {
        let (made, function) = match method {
            "parse" if !matches!(recv.peel_refs(), Ty::Adt(..)) => (turbofish.first()?, "from_str"),
            "unwrap_or_default" if is_outcome(recv) => (recv.peel_refs().args().first()?, "default"),
            _ => return None,
        };
        self.of_library(made, function)
    }

    /// The function of another crate's type that a row describes.
    fn of_library(&self, ty: &Ty, function: &str) -> Option<Callees<'w>> {
        let Ty::External(path, _) = ty else { return None };
        let version = self.tcx.version_of(self.scope.module, path);
        let api = self.tcx.in_version(version, |v| self.tcx.catalog.method(path, function, v))?;
        // What neither opens nor configures anything is as well known by the method of the standard library.
        (!api.effects.is_empty()).then(|| SmallVec::from_elem(Callee::Api { api, self_ty: Some(ty.clone()) }, 1))
    }

    /// A conversion or default whose target only the place that takes it shows: `let w: W = x.into()`,
    /// `W(Default::default())`.
    pub(super) fn expect(&mut self, value: OpId, expected: &Ty) {
        match expected.peel_pointers() {
            made @ Ty::Adt(..) => self.expect_own(value, made),
            made @ Ty::External(..) => {
                let Some((call, "default")) = self.conversion_at(value) else { return };
                let Some(found) = self.of_library(made, "default") else { return };
                self.calls[call].target = Target::Known(found);
                self.ops[value.0 as usize] = expected.clone();
            }
            _ => {}
        }
    }

    /// The call that an operation is, if a conversion, and the function that this runs.
    fn conversion_at(&self, value: OpId) -> Option<(usize, &'static str)> {
        let call = self.calls.iter().rposition(|c| c.op == value)?;
        match &self.calls[call].target {
            Target::Known(callees) => match callees.first()? {
                Callee::Api { api, .. } => Some((call, conversion(&api.path)?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// A conversion into a type of the workspace.
    fn expect_own(&mut self, value: OpId, expected: &Ty) {
        let Some((call, name)) = self.conversion_at(value) else { return };
        let Some(name) = self.tcx.defs.names.find(name) else { return };
        // `a.into()` runs the `From` that takes `a`.
        let converted: SmallVec<[OpId; 1]> = self.calls[call].recv.into_iter().collect();
        let found = self.for_arguments(self.tcx.type_member(&self.scope, expected, name), &converted);
        if matches!(found.first(), Some(Callee::Def { .. })) {
            self.calls[call].target = Target::Known(found);
        } else if self.tcx.defs.text(name) == "default"
            && let Target::Known(callees) = &mut self.calls[call].target
            && let Some(Callee::Api { self_ty, .. }) = callees.first_mut()
        {
            // A derived one has no body, but the default of each field is made by it.
            *self_ty = Some(expected.clone());
        }
    }
}

/// The function that a conversion of the standard library runs on its target.
fn conversion(api: &str) -> Option<&'static str> {
    match api {
        "std::convert::Into::into" | "std::convert::From::from" => Some("from"),
        "std::convert::TryInto::try_into" | "std::convert::TryFrom::try_from" => Some("try_from"),
        "std::default::Default::default" => Some("default"),
        _ => None,
    }
}
