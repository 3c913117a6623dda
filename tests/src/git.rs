//! Git repositories that tests make. No git process is needed, and nothing of the user's configuration is read.

use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};
use gix::objs::{Commit, Tree};

/// A repository with a work tree, on the branch `main`.
pub struct Git {
    repo: gix::Repository,
}

impl Git {
    /// A new repository in a folder.
    pub fn init(folder: &Path) -> Self {
        let (kind, options) = (gix::create::Kind::WithWorktree, gix::create::Options::default());
        let repo = gix::ThreadSafeRepository::init_opts(folder, kind, options, gix::open::Options::isolated());
        let git = Self { repo: repo.expect("a repository can be made").to_thread_local() };
        git.write(".git/HEAD", "ref: refs/heads/main\n");
        git
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder().join(file);
        fs::create_dir_all(path.parent().expect("it lies in the repository")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    fn folder(&self) -> &Path {
        self.repo.workdir().expect("it has a work tree")
    }

    /// Commits all files of the work tree on the current branch.
    pub fn commit_all(&self, message: &str) -> String {
        let tree = self.tree_of(self.folder());
        let parents: Vec<String> = self.head().into_iter().collect();
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        let id = self.commit(tree, &parents, message);
        self.write(&format!(".git/refs/heads/{}", self.branch()), &format!("{id}\n"));
        id
    }

    /// Writes a commit that no branch has.
    pub fn commit(&self, tree: ObjectId, parents: &[&str], message: &str) -> String {
        let time = gix::date::Time::new(1_700_000_000, 0);
        let author = gix::actor::Signature { name: "Ada".into(), email: "ada@test.example".into(), time };
        let parents = parents.iter().map(|id| id.parse::<ObjectId>().expect("an identifier")).collect();
        let commit = Commit {
            tree,
            parents,
            author: author.clone(),
            committer: author,
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        self.repo.write_object(&commit).expect("a commit can be written").to_string()
    }

    /// The commit of the current branch.
    pub fn head(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder().join(format!(".git/refs/heads/{}", self.branch()))).ok()?;
        Some(text.trim().to_owned())
    }

    fn branch(&self) -> String {
        let head = fs::read_to_string(self.folder().join(".git/HEAD")).expect("there is a HEAD");
        head.trim().trim_start_matches("ref: refs/heads/").to_owned()
    }

    /// Makes a branch of a commit the current one. The work tree stays as it is.
    pub fn switch(&self, branch: &str, commit: &str) {
        self.write(&format!(".git/refs/heads/{branch}"), &format!("{commit}\n"));
        self.write(".git/HEAD", &format!("ref: refs/heads/{branch}\n"));
    }

    /// Puts all files of the work tree into the index.
    pub fn stage_all(&self) {
        let tree = self.tree_of(self.folder());
        let mut index = self.repo.index_from_tree(&tree).expect("a tree has an index");
        index.write(gix::index::write::Options::default()).expect("the index can be written");
    }

    /// Forgets what lies before a commit, as a shallow clone does.
    pub fn make_shallow(&self, commit: &str, forgotten: &[&str]) {
        self.write(".git/shallow", &format!("{commit}\n"));
        for id in forgotten {
            let (folder, name) = id.split_at(2);
            fs::remove_file(self.folder().join(".git/objects").join(folder).join(name)).expect("the object is loose");
        }
    }

    /// A tree object of these entries, written as they are.
    pub fn raw_tree(&self, entries: &[(EntryKind, &str, ObjectId)]) -> ObjectId {
        let entries =
            entries.iter().map(|(kind, name, oid)| Entry { mode: (*kind).into(), filename: (*name).into(), oid: *oid });
        let mut tree = Tree { entries: entries.collect() };
        tree.entries.sort();
        self.repo.write_object(&tree).expect("a tree can be written").detach()
    }

    /// A file's object.
    pub fn blob(&self, text: &str) -> ObjectId {
        self.repo.write_blob(text).expect("a blob can be written").detach()
    }

    /// The tree object of a folder. One that holds `.git` as a file is a submodule: the file names its commit.
    pub fn tree_of(&self, folder: &Path) -> ObjectId {
        let mut entries = Vec::new();
        for found in fs::read_dir(folder).expect("the folder is there").flatten() {
            let (path, name) = (found.path(), found.file_name().to_string_lossy().into_owned());
            if name == ".git" {
                continue;
            }
            let kind = found.file_type().expect("it has a kind");
            let (kind, id) = if kind.is_symlink() {
                let target = fs::read_link(&path).expect("a link has a target");
                (EntryKind::Link, self.blob(&target.to_string_lossy()))
            } else if kind.is_dir() {
                (EntryKind::Tree, self.tree_of(&path))
            } else {
                let text = fs::read(&path).expect("the file can be read");
                (EntryKind::Blob, self.repo.write_blob(text).expect("a blob can be written").detach())
            };
            entries.push((kind, name, id));
        }
        let entries: Vec<_> = entries.iter().map(|(kind, name, id)| (*kind, name.as_str(), *id)).collect();
        self.raw_tree(&entries)
    }
}
