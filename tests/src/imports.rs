//! Which file of a package imports which other, read off `use` declarations and paths.
//!
//! A re-export is not an import of its own: who imports through it imports the file that it leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::files::{files_below, text};
use crate::source::bare;

/// The imports between the files of one package, by path relative to its `src`.
#[derive(Debug, Default)]
pub struct Imports {
    /// For each file those that it imports.
    pub of: BTreeMap<String, BTreeSet<String>>,
}

/// A file as a module.
#[derive(Default)]
struct Module {
    file: String,
    /// `["lower", "body"]`; empty for the root.
    path: Vec<String>,
    /// Names that its `use` declarations bring in, with the paths that they stand for.
    names: BTreeMap<String, Vec<String>>,
    /// Modules whose names a glob brings in.
    globs: Vec<Vec<String>>,
    /// All paths in its code but those of re-exports.
    paths: BTreeSet<Vec<String>>,
    /// Names of the items that it defines.
    defines: BTreeSet<String>,
}

impl Imports {
    /// The imports of a package; its test modules are left out.
    pub fn of_package(src: &Path) -> Self {
        let files = files_below(src, &["rs"]).into_iter().filter_map(|file| {
            let name = file.strip_prefix(src).ok()?.to_string_lossy().replace('\\', "/");
            let is_test = name.split('/').any(|part| part == "tests" || part == "tests.rs");
            (!is_test).then_some((name, file))
        });
        Self::of_files(files.map(|(name, file): (String, PathBuf)| (name, text(&file))))
    }

    /// The imports between files, given with their texts.
    pub fn of_files(files: impl Iterator<Item = (String, String)>) -> Self {
        let modules: Vec<Module> = files.map(|(file, text)| module(file, &text)).collect();
        let by_path: BTreeMap<&[String], &Module> = modules.iter().map(|m| (m.path.as_slice(), m)).collect();
        let mut of = BTreeMap::new();
        for module in &modules {
            let found = module.paths.iter().filter_map(|path| target(&by_path, module, path, 0));
            of.insert(module.file.clone(), found.filter(|file| *file != module.file).collect());
        }
        Self { of }
    }

    /// All files that a file imports, directly or through others.
    pub fn reachable(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            for next in self.of.get(file).into_iter().flatten() {
                if found.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        found
    }

    /// Pairs of files in different folders that import each other, directly or through others.
    pub fn circles_of_folders(&self) -> Vec<(&str, &str)> {
        let reachable: BTreeMap<&str, BTreeSet<&str>> =
            self.of.keys().map(|f| (f.as_str(), self.reachable(f))).collect();
        let back = |from: &str, to: &str| reachable.get(to).is_some_and(|found| found.contains(from));
        let pairs = reachable.iter().flat_map(|(from, found)| found.iter().map(move |to| (*from, *to)));
        pairs.filter(|(from, to)| from < to && folder(from) != folder(to) && back(from, to)).collect()
    }
}

/// The folder of a file: that of `lower/mod.rs` and `lower/body.rs` is `lower`.
pub fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn module(file: String, text: &str) -> Module {
    let code = bare(text);
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let path: Vec<String> = match stem {
        "lib" | "main" | "mod" => Vec::new(),
        stem => stem.split('/').map(str::to_owned).collect(),
    };
    let mut module = Module { file, path, ..Module::default() };
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        match use_tree(statement) {
            Some((before, is_public, tree)) => {
                rest.push_str(before);
                let mut found = Vec::new();
                leaves(tree, &[], &mut found);
                found.into_iter().for_each(|(path, name)| module.add_use(path, name, is_public));
            }
            None => rest.push_str(statement),
        }
    }
    module.add_code(&rest);
    module
}

impl Module {
    fn add_use(&mut self, path: Vec<String>, name: String, is_public: bool) {
        if !is_public {
            self.paths.insert(path.clone());
        }
        if name == "*" {
            self.globs.push(path);
        } else {
            self.names.insert(name, path);
        }
    }

