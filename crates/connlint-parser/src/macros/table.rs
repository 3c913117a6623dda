//! The `macro_rules!` definitions of a workspace by name.

use std::collections::BTreeMap;
use std::iter::Peekable;

use connlint_facts::RelPath;
use proc_macro2::TokenStream;
use rayon::prelude::*;

use super::rules::{Rule, parse_rules};
use crate::long_words::with_short_words;
use crate::scan::{Scanner, Token, TokenKind};

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
    /// Of the text that the rules were read from.
    hash: blake3::Hash,
}

/// The hash of all definitions of a name.
pub(crate) type DefinitionsHash = [u8; blake3::OUT_LEN];

impl MacroTable {
    /// Collects the definitions of files. The order of the files does not matter.
    pub fn collect<'a>(files: impl Iterator<Item = (&'a RelPath, &'a str)>) -> Self {
        let mut table = Self::default();
        for (path, text) in files {
            table.merge(Self::of_file(path, text));
        }
        table
    }

    /// Collects the definitions of files in parallel, on the threads of the current pool.
    pub(crate) fn of_files(files: &[(&String, &str)]) -> Self {
        let tables: Vec<Self> = files
            .par_iter()
            .filter(|(_, text)| may_define(text))
            .map(|(path, text)| Self::of_file(&RelPath::new(path.as_str()), text))
            .collect();
        let mut table = Self::default();
        tables.into_iter().for_each(|one| table.merge(one));
        table
    }

    /// The definitions of one file. Cheap for files without any.
    pub fn of_file(path: &RelPath, text: &str) -> Self {
        let mut table = Self::default();
        if may_define(text) {
            table.scan(path, text);
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

    /// The hash of the definitions of a name, and of where they are; `None` where there are none.
    pub(crate) fn hash_of(&self, name: &str) -> Option<DefinitionsHash> {
        let all = self.definitions.get(name)?;
        let mut hasher = blake3::Hasher::new();
        for one in all {
            let file = one.file.as_str();
            hasher.update(&[u8::from(one.exported)]).update(&(file.len() as u64).to_le_bytes());
            hasher.update(file.as_bytes()).update(one.hash.as_bytes());
        }
        Some(hasher.finalize().into())
    }

    /// Finds definitions at any depth; only they are read as tokens.
    fn scan(&mut self, path: &RelPath, text: &str) {
        let is_code = |token: &Token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
        let mut tokens = Scanner::new(text).filter(is_code).peekable();
        // For each open delimiter, and the file, whether the next definition there is exported.
        let mut exported = vec![false];
        while let Some(token) = tokens.next() {
            let Some(is_exported) = exported.last_mut() else { return };
            match token.kind {
                TokenKind::Open(delimiter) => {
                    let is_bracket = delimiter == b'[';
                    let inside = text.get(token.end..).unwrap_or("").trim_start();
                    *is_exported = is_bracket && (*is_exported || inside.starts_with("macro_export"));
                    exported.push(false);
                }
                TokenKind::Close(_) => {
                    exported.pop();
                    // A delimiter without a partner: the file itself stays open.
                    exported.is_empty().then(|| exported.push(false));
                }
                TokenKind::Ident if text.get(token.start..token.end) == Some("macro_rules") => {
                    let is_exported = std::mem::take(is_exported);
                    if let Some((name, body)) = definition(text, &mut tokens) {
                        self.add(path, name, is_exported, body);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, path: &RelPath, name: &str, exported: bool, text: &str) {
        if let Ok(body) = with_short_words(text).parse::<TokenStream>()
            && let Some(rules) = parse_rules(body)
        {
            let (folder, hash) = (crate_folder(path), blake3::hash(text.as_bytes()));
            let definition = Definition { file: path.clone(), folder, exported, rules, hash };
            self.definitions.entry(name.into()).or_default().push(definition);
        }
    }
}

fn may_define(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"macro_rules").is_some()
}

/// The name and the rules behind `macro_rules`; `None` where something else is there.
fn definition<'t>(text: &'t str, tokens: &mut Peekable<impl Iterator<Item = Token>>) -> Option<(&'t str, &'t str)> {
    tokens.next_if(|token| token.kind == TokenKind::Punct(b'!'))?;
    let name = tokens.next_if(|token| token.kind == TokenKind::Ident)?;
    let open = tokens.next_if(|token| matches!(token.kind, TokenKind::Open(_)))?;
    let mut depth = 1usize;
    let close = tokens.find(|token| {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    text.get(name.start..name.end).zip(text.get(open.end..close.start))
}

/// The folder of the crate that a file belongs to, by the conventions of cargo.
pub(crate) fn crate_folder(path: &RelPath) -> String {
    let parts: Vec<_> = path.as_str().split('/').collect();
    let is_target_folder = |part: &&str| matches!(*part, "src" | "tests" | "examples" | "benches");
    let depth = parts.iter().rposition(is_target_folder).unwrap_or(parts.len().saturating_sub(1));
    parts.get(..depth).unwrap_or_default().join("/")
}
