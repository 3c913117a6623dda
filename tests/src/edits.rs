//! Edits that change no program: what a property is held against.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::Range;
use std::process::{Command, Stdio};

use fastrand::Rng;
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use crate::shapes::Files;

/// The tokens of a source with their places, white space and comments included.
fn tokens(text: &str) -> impl Iterator<Item = (TokenKind, Range<usize>)> {
    tokenize(text, FrontmatterAllowed::No).scan(0, |at, token| {
        let start = *at;
        *at += token.len as usize;
        Some((token.kind, start..*at))
    })
}

/// The source with blank lines and comments between its lines.
pub fn spaced(text: &str, random: &mut Rng) -> String {
    let mut out = String::new();
    for (kind, range) in tokens(text) {
        let token = &text[range];
        out += token;
        if kind == TokenKind::Whitespace && token.contains('\n') && random.usize(..3) == 0 {
            out += random.choice(["\n", "// a comment\n", "\n\n\n", "/* a comment */\n"]).unwrap_or_default();
        }
    }
    out
}

/// The source in another format; `None` if rustfmt refuses it.
pub fn reformatted(text: &str) -> Option<String> {
    let mut command = Command::new("rustfmt");
    command.args(["--quiet", "--edition", "2024", "--config", "max_width=60,tab_spaces=2,use_small_heuristics=Off"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// What a name is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Variable,
    Function,
    Module,
}

/// The places of a word in code; `None` if it is in a literal or a comment too, or names something else than what is
/// meant: a field, a method, a member, a crate.
fn uses(text: &str, word: &str, of: Named) -> Option<Vec<usize>> {
    let names: BTreeSet<usize> = tokens(text)
        .filter(|(kind, range)| *kind == TokenKind::Ident && &text[range.clone()] == word)
        .map(|(_, range)| range.start)
        .collect();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices(word) {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        if before.ends_with(is_part) || after.starts_with(is_part) {
            continue;
        }
        let (before, after) = (before.trim_end(), after.trim_start());
        let is_field = after.starts_with(':') && !after.starts_with("::");
        let in_braces = before.ends_with(['{', ',', '}']) && after.starts_with([',', '}']) && !in_parentheses(before);
        let is_label = text[..at].ends_with(['\'', '#', '$', '@']);
        let is_segment = match of {
            Named::Variable => before.ends_with("::") || after.starts_with("::"),
            Named::Function => (after.starts_with("::") && !after.starts_with("::<")) || is_elsewhere(before),
            Named::Module => false,
        };
        let is_other = before.ends_with('.') || is_field || in_braces || is_label || is_segment;
        if !names.contains(&at) || is_other {
            return None;
        }
        found.push(at);
    }
    Some(found)
}

/// Whether a text ends with a path that may lead out of the project or into a type, whose function follows.
fn is_elsewhere(before: &str) -> bool {
    let Some(path) = before.strip_suffix("::") else { return false };
    let start = path.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')).map_or(0, |at| at + 1);
    !["crate", "self", "super"].contains(&path[start..].split("::").next().unwrap_or_default())
}

/// Whether the innermost bracket that is open at the end of a text is none of a block.
fn in_parentheses(before: &str) -> bool {
    let mut depth = 0;
    for c in before.chars().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth > 0 => depth -= 1,
            '(' | '[' => return true,
            '{' => return false,
            _ => {}
        }
    }
    false
}

/// The words that follow a keyword at the beginnings of lines, in code.
fn declared(project: &Files, heads: &[&str], ends: &[char]) -> BTreeSet<String> {
    let lines = project.iter().filter(|(path, _)| path.ends_with(".rs")).flat_map(|(_, text)| text.lines());
    let names = lines.filter_map(|line| {
        let rest = heads.iter().find_map(|head| line.strip_prefix(head))?;
        let name = rest.split(ends).next()?;
        let is_name = name.len() > 1 && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then(|| name.to_owned())
    });
    names.collect()
}

/// What a name becomes.
pub const SUFFIX: &str = "_renamed";

/// The project with a name replaced by another wherever it is used, in all of its sources or in one of them.
fn renamed(project: &Files, name: &str, of: Named, only: Option<&str>) -> Option<Files> {
    let mut renamed = project.clone();
    let mut number = 0;
    for (path, text) in &mut renamed {
        if !path.ends_with(".rs") || only.is_some_and(|only| only != path) {
            continue;
        }
        let uses = uses(text, name, of)?;
        number += uses.len();
        for at in uses.into_iter().rev() {
            text.insert_str(at + name.len(), SUFFIX);
        }
    }
    (number > 1).then_some(renamed)
}

fn one_of(names: BTreeSet<String>, random: &mut Rng, try_one: impl Fn(&str) -> Option<Files>) -> Option<Files> {
    let mut names: Vec<String> = names.into_iter().collect();
    random.shuffle(&mut names);
    names.iter().find_map(|name| try_one(name))
}

/// The project with a function renamed, if it has one that nothing outside can name.
pub fn with_renamed_function(project: &Files, random: &mut Rng) -> Option<Files> {
    let heads = ["fn ", "async fn ", "pub fn ", "pub async fn ", "pub(crate) fn ", "pub(crate) async fn "];
    let mut names = declared(project, &heads, &['(', '<']);
    names.remove("main");
    one_of(names, random, |name| renamed(project, name, Named::Function, None))
}

/// The project with a variable of one of its files renamed.
pub fn with_renamed_local(project: &Files, random: &mut Rng) -> Option<Files> {
    let mut files: Vec<&(String, String)> = project.iter().filter(|(path, _)| path.ends_with(".rs")).collect();
    random.shuffle(&mut files);
    files.into_iter().find_map(|(path, text)| {
        let lines: String = text.lines().map(|line| format!("{}\n", line.trim_start())).collect();
        let names = declared(&vec![(path.clone(), lines)], &["let mut ", "let "], &[' ', ':', ';']);
        one_of(names, random, |name| renamed(project, name, Named::Variable, Some(path)))
    })
}

/// The project with a module in a file of its own renamed.
pub fn with_renamed_file(project: &Files, random: &mut Rng) -> Option<Files> {
    let names = declared(project, &["mod ", "pub mod ", "pub(crate) mod "], &[';']);
    one_of(names, random, |name| {
        let mut renamed = renamed(project, name, Named::Module, None)?;
        let (file, folder) = (format!("/{name}.rs"), format!("/{name}/"));
        for (path, _) in &mut renamed {
            *path = path.replace(&file, &format!("/{name}{SUFFIX}.rs")).replace(&folder, &format!("/{name}{SUFFIX}/"));
        }
        Some(renamed)
    })
}
