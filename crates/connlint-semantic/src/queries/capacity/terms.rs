//! Numbers of connections in which some factors are names: what the code does not show is named, not guessed.

use std::collections::BTreeMap;

/// A factor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A number that the code or the catalog shows.
    Known(u64),
    /// One that they do not: its name.
    Named(String),
}

/// What is assumed of the amounts that have only a name.
pub type Values = BTreeMap<String, u64>;

/// A product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// Its factors.
    pub factors: Vec<Amount>,
}

/// A sum of products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Its terms.
    pub terms: Vec<Term>,
}

impl Amount {
    /// Its number, if it is known or assumed.
    pub fn value(&self, values: &Values) -> Option<u64> {
        match self {
            Self::Known(number) => Some(*number),
            Self::Named(name) => values.get(name).copied(),
        }
    }
}

impl Term {
    /// The number of a single amount.
    pub fn of(amount: Amount) -> Self {
        Self { factors: vec![amount] }
    }

    /// Its number, if all factors have one.
    pub fn value(&self, values: &Values) -> Option<u64> {
        self.factors.iter().try_fold(1_u64, |product, factor| Some(product.saturating_mul(factor.value(values)?)))
    }

    /// Its factors that have a name only, and no assumption.
    pub fn unknown<'t>(&'t self, values: &'t Values) -> impl Iterator<Item = &'t str> {
        self.factors.iter().filter_map(|factor| match factor {
            Amount::Named(name) if !values.contains_key(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl Sum {
    /// Its number, if all terms have one.
    pub fn value(&self, values: &Values) -> Option<u64> {
        self.terms.iter().try_fold(0_u64, |sum, term| Some(sum.saturating_add(term.value(values)?)))
    }

    /// The sum of the terms that have a number: it is at least that.
    pub fn at_least(&self, values: &Values) -> u64 {
        self.terms.iter().filter_map(|term| term.value(values)).fold(0, u64::saturating_add)
    }

    /// The names of what is not known, each once, in order.
    pub fn unknown(&self, values: &Values) -> Vec<String> {
        let mut names: Vec<String> =
            self.terms.iter().flat_map(|term| term.unknown(values).map(str::to_owned).collect::<Vec<_>>()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The sum with what is assumed filled in: numbers are added up, the rest keeps its names, each product once.
    pub fn shown(&self, values: &Values) -> String {
        let known = self.at_least(values);
        let mut rest: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
        for term in self.terms.iter().filter(|term| term.value(values).is_none()) {
            let (number, names) = term.parts(values);
            let sum = rest.entry(names).or_default();
            *sum = sum.saturating_add(number);
        }
        let is_number = known > 0 || rest.is_empty();
        let number = is_number.then(|| known.to_string());
        let product = |(names, number): (Vec<&str>, u64)| {
            let names = names.into_iter().map(|name| format!("[{name}]"));
            let number = (number != 1).then(|| number.to_string());
            number.into_iter().chain(names).collect::<Vec<_>>().join(" × ")
        };
        number.into_iter().chain(rest.into_iter().map(product)).collect::<Vec<_>>().join(" + ")
    }
}

impl Term {
    /// The product of its factors that have a number, and the names of the others, in order.
    fn parts<'t>(&'t self, values: &'t Values) -> (u64, Vec<&'t str>) {
        let known = self.factors.iter().filter_map(|factor| factor.value(values));
        let mut names: Vec<&str> = self.unknown(values).collect();
        names.sort_unstable();
        (known.fold(1, u64::saturating_mul), names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Amount {
        Amount::Named(name.to_owned())
    }

    #[test]
    fn sums_add_what_is_known_and_name_the_rest() {
        let workers = Term { factors: vec![Amount::Known(5), named("workers")] };
        let sum = Sum { terms: vec![Term::of(Amount::Known(10)), workers, Term::of(Amount::Known(1))] };
        let nothing = Values::new();
        assert_eq!(sum.shown(&nothing), "11 + 5 × [workers]");
        assert_eq!((sum.value(&nothing), sum.at_least(&nothing)), (None, 11));
        assert_eq!(sum.unknown(&nothing), ["workers"]);
        let assumed = Values::from([("workers".to_owned(), 4)]);
        assert_eq!((sum.shown(&assumed).as_str(), sum.value(&assumed)), ("31", Some(31)));
    }

    #[test]
    fn equal_products_are_added() {
        let of = |number| Term { factors: vec![named("requests"), Amount::Known(number), named("maximum")] };
        let sum = Sum { terms: vec![of(1), of(2)] };
        assert_eq!(sum.shown(&Values::new()), "3 × [maximum] × [requests]");
    }

    #[test]
    fn an_empty_sum_is_nothing_and_an_empty_product_one() {
        assert_eq!(Sum::default().shown(&Values::new()), "0");
        assert_eq!(Term::default().value(&Values::new()), Some(1));
    }

    #[test]
    fn numbers_that_are_too_large_do_not_wrap() {
        let huge = Term { factors: vec![Amount::Known(u64::MAX), Amount::Known(2)] };
        assert_eq!(huge.value(&Values::new()), Some(u64::MAX));
    }
}
