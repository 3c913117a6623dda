//! Unified diffs: which lines of which files they change.

use std::collections::BTreeMap;

use crate::error::VcsError;
use crate::lines::LineChanges;

/// A unified diff, as far as it says which lines of the newer files are new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    files: BTreeMap<String, LineChanges>,
}

impl Patch {
    /// Reads the output of `git diff`, `diff -u` or a forge.
    ///
    /// # Errors
    ///
    /// If it is a diff against several parents, or a hunk is not complete.
    pub fn parse(text: &str) -> Result<Self, VcsError> {
        let mut reader = Reader { lines: text.lines().collect(), at: 0, patch: Self::default() };
        reader.read()?;
        Ok(reader.patch)
    }

    /// The changes of a file by its path; none if the patch does not touch it.
    pub fn of(&self, path: &str) -> Option<&LineChanges> {
        self.files.get(path)
    }
}

struct Reader<'t> {
    lines: Vec<&'t str>,
    at: usize,
    patch: Patch,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), VcsError> {
        let mut old = None;
        let mut new: Option<String> = None;
        while let Some(line) = self.lines.get(self.at).copied() {
            self.at += 1;
            if line.starts_with("diff ") {
                (old, new) = (None, None);
            } else if let Some(name) = line.strip_prefix("--- ") {
                old = Some(file_name(name));
            } else if let (Some(name), Some(old)) = (line.strip_prefix("+++ "), &old) {
                new = new_name(old, &file_name(name));
                if let Some(name) = &new {
                    self.patch.files.entry(name.clone()).or_default();
                }
            } else if line.starts_with("@@@") {
                return Err(self.error("a diff against several parents says nothing about one change"));
            } else if line.starts_with("@@ ") {
                self.hunk(line, new.as_deref())?;
            }
        }
        Ok(())
    }

    fn error(&self, why: &str) -> VcsError {
        VcsError::new(format!("line {} of the diff: {why}", self.at))
    }

    /// Reads the lines of a hunk behind its head.
    fn hunk(&mut self, head: &str, file: Option<&str>) -> Result<(), VcsError> {
        let (mut old_left, start, mut new_left) = ranges(head).ok_or_else(|| self.error("not the head of a hunk"))?;
        // The start of an empty run is the line before it.
        let mut line = if new_left == 0 { start } else { start.saturating_sub(1) };
        let mut changes = LineChanges::default();
        let (mut first, mut removed) = (line, false);
        while old_left > 0 || new_left > 0 {
            let text = self.lines.get(self.at).copied().ok_or_else(|| self.error("the hunk is not complete"))?;
            self.at += 1;
            match text.as_bytes().first() {
                Some(b'+') if new_left > 0 => {
                    new_left -= 1;
                    line += 1;
                }
                Some(b'-') if old_left > 0 => {
                    old_left -= 1;
                    removed = true;
                }
                // Mail and editors remove the blank of an empty line.
                Some(b' ') | None if old_left > 0 && new_left > 0 => {
                    changes.add(first..line, removed);
                    old_left -= 1;
                    new_left -= 1;
                    line += 1;
                    (first, removed) = (line, false);
                }
                Some(b'\\') => {}
                _ => return Err(self.error("the hunk is not complete")),
            }
        }
        changes.add(first..line, removed);
        if let Some(known) = file.and_then(|file| self.patch.files.get_mut(file)) {
            known.append(changes);
        }
        Ok(())
    }
}

/// The number of old lines, the first new line and the number of new lines of `@@ -1,2 +3,4 @@`.
fn ranges(head: &str) -> Option<(u32, u32, u32)> {
    let mut words = head.strip_prefix("@@ ")?.split(' ');
    let (old, new) = (words.next()?.strip_prefix('-')?, words.next()?.strip_prefix('+')?);
    let range = |text: &str| match text.split_once(',') {
        Some((start, count)) => Some((start.parse::<u32>().ok()?, count.parse::<u32>().ok()?)),
        None => Some((text.parse::<u32>().ok()?, 1)),
    };
    let (start, count) = range(new)?;
    // No line of a real file has such a number.
    (start < u32::MAX / 4 && count < u32::MAX / 4).then_some((range(old)?.1, start, count))
}

