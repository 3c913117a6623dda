//! A tree of files that is not on disk, such as a commit's, walked by the rules that hold for folders on disk.

use std::collections::BTreeMap;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::limits::Limits;
use crate::walk::MAX_GITIGNORE_BYTES;
use crate::workspace::files::{FileSystem, Found, ReadError, Walked};
use crate::workspace::notice;
use crate::workspace::paths::{self, Paths};
use connlint_facts::NoticeKind;

/// Links that lead to links are followed so often.
const MAX_LINKS: usize = 40;

/// What is at a path of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeEntry<'a> {
    /// A file.
    File,
    /// A link, and what it says.
    Link(&'a str),
}

/// A tree of files that is not on disk. Paths are relative to its root, with `/` between the parts.
pub trait SourceTree: Sync {
    /// The parts of the root's path, as far as it has one: a way out of the root and back into it is recognised by them.
    fn root(&self) -> Vec<String>;
    /// All files and links, sorted by path.
    fn entries(&self) -> Vec<(&str, TreeEntry<'_>)>;
    /// The bytes of a file; why not, in words, if it has none.
    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, String>;
    /// How many folders above the root belong to the same tree.
    fn levels_above(&self) -> usize;
    /// The bytes of a file so many folders above the root.
    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>>;
}

/// A [`SourceTree`] as the parser looks at files.
pub(crate) struct TreeFiles<'a> {
    tree: &'a dyn SourceTree,
    entries: BTreeMap<&'a str, TreeEntry<'a>>,
}

impl<'a> TreeFiles<'a> {
    pub(crate) fn new(tree: &'a dyn SourceTree) -> Self {
        Self { tree, entries: tree.entries().into_iter().collect() }
    }

    fn has_folder(&self, path: &str) -> bool {
        let start = format!("{path}/");
        let first = self.entries.range(start.as_str()..).next();
        path.is_empty() || first.is_some_and(|(found, _)| found.starts_with(&start))
    }

    fn has_file(&self, folder: &str, name: &str) -> bool {
        self.entries.contains_key(paths::child(folder, name).as_str())
    }

    /// Where a path ends once links are followed. One that leaves the root is outside, one that leads in a circle is
    /// missing.
    fn followed(&self, path: &str) -> Result<String, Found> {
        let joined = Paths::default();
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let whole =
                std::iter::successors(Some(path.as_str()), |part| Some(paths::parent(part)).filter(|p| !p.is_empty()));
            let links = whole.filter_map(|part| match self.entries.get(part)? {
                TreeEntry::Link(target) => Some((part, *target)),
                TreeEntry::File => None,
            });
            let Some((link, target)) = links.last() else { return Ok(path) };
            let rest = path.get(link.len()..).unwrap_or_default();
            path = joined.join(paths::parent(link), &format!("{target}{rest}"));
            if paths::is_outside(&path) {
                return Err(Found::Outside);
            }
        }
        Err(Found::Missing)
    }
}

impl FileSystem for TreeFiles<'_> {
    fn paths(&self) -> Paths {
        Paths::new(self.tree.root())
    }

    fn walk(&self, limits: &Limits) -> Walked {
        let mut walk =
            Walk { files: self, folders: BTreeMap::new(), rules: BTreeMap::new(), walked: Walked::default() };
        let most = limits.max_walk_entries;
        for (path, entry) in self.entries.iter().take(most) {
            walk.enter(path, *entry);
        }
        let mut walked = walk.walked;
        if self.entries.len() > most {
            let message = format!("the folder has more than {most} entries; the rest was not read");
            walked.notices.push(notice(NoticeKind::LimitReached, "", message));
        }
        walked.manifests.sort();
        walked.locks.sort();
        walked
    }

    fn find(&self, path: &str) -> Found {
        if paths::is_outside(path) {
            return Found::Outside;
        }
        let end = match self.followed(path) {
            Ok(end) => end,
            Err(found) => return found,
        };
        match self.entries.get(end.as_str()) {
            Some(_) => Found::File(end),
            None if self.has_folder(&end) => Found::Folder,
            None => Found::Missing,
        }
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = self.tree.read(path, max_bytes).map_err(ReadError::Unreadable)?;
        bytes.ok_or(ReadError::TooLarge)
    }

    fn levels_above(&self) -> usize {
        self.tree.levels_above()
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        self.tree.read_above(levels, name, max_bytes)
    }
}

