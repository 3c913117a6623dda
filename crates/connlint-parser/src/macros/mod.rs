//! `macro_rules!` of the workspace: collected as plain data, expanded where they are used.

use connlint_facts::RelPath;
use proc_macro2::{Ident, Span, TokenStream};
use syn::Macro;

use crate::Limits;

#[derive(Clone, Debug, Default)]
pub struct MacroTable {}

impl MacroTable {
    pub fn collect<'a>(_files: impl Iterator<Item = (&'a RelPath, &'a str)>) -> Self { Self {} }
}
pub(crate) enum Expansion { Undefined, Tokens(TokenStream), Failed(String) }
pub(crate) struct Expander<'a> { _table: &'a MacroTable }
impl<'a> Expander<'a> {
    pub(crate) fn new(table: &'a MacroTable, _path: &RelPath, _limits: &Limits) -> Self { Self { _table: table } }
    pub(crate) fn expand(&mut self, _mac: &Macro, _span: Span, _known: bool) -> Expansion { Expansion::Undefined }
    pub(crate) fn define(&mut self, _ident: &Ident, _mac: &Macro) {}
    pub(crate) fn enter(&mut self) {}
    pub(crate) fn leave(&mut self) {}
}