/// A name without the time that `diff` puts behind it, unquoted.
fn file_name(text: &str) -> String {
    let text = text.trim_end_matches('\r');
    match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => text.split('\t').next().unwrap_or_default().to_owned(),
    }
}

/// What git quotes as C does.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next().filter(|byte| *byte != b'"') {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                while let Some(digit @ b'0'..=b'7') = rest.peek().copied().filter(|_| value < 0o40) {
                    value = value * 8 + u32::from(digit - b'0');
                    rest.next();
                }
                bytes.extend(u8::try_from(value));
            }
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path of the newer file; none if it was removed. git puts a letter and a slash before both names.
fn new_name(old: &str, new: &str) -> Option<String> {
    if new == "/dev/null" {
        return None;
    }
    let letter = |name: &str| {
        let (letter, rest) = name.split_once('/')?;
        matches!(letter, "a" | "b" | "c" | "i" | "o" | "w").then(|| (letter.to_owned(), rest.to_owned()))
    };
    let stripped = match (letter(old), letter(new)) {
        (Some((a, _)), Some((b, rest))) if a != b => Some(rest),
        (None, Some((b, rest))) if old == "/dev/null" && b != "a" => Some(rest),
        _ => None,
    };
    let name = stripped.unwrap_or_else(|| new.to_owned());
    Some(name.strip_prefix("./").map(str::to_owned).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(text: &str, file: &str) -> Option<LineChanges> {
        Patch::parse(text).unwrap().of(file).cloned()
    }

    const GIT: &str = "diff --git a/src/a.rs b/src/b.rs\nsimilarity index 90%\nrename from src/a.rs\n\
                       rename to src/b.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/b.rs\n@@ -1,4 +1,4 @@ fn x() {\n one\n\
                       -two\n+zwei\n three\n-four\n+vier\n@@ -10,3 +10,2 @@\n ten\n-eleven\n twelve\n\\ No newline at end of file\n";

    #[test]
    fn changed_lines_are_those_of_the_newer_file() {
        let found = changes(GIT, "src/b.rs").unwrap();
        assert_eq!((found.first_in(0..3), found.first_in(2..9)), (Some(1), Some(3)));
        assert_eq!((found.first_in(4..99), found.nearest_in(4..99, 50)), (None, Some(10)));
        assert_eq!(changes(GIT, "src/a.rs"), None);
    }

    #[test]
    fn new_removed_and_quoted_files_are_named() {
        let new = "--- /dev/null\n+++ b/x/a \"b\".rs\t2026-01-01\n@@ -0,0 +1,2 @@\n+one\n+two\n";
        assert_eq!(changes(new, "x/a \"b\".rs").unwrap().first_in(1..9), Some(1));
        let quoted = "--- \"a/\\303\\251.rs\"\n+++ \"b/\\303\\251.rs\"\n@@ -1 +1 @@\n-a\n+b\n";
        assert_eq!(changes(quoted, "é.rs").unwrap().first_in(0..9), Some(0));
        let removed = "--- a/x.rs\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n";
        assert_eq!(Patch::parse(removed).unwrap(), Patch::default());
        // Without prefixes a folder of one letter is a folder.
        assert!(changes("--- a/x.rs\n+++ a/x.rs\n@@ -1 +1 @@\n-a\n+b\n", "a/x.rs").is_some());
    }

    #[test]
    fn lines_that_look_like_heads_are_lines() {
        let text = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n \n";
        assert_eq!(changes(text, "x").unwrap().first_in(0..9), Some(0));
        assert_eq!(changes(text, "y"), None);
    }

    #[test]
    fn broken_diffs_are_refused_with_their_line() {
        let error = |text: &str| Patch::parse(text).unwrap_err().to_string();
        assert_eq!(error("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n"), "line 4 of the diff: the hunk is not complete");
        assert!(error("--- a/x\n+++ b/x\n@@ -1 +1,4294967295 @@\n").contains("not the head of a hunk"));
        assert!(error("@@@ -1 -1 +1 @@@\n").contains("several parents"));
        assert_eq!(Patch::parse("no diff at all\n").unwrap(), Patch::default());
    }
}
