//! The types of a body's operations, each distinct one kept once: most operations have the type of another one.

use std::collections::hash_map::Entry;

use connlint_facts::OpId;
use rustc_hash::FxHashMap;

use crate::infer::small_numbers::SmallNumbers;
use crate::types::ty::Ty;

/// The type of each operation of a body.
#[derive(Debug, Default)]
pub(crate) struct OpTypes {
    /// For each operation the number of its type.
    numbers: SmallNumbers,
    distinct: Box<[Ty]>,
}

impl OpTypes {
    pub(crate) fn of(types: Vec<Ty>) -> Self {
        let mut known: FxHashMap<Ty, u32> = FxHashMap::default();
        let mut distinct = Vec::new();
        let number = |ty: Ty| match known.entry(ty) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let number = distinct.len() as u32;
                distinct.push(new.key().clone());
                *new.insert(number)
            }
        };
        let numbers: Vec<u32> = types.into_iter().map(number).collect();
        Self { numbers: SmallNumbers::of(&numbers), distinct: distinct.into_boxed_slice() }
    }

    pub(crate) fn get(&self, op: OpId) -> &Ty {
        let number = self.numbers.get(op.0 as usize);
        number.and_then(|number| self.distinct.get(number as usize)).unwrap_or(&Ty::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use connlint_facts::OpId;

    use super::OpTypes;
    use crate::types::ty::Ty;

    #[test]
    fn equal_types_are_kept_once_and_others_apart() {
        let types = vec![Ty::unit(), Ty::Never, Ty::unit(), Ty::future(Ty::unit()), Ty::future(Ty::unit())];
        let kept = OpTypes::of(types.clone());
        assert_eq!(kept.distinct.len(), 3);
        let found: Vec<Ty> = (0..types.len() as u32).map(|op| kept.get(OpId(op)).clone()).collect();
        assert_eq!(found, types);
        assert!(kept.get(OpId(5)).is_unknown());
    }
}