    /// Adds the paths of two and more segments in code, and the names of the items that are defined there.
    fn add_code(&mut self, code: &str) {
        const KINDS: [&str; 7] = ["fn", "struct", "enum", "trait", "const", "static", "type"];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut last = "";
        for word in code.split(|c: char| !is_word(c) && c != ':').filter(|word| !word.is_empty()) {
            let parts: Vec<String> = word.trim_end_matches(':').split("::").map(str::to_owned).collect();
            if KINDS.contains(&last) {
                self.defines.extend(parts.into_iter().next());
            } else if parts.len() > 1 && parts.iter().all(|part| !part.is_empty()) {
                self.paths.insert(parts);
            }
            last = word;
        }
    }

    /// A path of this module from the root of its crate; `None` if it begins with the name of another crate.
    fn absolute(&self, path: &[String], modules: &BTreeMap<&[String], &Self>) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = self.path.clone();
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop()?;
            }
            name => {
                base.push(name.to_owned());
                if !modules.contains_key(base.as_slice()) {
                    return None;
                }
            }
        }
        let supers = rest.iter().take_while(|part| *part == "super").count();
        base.truncate(base.len().checked_sub(supers)?);
        base.extend(rest.iter().skip(supers).cloned());
        Some(base)
    }
}

/// The file that a path leads to: through names that are imported and re-exported, to the module that defines the rest.
fn target(modules: &BTreeMap<&[String], &Module>, from: &Module, path: &[String], depth: usize) -> Option<String> {
    const MAX_REEXPORTS: usize = 8;
    if depth > MAX_REEXPORTS {
        return None;
    }
    let Some(absolute) = from.absolute(path, modules) else {
        let (first, rest) = path.split_first()?;
        let imported = from.names.get(first).filter(|imported| imported.as_slice() != path)?;
        let whole: Vec<String> = imported.iter().chain(rest).cloned().collect();
        return target(modules, from, &whole, depth + 1);
    };
    let length = (0..=absolute.len()).rev().find(|length| modules.contains_key(&absolute[..*length]))?;
    let found = modules[&absolute[..length]];
    let Some(name) = absolute.get(length) else { return Some(found.file.clone()) };
    let through_name = found.names.get(name).and_then(|path| target(modules, found, path, depth + 1));
    let through_glob = || {
        found.globs.iter().find_map(|glob| {
            let path: Vec<String> = glob.iter().chain([name]).cloned().collect();
            let file = target(modules, found, &path, depth + 1)?;
            let inside = modules.values().find(|module| module.file == file)?;
            inside.defines.contains(name).then_some(file)
        })
    };
    through_name.or_else(through_glob).or_else(|| Some(found.file.clone()))
}

/// The tree of a `use` declaration at the end of a statement, what comes before it, and whether it re-exports.
fn use_tree(statement: &str) -> Option<(&str, bool, &str)> {
    let at = statement.rmatch_indices("use ").map(|(at, _)| at).find(|&at| {
        let before = statement[..at].trim_end_matches(' ');
        before.is_empty() || before.ends_with(['\n', ')']) || before.ends_with("pub")
    })?;
    let before = &statement[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before, line.trim_start().starts_with("pub"), statement[at + 4..].trim_end_matches(';')))
}

/// The paths of a `use` tree, each with the name that it brings in (`*` for a glob).
fn leaves(tree: &str, prefix: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let mut path = prefix.to_vec();
        path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        for part in group_parts(group.trim_end().trim_end_matches('}')) {
            leaves(part, &path, found);
        }
        return;
    }
    let (path, renamed) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim())));
    let mut whole = prefix.to_vec();
    whole.extend(path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    if whole.len() > 1 && whole.last().is_some_and(|last| last == "self" || last == "*") {
        let last = whole.pop().unwrap_or_default();
        let name = if last == "*" { last } else { whole.last().cloned().unwrap_or_default() };
        found.push((whole, renamed.map_or(name, str::to_owned)));
    } else if let Some(last) = whole.last().cloned() {
        found.push((whole, renamed.map_or(last, str::to_owned)));
    }
}

/// The parts of a group between commas that lie in no inner group.
fn group_parts(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}
