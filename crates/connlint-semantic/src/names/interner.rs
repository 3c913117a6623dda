//! Names of the whole workspace, each kept once.

use connlint_facts::{StringTable, Sym};

/// An interned name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

/// The interner. It is filled while definitions are collected and read-only afterwards.
#[derive(Debug, Default)]
pub(crate) struct Names(StringTable);

impl Names {
    pub(crate) fn intern(&mut self, text: impl AsRef<str>) -> Name {
        Name(self.0.intern(text.as_ref()).0)
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.0.get(Sym(name.0))
    }

    /// The name of `text`, if any file of the workspace uses it.
    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.0.find(text).map(|Sym(number)| Name(number))
    }
}
