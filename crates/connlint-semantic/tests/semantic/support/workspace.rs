//! Workspaces written in one string: each file begins with `//- /path [crate:name] [deps:a,b] [edition:2021]`.
//!
//! A file with `crate:` makes the manifest of its crate, in the folder above `src`. A dependency is `name`, `name@version`
//! (put into Cargo.lock too) or `new_name=name`; one named as a crate of the workspace is a path dependency.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use connlint_catalog::Catalog;
use connlint_facts::{TextRange, WorkspaceFacts};
use connlint_parser::{Limits, parse_sources};
use connlint_semantic::{LinkOptions, Program, inspect, link};

/// A parsed fixture.
pub(crate) struct Workspace {
    files: Vec<(String, String)>,
}

/// A crate as its header describes it.
#[derive(Default)]
struct Krate {
    name: String,
    edition: String,
    deps: Vec<String>,
}

impl Workspace {
    /// Reads the fixture and adds the manifests.
    pub(crate) fn new(fixture: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut crates: BTreeMap<String, Krate> = BTreeMap::new();
        for line in fixture.lines() {
            let line = line.trim_start();
            if let Some(header) = line.strip_prefix("//- /") {
                let mut words = header.split_whitespace();
                let path = words.next().expect("a path after `//- /`").to_owned();
                if let Some(krate) = Krate::read(words) {
                    crates.insert(folder(&path).to_owned(), krate);
                }
                files.push((path, String::new()));
            } else if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
                text.push('\n');
            } else {
                assert!(line.is_empty(), "text before the first `//- /path`: {line}");
            }
        }
        let manifests = manifests(&crates);
        files.extend(manifests);
        Self { files }
    }

    /// The linked program.
    pub(crate) fn link(&self) -> Program {
        link(&self.facts(), &Catalog::builtin().expect("the catalog loads"), &LinkOptions::default())
    }

    /// The linked program with what explanations need.
    pub(crate) fn link_with_details(&self) -> Program {
        let options = LinkOptions { details: true, ..LinkOptions::default() };
        link(&self.facts(), &Catalog::builtin().expect("the catalog loads"), &options)
    }

    /// What inference made of each line that ends in `//?`.
    pub(crate) fn inspect_marked(&self) -> Vec<String> {
        let catalog = Catalog::builtin().expect("the catalog loads");
        let facts = self.facts();
        let mut found = Vec::new();
        for (path, text) in &self.files {
            let mut start = 0;
            for line in text.split_inclusive('\n') {
                let end = start + line.len() as u32;
                if line.trim_end().ends_with("//?") {
                    // A range holds what begins at its end: the next line begins there.
                    let range = TextRange::new(start, end - 1);
                    found.push(inspect(&facts, &catalog, path, range));
                }
                start = end;
            }
        }
        found
    }

    /// The first line of a file's range, with blanks squeezed.
    pub(crate) fn text(&self, file: &str, start: u32, end: u32) -> String {
        let text = self.files.iter().find(|(path, _)| path == file).map_or("", |(_, text)| text);
        let piece = text.get(start as usize..end as usize).unwrap_or("");
        piece.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The line of an offset, from 1 on.
    pub(crate) fn line(&self, file: &str, offset: u32) -> usize {
        let text = self.files.iter().find(|(path, _)| path == file).map_or("", |(_, text)| text);
        text.bytes().take(offset as usize).filter(|&b| b == b'\n').count() + 1
    }

    fn facts(&self) -> WorkspaceFacts {
        parse_sources(&self.files, &Limits::default()).expect("threads start")
    }
}

impl Krate {
    fn read<'t>(words: impl Iterator<Item = &'t str>) -> Option<Self> {
        let mut krate = Self { edition: "2024".to_owned(), ..Self::default() };
        for word in words {
            match word.split_once(':').expect("`key:value` in a header") {
                ("crate", name) => krate.name = name.to_owned(),
                ("edition", edition) => krate.edition = edition.to_owned(),
                ("deps", deps) => krate.deps = deps.split(',').map(str::to_owned).collect(),
                (key, _) => panic!("unknown key `{key}` in a header"),
            }
        }
        (!krate.name.is_empty()).then_some(krate)
    }
}

/// The folder of a crate: what stands before `src/`.
fn folder(path: &str) -> &str {
    path.find("src/").map_or("", |at| path[..at].trim_end_matches('/'))
}

fn manifests(crates: &BTreeMap<String, Krate>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut locked = BTreeSet::new();
    let members: Vec<String> = crates.keys().filter(|f| !f.is_empty()).map(|f| format!("{f:?}")).collect();
    let workspace = format!("[workspace]\nmembers = [{}]\n", members.join(", "));
    for (place, krate) in crates {
        let mut text = if place.is_empty() { workspace.clone() } else { String::new() };
        let Krate { name, edition, deps } = krate;
        writeln!(text, "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = {edition:?}\n[dependencies]")
            .unwrap();
        for dep in deps {
            let (renamed, rest) = dep.split_once('=').unwrap_or((dep.split('@').next().unwrap_or(dep), dep));
            let (package, version) = rest.split_once('@').unwrap_or((rest, "*"));
            match crates.iter().find(|(_, k)| k.name == package) {
                Some((path, _)) => {
                    let up = "../".repeat(place.split('/').filter(|s| !s.is_empty()).count());
                    writeln!(text, "{renamed} = {{ package = {package:?}, path = \"{up}{path}\" }}").unwrap();
                }
                None => writeln!(text, "{renamed} = {{ package = {package:?}, version = {version:?} }}").unwrap(),
            }
            if version != "*" {
                locked
                    .insert(format!("[[package]]\nname = {package:?}\nversion = {version:?}\nsource = \"registry\"\n"));
            }
        }
        let separator = if place.is_empty() { "" } else { "/" };
        files.push((format!("{place}{separator}Cargo.toml"), text));
    }
    if !crates.is_empty() && !crates.contains_key("") {
        files.push(("Cargo.toml".to_owned(), workspace));
    }
    if !locked.is_empty() {
        let packages: Vec<String> = locked.into_iter().collect();
        files.push(("Cargo.lock".to_owned(), format!("version = 4\n{}", packages.join("\n"))));
    }
    files
}
