//! The `macro_rules!` definitions of a workspace by name.

use std::collections::BTreeMap;

use connlint_facts::RelPath;
use proc_macro2::{TokenStream, TokenTree};

use super::rules::{Rule, parse_rules};

/// The `macro_rules!` definitions of a workspace by name, as plain data.
#[derive(Clone, Debug, Default)]
pub struct MacroTable {
    definitions: BTreeMap<Box<str>, Vec<Definition>>,
}

/// One definition.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) file: RelPath,
    /// The folder of the crate that it belongs to.
    pub(crate) folder: String,
    /// `#[macro_export]`
    pub(crate) exported: bool,
    pub(crate) rules: Vec<Rule>,
}

impl MacroTable {
    /// Collects the definitions of files. The order of the files does not matter.
    pub fn collect<'a>(files: impl Iterator<Item = (&'a RelPath, &'a str)>) -> Self {
        let mut table = Self::default();
        for (path, text) in files {
            table.merge(Self::of_file(path, text));
        }
        table
    }

    /// The definitions of one file. Cheap for files without any.
    pub fn of_file(path: &RelPath, text: &str) -> Self {
        let mut table = Self::default();
        if memchr::memmem::find(text.as_bytes(), b"macro_rules").is_some() {
            if let Ok(tokens) = text.parse::<TokenStream>() {
                table.scan(path, tokens);
            }
            proc_macro2::extra::invalidate_current_thread_spans();
        }
        table
    }

    /// Takes in the definitions of another table.
    pub fn merge(&mut self, other: Self) {
        for (name, definitions) in other.definitions {
            let all = self.definitions.entry(name).or_default();
            all.extend(definitions);
            // Stable, so definitions of one file keep their order.
            all.sort_by(|a, b| a.file.cmp(&b.file));
        }
    }

    /// Number of names that have a definition.
    pub fn len(&self) -> usize {
        self.definitions.len()
    }

    /// Whether there is no definition.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    pub(crate) fn definitions(&self, name: &str) -> &[Definition] {
        self.definitions.get(name).map_or(&[], Vec::as_slice)
    }

    fn scan(&mut self, path: &RelPath, tokens: TokenStream) {
        // A work list: definitions may stand inside functions and modules of any depth.
        let mut pending = vec![tokens];
        while let Some(tokens) = pending.pop() {
            let mut exported = false;
            let mut tokens = tokens.into_iter().peekable();
            while let Some(token) = tokens.next() {
                match token {
                    TokenTree::Ident(word) if word == "macro_rules" => {
                        let is_bang = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '!');
                        if tokens.next_if(is_bang).is_some()
                            && let Some(TokenTree::Ident(name)) = tokens.next()
                            && let Some(TokenTree::Group(body)) = tokens.next()
                        {
                            self.add(path, &name.to_string(), exported, body.stream());
                        }
                        exported = false;
                    }
                    TokenTree::Group(group) => {
                        let is_attribute = group.delimiter() == proc_macro2::Delimiter::Bracket;
                        exported |= is_attribute && group.stream().to_string().starts_with("macro_export");
                        if !is_attribute {
                            exported = false;
                            pending.push(group.stream());
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn add(&mut self, path: &RelPath, name: &str, exported: bool, body: TokenStream) {
        if let Some(rules) = parse_rules(body) {
            let definition = Definition { file: path.clone(), folder: crate_folder(path), exported, rules };
            self.definitions.entry(name.into()).or_default().push(definition);
        }
    }
}

/// The folder of the crate that a file belongs to, by the conventions of cargo.
pub(crate) fn crate_folder(path: &RelPath) -> String {
    let parts: Vec<_> = path.as_str().split('/').collect();
    let is_target_folder = |part: &&str| matches!(*part, "src" | "tests" | "examples" | "benches");
    let depth = parts.iter().rposition(is_target_folder).unwrap_or(parts.len().saturating_sub(1));
    parts.get(..depth).unwrap_or_default().join("/")
}
