//! Comments that ask lints to leave code alone: `// connlint: allow(lint, other) reason`.

use connlint_facts::{Body, FileFacts, ItemKind, RegionKind, SuppressionFact, SuppressionForm, TextRange};

use crate::scan::{Scanner, TokenKind};

/// Finds the suppressions among the comments of a file and shows what each one covers: its line's or the next line's
/// innermost whole statement, field, item or arm, else the line.
pub(crate) fn collect(text: &str, facts: &mut FileFacts) {
    if memchr::memmem::find(text.as_bytes(), b"connlint:").is_some() {
        let comments = comments(text);
        let mut spans = Vec::new();
        if !comments.is_empty() {
            code_spans(facts, &mut spans);
        }
        for comment in comments {
            let covers = covered(comment.line, &spans);
            facts.suppressions.push(SuppressionFact {
                form: SuppressionForm::Comment,
                lints: comment.lints,
                reason: comment.reason,
                range: comment.range,
                covers,
            });
        }
    }
    facts.suppressions.sort_by_key(|suppression| suppression.range);
}

struct Comment {
    lints: Vec<String>,
    reason: Option<String>,
    range: TextRange,
    /// The line of code that it is about, without the white space around it.
    line: TextRange,
}

fn comments(text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    // Own-line comments wait for the code below them.
    let mut waiting: Vec<(Vec<String>, Option<String>, TextRange)> = Vec::new();
    let mut last_code_end = None;
    for token in Scanner::new(text) {
        if token.kind == TokenKind::LineComment {
            let Some((lints, reason)) = text.get(token.start..token.end).and_then(parse) else { continue };
            let end = token.start + text.get(token.start..token.end).unwrap_or("").trim_end().len();
            let range = TextRange::new(token.start as u32, end as u32);
            match last_code_end.filter(|&code| is_same_line(text, code, token.start)) {
                Some(code) => found.push(Comment { lints, reason, range, line: line_of(text, code) }),
                None => waiting.push((lints, reason, range)),
            }
        } else if token.kind != TokenKind::BlockComment {
            for (lints, reason, range) in waiting.drain(..) {
                found.push(Comment { lints, reason, range, line: line_of(text, token.start) });
            }
            last_code_end = Some(token.end);
        }
    }
    found.extend(waiting.into_iter().map(|(lints, reason, range)| Comment { lints, reason, range, line: range }));
    found
}

fn is_same_line(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|between| !between.contains('\n'))
}

/// The code of the line that holds an offset, without indentation and comment.
fn line_of(text: &str, at: usize) -> TextRange {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |newline| at + newline);
    let mut range: Option<TextRange> = None;
    for token in Scanner::new(text.get(start..end).unwrap_or("")) {
        if !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment) {
            let token = TextRange::new((start + token.start) as u32, (start + token.end) as u32);
            range = Some(range.map_or(token, |range| range.cover(token)));
        }
    }
    range.unwrap_or(TextRange::new(start as u32, end as u32))
}

/// `// connlint: allow(a, b) reason`
fn parse(comment: &str) -> Option<(Vec<String>, Option<String>)> {
    let body = comment.trim_start_matches('/').trim_start_matches('!').trim();
    let list = body.strip_prefix("connlint:")?.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let (list, reason) = list.split_once(')')?;
    let lints = list.split(',').map(|lint| lint.trim().to_owned()).filter(|lint| !lint.is_empty()).collect();
    let reason = reason.trim().trim_start_matches([':', '-', '—']).trim();
    Some((lints, (!reason.is_empty()).then(|| reason.to_owned())))
}

/// The smallest whole piece of code that begins on the line, else the innermost one that the line is part of.
fn covered(line: TextRange, spans: &[TextRange]) -> TextRange {
    let size = |range: &&TextRange| range.end - range.start;
    let begins = spans.iter().filter(|span| line.start <= span.start && span.start < line.end);
    let outermost = begins.filter(|span| span.start == line.start).max_by_key(size);
    let around = spans.iter().filter(|span| span.start < line.start && line.start < span.end).min_by_key(size);
    match (outermost, around) {
        (Some(span), _) => span.cover(line),
        (None, Some(span)) => span.cover(line),
        (None, None) => line,
    }
}

/// The statements, arms, fields and items of a file.
fn code_spans(facts: &FileFacts, into: &mut Vec<TextRange>) {
    for item in &facts.items {
        into.push(item.attributes.iter().fold(item.range, |range, attribute| range.cover(attribute.range)));
        match &item.kind {
            ItemKind::Fn(item) => {
                into.extend(item.params.iter().map(|param| param.range));
                item.body.iter().for_each(|body| body_spans(body, into));
            }
            ItemKind::Const { body, .. } | ItemKind::Static { body, .. } | ItemKind::MacroCall { body, .. } => {
                body.iter().for_each(|body| body_spans(body, into));
            }
            ItemKind::Struct { fields, .. } => field_spans(fields, into),
            ItemKind::Enum { variants, .. } => {
                for variant in variants {
                    into.push(variant.range);
                    field_spans(&variant.fields, into);
                }
            }
            _ => {}
        }
    }
}

fn field_spans(fields: &connlint_facts::Fields, into: &mut Vec<TextRange>) {
    if let connlint_facts::Fields::Named(fields) | connlint_facts::Fields::Tuple(fields) = fields {
        into.extend(fields.iter().map(|field| field.range));
    }
}

fn body_spans(body: &Body, into: &mut Vec<TextRange>) {
    for region in &body.regions {
        if matches!(region.kind, RegionKind::Statement { .. } | RegionKind::Tail | RegionKind::Arm { .. }) {
            into.push(region.range);
        }
    }
}