/// One walk: which folders are walked, and what was found.
struct Walk<'a> {
    files: &'a TreeFiles<'a>,
    /// Whether a folder is walked.
    folders: BTreeMap<&'a str, bool>,
    /// The rules of the `.gitignore` file of a folder; those of a folder above have as many `../` as it takes.
    rules: BTreeMap<String, Option<Gitignore>>,
    walked: Walked,
}

impl<'a> Walk<'a> {
    fn enter(&mut self, path: &'a str, entry: TreeEntry<'a>) {
        let (folder, name) = (paths::parent(path), paths::file_name(path));
        if name.starts_with('.') || !self.is_walked(folder) || self.is_ignored(path, false) {
            return;
        }
        match (name, entry) {
            (_, TreeEntry::Link(_)) => self.enter_link(path),
            ("Cargo.toml", _) => self.walked.manifests.push(folder.to_owned()),
            ("Cargo.lock", _) => self.walked.locks.push(folder.to_owned()),
            _ if name.ends_with(".rs") => self.walked.sources.push(path.to_owned()),
            _ => {}
        }
    }

    fn enter_link(&mut self, path: &str) {
        let name = paths::file_name(path);
        let (is_source, is_manifest) = (name.ends_with(".rs"), matches!(name, "Cargo.toml" | "Cargo.lock"));
        match self.files.find(path) {
            Found::File(_) if is_source => self.walked.links.push(path.to_owned()),
            Found::File(_) if name == "Cargo.toml" => self.walked.manifests.push(paths::parent(path).to_owned()),
            Found::File(_) if is_manifest => self.walked.locks.push(paths::parent(path).to_owned()),
            Found::Outside if is_source || is_manifest => {
                let message = "a link that leaves the analysed folder; it was not followed".to_owned();
                self.walked.notices.push(notice(NoticeKind::OutsideRoot, path, message));
            }
            _ => {}
        }
    }

    fn is_walked(&mut self, folder: &'a str) -> bool {
        if folder.is_empty() {
            return true;
        }
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let (above, name) = (paths::parent(folder), paths::file_name(folder));
        let is_output = self.files.has_file(folder, "CACHEDIR.TAG")
            || (name == "target" && self.files.has_file(above, "Cargo.toml"))
            || self.files.has_file(folder, ".cargo-checksum.json");
        let walked = !name.starts_with('.') && !is_output && self.is_walked(above) && !self.is_ignored(folder, true);
        self.folders.insert(folder, walked);
        walked
    }

    /// Whether the nearest rule on the path says that git ignores it. Files that are committed all the same are ignored
    /// on disk too.
    fn is_ignored(&mut self, path: &str, is_folder: bool) -> bool {
        let full = absolute(&self.files.tree.root(), path);
        let inside: Vec<String> = paths::ancestors(paths::parent(path)).map(str::to_owned).collect();
        let outside = (1..=self.files.levels_above()).map(|levels| vec![".."; levels].join("/"));
        for folder in inside.into_iter().chain(outside) {
            let files = self.files;
            let rules = self.rules.entry(folder.clone()).or_insert_with(|| read_rules(files, &folder));
            let verdict = rules.as_ref().map(|rules| rules.matched(&full, is_folder));
            if let Some(verdict) = verdict.filter(|verdict| !verdict.is_none()) {
                return verdict.is_ignore();
            }
        }
        false
    }
}

