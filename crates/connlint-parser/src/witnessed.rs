//! A file system whose answers somebody takes note of.
//!
//! What is read of a project is a function of the answers that its [`FileSystem`] gives. [`crate::observed`] keeps their
//! hashes, to determine whether a later run gets the same; [`crate::recording`] keeps the answers, to give them elsewhere.

use crate::limits::Limits;
use crate::workspace::files::{FileSystem, Found, ReadError, Walked};
use crate::workspace::paths::Paths;

/// A question, and what was answered.
pub(crate) enum Answered<'a> {
    Walk(&'a Walked),
    LevelsAbove(usize),
    Find(&'a str, &'a Found),
    /// A file, how many bytes it may have, and what it holds.
    Read(&'a str, u64, &'a Result<Vec<u8>, ReadError>),
    /// How many folders above the root, the file, how many bytes it may have, and what it holds.
    ReadAbove(usize, &'a str, u64, Option<&'a [u8]>),
}

/// A file system, and who is told what it answers.
pub(crate) struct Witnessed<'a> {
    pub(crate) files: &'a dyn FileSystem,
    pub(crate) note: &'a (dyn Fn(Answered<'_>) + Sync),
}

impl FileSystem for Witnessed<'_> {
    fn paths(&self) -> Paths {
        self.files.paths()
    }

    fn walk(&self, limits: &Limits) -> Walked {
        let walked = self.files.walk(limits);
        (self.note)(Answered::Walk(&walked));
        walked
    }

    fn find(&self, path: &str) -> Found {
        let found = self.files.find(path);
        (self.note)(Answered::Find(path, &found));
        found
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        let read = self.files.read(path, max_bytes);
        (self.note)(Answered::Read(path, max_bytes, &read));
        read
    }

    fn levels_above(&self) -> usize {
        let levels = self.files.levels_above();
        (self.note)(Answered::LevelsAbove(levels));
        levels
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        let read = self.files.read_above(levels, name, max_bytes);
        (self.note)(Answered::ReadAbove(levels, name, max_bytes, read.as_deref()));
        read
    }
}
