//! One file's text to facts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use connlint_facts::{FileFacts, NoticeKind, Problem, RelPath, TextRange};
use syn::parse::{ParseStream, Parser as _};

use crate::Limits;
use crate::lower::Cx;
use crate::macros::MacroTable;

/// Reads one file. Never fails and never panics: what could not be read is among the problems of the facts.
///
/// Call it on a thread with a stack of [`Limits::stack_bytes`] and at no time while another syntax tree is alive on the
/// same thread.
pub fn parse_file(path: &RelPath, text: &str, macros: &MacroTable, limits: &Limits) -> FileFacts {
    let facts = catch_unwind(AssertUnwindSafe(|| lower_file(path, text, macros, limits)));
    proc_macro2::extra::invalidate_current_thread_spans();
    let mut facts = facts.unwrap_or_else(|_| {
        let mut facts = empty(path, text);
        let message = "connlint panicked while it read this file; nothing of it was analysed".to_owned();
        facts.problems.push(Problem { kind: NoticeKind::InternalError, range: None, message });
        facts
    });
    facts.problems.sort();
    facts.problems.dedup();
    facts.strings.freeze();
    facts
}

fn empty(path: &RelPath, text: &str) -> FileFacts {
    use std::hash::Hasher as _;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32;
    let unfinished = !text.is_empty() && !text.ends_with('\n');
    FileFacts {
        path: path.clone(),
        content_hash: hasher.finish(),
        bytes: text.len() as u32,
        lines: lines + u32::from(unfinished),
        ..FileFacts::default()
    }
}

fn lower_file(path: &RelPath, text: &str, macros: &MacroTable, limits: &Limits) -> FileFacts {
    let facts = empty(path, text);
    let mut cx = Cx::new(facts, text, macros, limits);
    let file = match syn::parse_str::<syn::File>(text) {
        Ok(file) => file,
        Err(error) => {
            let range = cx.range(error.span());
            cx.problem(NoticeKind::ParseError, range, error.to_string());
            return cx.facts;
        }
    };
    cx.inherited = cx.cfg_mark(&file.attrs);
    cx.facts.test_only = cx.inherited.test_only;
    let whole = TextRange::new(0, text.len() as u32);
    cx.suppressions(&file.attrs, whole);
    cx.facts.top = cx.items(&file.items);
    cx.facts
}

fn _unused(_: ParseStream<'_>) {}