/// The rules of a folder's `.gitignore` file.
fn read_rules(files: &TreeFiles<'_>, folder: &str) -> Option<Gitignore> {
    let levels = folder.split('/').filter(|part| *part == "..").count();
    let bytes = match levels {
        0 => {
            let name = paths::child(folder, ".gitignore");
            files.entries.get(name.as_str()).filter(|entry| **entry == TreeEntry::File)?;
            files.tree.read(&name, MAX_GITIGNORE_BYTES).ok()??
        }
        _ => files.tree.read_above(levels, ".gitignore", MAX_GITIGNORE_BYTES)?,
    };
    let root = files.tree.root();
    let base = match levels {
        0 => absolute(&root, folder),
        _ => absolute(root.get(..root.len().checked_sub(levels)?)?, ""),
    };
    let mut builder = GitignoreBuilder::new(base);
    for line in String::from_utf8_lossy(&bytes).lines() {
        // A pattern that git would not understand either ignores nothing.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

fn absolute(root: &[String], path: &str) -> String {
    format!(
        "/{}",
        root.iter().map(String::as_str).chain([path]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts {
        root: Vec<String>,
        inside: BTreeMap<&'static str, &'static str>,
        above: Vec<(usize, &'static str, &'static str)>,
    }

    impl SourceTree for Texts {
        fn root(&self) -> Vec<String> {
            self.root.clone()
        }

        /// A text that begins with `->` is a link.
        fn entries(&self) -> Vec<(&str, TreeEntry<'_>)> {
            let entry = |text: &&'static str| text.strip_prefix("->").map_or(TreeEntry::File, TreeEntry::Link);
            self.inside.iter().map(|(path, text)| (*path, entry(text))).collect()
        }

        fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, String> {
            let text = self.inside.get(path).ok_or_else(|| "no such file".to_owned())?;
            Ok((text.len() as u64 <= max_bytes).then(|| text.as_bytes().to_vec()))
        }

        fn levels_above(&self) -> usize {
            self.root.len()
        }

        fn read_above(&self, levels: usize, name: &str, _: u64) -> Option<Vec<u8>> {
            let found = self.above.iter().find(|(level, file, _)| *level == levels && *file == name)?;
            Some(found.2.as_bytes().to_vec())
        }
    }

    fn texts(inside: &[(&'static str, &'static str)]) -> Texts {
        let above = vec![(1, ".gitignore", "/api/generated.rs\nlocal/\n")];
        Texts { root: vec!["api".to_owned()], inside: inside.iter().copied().collect(), above }
    }

    #[test]
    fn same_is_left_out_as_on_disk() {
        let tree = texts(&[
            (".gitignore", "*.gen.rs\n!kept.gen.rs\n/out\n"),
            (".hidden/a.rs", ""),
            ("Cargo.toml", ""),
            ("a.gen.rs", ""),
            ("generated.rs", ""),
            ("kept.gen.rs", ""),
            ("local/a.rs", ""),
            ("out/a.rs", ""),
            ("src/out/a.rs", ""),
            ("src/target/a.rs", ""),
            ("target/debug/a.rs", ""),
            ("vendor/x/.cargo-checksum.json", ""),
            ("vendor/x/a.rs", ""),
            ("cache/CACHEDIR.TAG", ""),
            ("cache/a.rs", ""),
        ]);
        let walked = TreeFiles::new(&tree).walk(&Limits::default());
        assert_eq!(walked.sources, ["kept.gen.rs", "src/out/a.rs", "src/target/a.rs"]);
        assert_eq!(walked.manifests, [""]);
    }

    #[test]
    fn links_are_followed_inside_the_root_only() {
        let tree = texts(&[
            ("a/lib.rs", ""),
            ("b/lib.rs", "->../a/lib.rs"),
            ("c", "->a"),
            ("loop.rs", "->loop.rs"),
            ("out.rs", "->../../secret.rs"),
            ("etc.rs", "->/etc/passwd"),
        ]);
        let files = TreeFiles::new(&tree);
        assert_eq!(files.find("b/lib.rs"), Found::File("a/lib.rs".to_owned()));
        assert_eq!(files.find("c/lib.rs"), Found::File("a/lib.rs".to_owned()));
        assert_eq!(files.find("c"), Found::Folder);
        for missing in ["x.rs", "loop.rs"] {
            assert_eq!(files.find(missing), Found::Missing, "{missing}");
        }
        for outside in ["out.rs", "etc.rs", "../x"] {
            assert_eq!(files.find(outside), Found::Outside, "{outside}");
        }
        let walked = files.walk(&Limits::default());
        assert_eq!((walked.sources, walked.links), (vec!["a/lib.rs".to_owned()], vec!["b/lib.rs".to_owned()]));
        assert_eq!(walked.notices.len(), 2);
    }

    #[test]
    fn project_in_a_tree_is_parsed_as_on_disk() {
        let tree = texts(&[
            ("Cargo.toml", "[package]\nname = \"x\"\nedition = \"2021\"\n"),
            ("src/lib.rs", "mod a;\n"),
            ("src/a.rs", "pub fn f() {}\n"),
        ]);
        let facts = crate::parse_tree(&tree, &Limits::default(), &|_| {}).unwrap();
        let files: Vec<&str> = facts.crates.iter().flat_map(|k| &k.files).map(|f| f.path.as_str()).collect();
        assert_eq!((files, facts.notices.len()), (vec!["src/lib.rs", "src/a.rs"], 0));
    }
}
