//! Copies of projects that a test changes.

use std::fs;
use std::path::Path;

use crate::files::{fixtures, text};

/// A copy of a project in a folder of its own.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A copy of a folder of the fixtures.
    pub fn of_fixture(name: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a temporary folder can be made") };
        project.overlay(name);
        project
    }

    /// Copies a folder of the fixtures over this one: files that it lacks stay.
    pub fn overlay(&self, name: &str) {
        copy(&fixtures().join(name), self.root());
    }

    /// Where it lies.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The text of a file.
    pub fn text(&self, file: &str) -> String {
        text(&self.root().join(file))
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Replaces a text, which must be there, in a file.
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "{file} does not contain {from:?}");
        self.write(file, &text.replace(from, to));
    }

    /// Renames a file or a folder.
    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.root().join(from), self.root().join(to)).expect("it can be renamed");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the fixture is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}
