//! Compilation targets: what `[lib]`, `[[bin]]` and their relatives say, and what cargo finds by itself.

use connlint_facts::{Notice, NoticeKind, RelPath, TargetKind};
use toml::{Table, Value};

use super::fields::{bool_in, str_in, strings_in, table_in};
use crate::workspace::files::{Files, Found, Walked};
use crate::workspace::paths::{self, Paths};

/// One target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name in code.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: TargetKind,
    /// Its root file, links followed.
    pub(crate) path: String,
    /// Whether it is a library that a program in any language loads.
    pub(crate) for_host: bool,
}

/// What a manifest says of targets.
#[derive(Debug)]
pub(crate) struct TargetTables {
    lib: Option<TargetEntry>,
    auto_lib: bool,
    groups: Vec<TargetGroup>,
    build: BuildField,
}

/// One table of targets of a kind.
#[derive(Debug)]
struct TargetGroup {
    kind: TargetKind,
    /// The folder that cargo searches.
    folder: &'static str,
    auto: Option<bool>,
    entries: Vec<TargetEntry>,
}

#[derive(Debug)]
struct TargetEntry {
    name: Option<String>,
    path: Option<String>,
    proc_macro: bool,
    for_host: bool,
}

#[derive(Debug)]
enum BuildField {
    Default,
    Off,
    Paths(Vec<String>),
}

const GROUPS: [(TargetKind, &str, &str, &str); 4] = [
    (TargetKind::Bin, "bin", "src/bin", "autobins"),
    (TargetKind::Example, "example", "examples", "autoexamples"),
    (TargetKind::Test, "test", "tests", "autotests"),
    (TargetKind::Bench, "bench", "benches", "autobenches"),
];

impl TargetTables {
    /// Reads the tables of a manifest.
    pub(crate) fn read(package: &Table, manifest: &Table) -> Self {
        let group = |(kind, table, folder, auto)| TargetGroup {
            kind,
            folder,
            auto: bool_in(package, auto),
            entries: manifest
                .get(table)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.as_table().map(TargetEntry::read))
                .collect(),
        };
        let build = match package.get("build") {
            Some(Value::Boolean(false)) => BuildField::Off,
            Some(Value::String(path)) => BuildField::Paths(vec![path.clone()]),
            Some(Value::Array(_)) => BuildField::Paths(strings_in(package, "build")),
            _ => BuildField::Default,
        };
        Self {
            lib: table_in(manifest, &["lib"]).map(TargetEntry::read),
            auto_lib: bool_in(package, "autolib").unwrap_or(true),
            groups: GROUPS.into_iter().map(group).collect(),
            build,
        }
    }
}

impl TargetEntry {
    fn read(table: &Table) -> Self {
        let types: Vec<String> =
            strings_in(table, "crate-type").into_iter().chain(strings_in(table, "crate_type")).collect();
        Self {
            name: str_in(table, "name").map(str::to_owned),
            path: str_in(table, "path").map(str::to_owned),
            proc_macro: bool_in(table, "proc-macro").unwrap_or(false) || types.iter().any(|t| t == "proc-macro"),
            for_host: types.iter().any(|t| matches!(t.as_str(), "cdylib" | "staticlib")),
        }
    }
}

/// Finds the targets of packages among the files under the root.
pub(crate) struct TargetFinder<'a> {
    /// How paths are joined.
    pub(crate) paths: &'a Paths,
    /// Look-ups.
    pub(crate) files: &'a Files<'a>,
    /// What the walk found.
    pub(crate) walked: &'a Walked,
}

