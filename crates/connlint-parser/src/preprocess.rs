//! Prepares a file for syn: blanks what is not Rust (BOM, shebang) and what is not analysed (comments, test bodies),
//! keeping lines and columns.

use std::borrow::Cow;

use crate::Limits;
use crate::prescan::{ByteRange, Prescan, prescan};
use crate::test_code::{find_tests, may_have_tests};
use crate::unreadable::blank;

/// A text, scanned once before syn parses it.
pub(crate) struct PreparedText<'t> {
    pub(crate) text: &'t str,
    /// Where Rust begins.
    head: usize,
    /// The bodies of test functions, if they are not analysed.
    bodies: Vec<ByteRange>,
    /// Names that these bodies call or take by path, as often as they do.
    pub(crate) test_names: Vec<&'t str>,
    /// Result of the scan, without these bodies.
    prescan: Prescan,
}

impl<'t> PreparedText<'t> {
    /// Scans a text.
    pub(crate) fn of(text: &'t str, is_test: bool, limits: &Limits) -> Self {
        let head = preamble(text);
        let from = head.max(mark_len(text));
        let is_wanted = limits.test_bodies || !may_have_tests(text, is_test);
        let tests = if is_wanted { None } else { find_tests(text, from, is_test, limits.max_nesting) };
        match tests {
            Some(tests) => Self { text, head, bodies: tests.bodies, test_names: tests.names, prescan: tests.prescan },
            None => {
                let prescan = prescan(text, from, limits.max_nesting);
                Self { text, head, bodies: Vec::new(), test_names: Vec::new(), prescan }
            }
        }
    }

    /// The text without the bodies of its tests; `None` where there are none, or an item nests too deeply.
    pub(crate) fn without_tests(&self) -> Option<Cow<'t, str>> {
        let is_fit = !self.bodies.is_empty() && self.prescan.deep.is_empty();
        is_fit.then(|| self.readable())
    }

    /// Scans the bodies of tests too; from here on they are kept.
    pub(crate) fn keep_tests(&mut self, limits: &Limits) {
        if !self.bodies.is_empty() {
            self.bodies.clear();
            self.prescan = prescan(self.text, self.head.max(mark_len(self.text)), limits.max_nesting);
        }
    }

    /// Items that nest too deeply.
    pub(crate) fn deep(&self) -> &[ByteRange] {
        &self.prescan.deep
    }

    /// The text that syn parses.
    pub(crate) fn readable(&self) -> Cow<'t, str> {
        without(self.text, self.head, &self.bodies, &self.prescan.comments)
    }

    /// The text with all its comments, but without what nests too deeply.
    pub(crate) fn without_deep(&self) -> String {
        let pieces: Vec<ByteRange> = std::iter::once((0, self.head)).chain(self.deep().iter().copied()).collect();
        blank(self.text, 0, &pieces)
    }

    /// The text with documentation as plain comments.
    pub(crate) fn in_place(&self) -> String {
        let marks = self.prescan.comments.iter().map(|&(start, end)| (start + 2, end));
        let of_documentation =
            marks.filter(|&(mark, end)| mark < end && matches!(self.text.as_bytes().get(mark), Some(b'/' | b'!')));
        let marks = of_documentation.map(|(mark, _)| (mark, mark + 1));
        let pieces: Vec<ByteRange> = std::iter::once((0, self.head)).chain(marks).collect();
        blank(self.text, 0, &pieces)
    }
}

/// Whether anything in a text nests too deep.
pub(crate) fn is_too_deep(text: &str, limits: &Limits) -> bool {
    !prescan(text, mark_len(text), limits.max_nesting).deep.is_empty()
}

/// The text with a blank head, and without what lies in the pieces but line ends and room before what follows on the same
/// line.
pub(crate) fn without<'t>(text: &'t str, head: usize, bodies: &[ByteRange], comments: &[ByteRange]) -> Cow<'t, str> {
    if head == 0 && bodies.is_empty() && comments.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    if head > 0 {
        rest.push_str(&blank(text.get(..head).unwrap_or(""), 0, &[(0, head)]));
        at = head;
    }
    let mut comments = comments.iter().peekable();
    for &(start, end) in bodies {
        while let Some(&(comment, behind)) = comments.next_if(|(comment, _)| *comment < start) {
            rest.push_str(text.get(at..comment).unwrap_or(""));
            at = behind;
        }
        rest.push_str(text.get(at..start).unwrap_or(""));
        push_room(text.get(start..end).unwrap_or(""), &mut rest);
        at = end;
    }
    for &(comment, behind) in comments {
        // Nothing follows a line comment on its line.
        rest.push_str(text.get(at..comment).unwrap_or(""));
        at = behind;
    }
    rest.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(rest)
}

fn push_room(gone: &str, into: &mut String) {
    let lines = memchr::memchr_iter(b'\n', gone.as_bytes()).count();
    into.extend(std::iter::repeat_n('\n', lines));
    let last = gone.rfind('\n').map_or(gone, |newline| gone.get(newline + 1..).unwrap_or(""));
    into.extend(last.chars().map(|_| ' '));
}

/// Length of a byte order mark.
fn mark_len(text: &str) -> usize {
    if text.starts_with('\u{feff}') { 3 } else { 0 }
}

/// Length of a `#!` line or a cargo script's front matter; 0 where there is none.
fn preamble(text: &str) -> usize {
    let bom = mark_len(text);
    let body = text.get(bom..).unwrap_or("");
    let line_end = |text: &str| text.find('\n').unwrap_or(text.len());
    let mut end = 0;
    if body.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('[')) {
        end = line_end(body);
    }
    let rest = body.get(end..).unwrap_or("");
    let script = rest.trim_start();
    if script.starts_with("---") {
        let start = body.len() - script.len();
        if let Some(close) = script.find("\n---") {
            end = start + close + 1;
            end += line_end(body.get(end..).unwrap_or(""));
        }
    }
    if end == 0 { 0 } else { bom + end }
}
