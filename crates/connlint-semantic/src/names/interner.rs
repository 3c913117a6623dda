//! Names of the whole workspace, each kept once.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// An interned name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

/// The interner. It is filled while definitions are collected and read-only afterwards.
#[derive(Debug, Default)]
pub(crate) struct Names<'w> {
    index: FxHashMap<Cow<'w, str>, Name>,
    list: Vec<Cow<'w, str>>,
}

impl<'w> Names<'w> {
    pub(crate) fn intern(&mut self, text: impl Into<Cow<'w, str>>) -> Name {
        let text = text.into();
        if let Some(&name) = self.index.get(&*text) {
            return name;
        }
        let name = Name(self.list.len() as u32);
        self.list.push(text.clone());
        self.index.insert(text, name);
        name
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.list.get(name.0 as usize).map_or("", |text| text)
    }

    /// The name of `text`, if any file of the workspace uses it.
    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied()
    }
}
