//! Literals.

use connlint_facts::Literal;
use syn::Lit;

use super::context::Cx;

impl Cx<'_> {
    /// A literal's value.
    pub(crate) fn literal(&mut self, lit: &Lit) -> Literal {
        match lit {
            Lit::Str(lit) => Literal::Str(self.intern(&lit.value())),
            Lit::Int(lit) => lit.base10_parse().map_or(Literal::Other, Literal::Int),
            Lit::Bool(lit) => Literal::Bool(lit.value),
            Lit::Char(lit) => Literal::Char(lit.value()),
            Lit::Float(lit) => Literal::Float(self.intern(&lit.to_string())),
            _ => Literal::Other,
        }
    }
}