impl TargetFinder<'_> {
    /// The targets of one package: its library first, then by kind and name.
    pub(crate) fn find(
        &self,
        folder: &str,
        package: &str,
        edition: u16,
        tables: &TargetTables,
        notices: &mut Vec<Notice>,
    ) -> Vec<Target> {
        let mut found = Vec::new();
        found.extend(self.library(folder, package, tables, notices));
        for group in &tables.groups {
            self.group(folder, package, edition, group, &mut found, notices);
        }
        self.build_scripts(folder, tables, &mut found, notices);
        found
    }

    fn library(&self, folder: &str, package: &str, tables: &TargetTables, notices: &mut Vec<Notice>) -> Option<Target> {
        let entry = tables.lib.as_ref();
        let kind = if entry.is_some_and(|lib| lib.proc_macro) { TargetKind::ProcMacro } else { TargetKind::Lib };
        let path = match entry.and_then(|lib| lib.path.as_deref()) {
            Some(path) => self.named(folder, path, "[lib]", notices)?,
            None if entry.is_some() => self.named(folder, "src/lib.rs", "[lib]", notices)?,
            None if tables.auto_lib => self.files.file(&self.paths.join(folder, "src/lib.rs"))?,
            None => return None,
        };
        let name = entry.and_then(|lib| lib.name.as_deref()).unwrap_or(package);
        let for_host = entry.is_some_and(|lib| lib.for_host);
        Some(Target { name: code_name(name), kind, path, for_host })
    }

    fn group(
        &self,
        folder: &str,
        package: &str,
        edition: u16,
        group: &TargetGroup,
        found: &mut Vec<Target>,
        notices: &mut Vec<Notice>,
    ) {
        let inferred = self.inferred(folder, package, group);
        let mut named = Vec::new();
        for entry in &group.entries {
            let Some(name) = entry.name.as_deref().or_else(|| entry.path.as_deref().map(paths::stem)) else { continue };
            let guess = inferred.iter().find(|(inferred, _)| inferred == name);
            let path = match (&entry.path, guess) {
                (Some(path), _) => self.named(folder, path, &format!("target `{name}`"), notices),
                (None, Some((_, path))) => Some(path.clone()),
                (None, None) => self.guessed(folder, name, group, notices),
            };
            named.extend(path.map(|path| (name.to_owned(), path)));
        }
        let auto = group.auto.unwrap_or(edition > 2015 || group.entries.is_empty());
        if auto {
            let new = inferred.into_iter().filter(|(name, path)| !named.iter().any(|(n, p)| n == name || p == path));
            let new: Vec<_> = new.collect();
            named.extend(new);
        }
        named.sort();
        named.dedup();
        let target =
            |(name, path): (String, String)| Target { name: code_name(&name), kind: group.kind, path, for_host: false };
        found.extend(named.into_iter().map(target));
    }

    /// `src/bin/x.rs` and `src/bin/x/main.rs` (and the like), and `src/main.rs`, with their names.
    fn inferred(&self, folder: &str, package: &str, group: &TargetGroup) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if group.kind == TargetKind::Bin {
            let main = self.files.file(&self.paths.join(folder, "src/main.rs"));
            found.extend(main.map(|path| (package.to_owned(), path)));
        }
        let base = format!("{}/", paths::child(folder, group.folder));
        for list in [&self.walked.sources, &self.walked.links] {
            let start = list.partition_point(|path| path.as_str() < base.as_str());
            let below = list.iter().skip(start).map_while(|path| Some((path, path.strip_prefix(base.as_str())?)));
            for (path, rest) in below {
                let name = match rest.split_once('/') {
                    None => rest.strip_suffix(".rs"),
                    Some((name, "main.rs")) => Some(name),
                    Some(_) => None,
                };
                found.extend(name.and_then(|name| Some((name.to_owned(), self.files.file(path)?))));
            }
        }
        found
    }

    /// Where cargo looks for a target whose manifest gives a name only, beyond what was inferred.
    fn guessed(&self, folder: &str, name: &str, group: &TargetGroup, notices: &mut Vec<Notice>) -> Option<String> {
        let flat = format!("{}/{name}.rs", group.folder);
        let nested = format!("{}/{name}/main.rs", group.folder);
        if let Some(path) = self.files.file(&self.paths.join(folder, &nested)) {
            return Some(path);
        }
        if group.kind == TargetKind::Bin && group.entries.len() == 1 && self.find_in(folder, &flat) == Found::Missing {
            // Cargo takes `src/main.rs` for the only binary of old packages.
            if let Some(path) = self.files.file(&self.paths.join(folder, "src/main.rs")) {
                return Some(path);
            }
        }
        self.named(folder, &flat, &format!("target `{name}`"), notices)
    }

    fn build_scripts(&self, folder: &str, tables: &TargetTables, found: &mut Vec<Target>, notices: &mut Vec<Notice>) {
        let script = |path: String| {
            let name = code_name(paths::stem(&path));
            Target { name, kind: TargetKind::BuildScript, path, for_host: false }
        };
        match &tables.build {
            BuildField::Off => {}
            BuildField::Default => found.extend(self.files.file(&self.paths.join(folder, "build.rs")).map(script)),
            BuildField::Paths(paths) => {
                let paths = paths.iter().filter_map(|path| self.named(folder, path, "`build`", notices));
                let scripts: Vec<_> = paths.map(script).collect();
                found.extend(scripts);
            }
        }
    }

    fn find_in(&self, folder: &str, path: &str) -> Found {
        self.files.find(&self.paths.join(folder, path))
    }

    /// A file that the manifest names, or a notice.
    fn named(&self, folder: &str, path: &str, what: &str, notices: &mut Vec<Notice>) -> Option<String> {
        let (kind, message) = match self.find_in(folder, path) {
            Found::File(path) => return Some(path),
            Found::Outside => (NoticeKind::OutsideRoot, format!("{what} lies outside the analysed folder: `{path}`")),
            Found::Missing => (NoticeKind::MissingMember, format!("{what} has no file `{path}`")),
            Found::Folder | Found::Special => (NoticeKind::MissingMember, format!("{what} is no file: `{path}`")),
        };
        let path = Some(RelPath::new(paths::child(folder, "Cargo.toml")));
        notices.push(Notice { kind, path, range: None, message });
        None
    }
}

/// A package's or target's name as code writes it.
pub(crate) fn code_name(name: &str) -> String {
    name.replace('-', "_")
}
