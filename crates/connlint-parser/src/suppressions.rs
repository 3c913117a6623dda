//! Comments that ask lints to leave code alone: `// connlint: allow(lint, other) reason`.

mod written;

use connlint_facts::{
    Body, FileFacts, ItemKind, NoticeKind, Problem, RegionKind, SuppressionFact, SuppressionForm, TextRange,
};

use self::written::{Reach, Written, written};
use crate::scan::{Scanner, TokenKind};

/// Finds the suppressions among the comments of a file and shows what each one covers: its line's or the next line's
/// innermost whole statement, field, item or arm, else the line. A comment that begins like one and is none is a problem.
pub(crate) fn collect(text: &str, facts: &mut FileFacts) {
    if written::may_hold_any(text) {
        let (comments, wrong) = comments(text);
        facts.problems.extend(wrong);
        let (mut spans, mut items) = (Vec::new(), Vec::new());
        if !comments.is_empty() {
            code_spans(facts, &mut spans);
            items.extend(facts.items.iter().map(item_span));
        }
        for comment in comments {
            let covers = match comment.written.reach {
                Reach::Code => covered(comment.line, &spans),
                Reach::Line => comment.line,
                Reach::Item => covered(comment.line, &items),
                Reach::File => TextRange::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX)),
            };
            let Written { lints, reason, until, .. } = comment.written;
            let form = SuppressionForm::Comment;
            facts.suppressions.push(SuppressionFact { form, lints, reason, until, range: comment.range, covers });
        }
    }
    facts.suppressions.sort_by_key(|suppression| suppression.range);
}

struct Comment {
    written: Written,
    range: TextRange,
    /// The line of code that it is about, without the white space around it.
    line: TextRange,
}

fn comments(text: &str) -> (Vec<Comment>, Vec<Problem>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    // Own-line comments wait for the code below them.
    let mut waiting: Vec<(Written, TextRange)> = Vec::new();
    let mut last_code_end = None;
    for token in Scanner::new(text) {
        if matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment) {
            let comment = text.get(token.start..token.end).unwrap_or("").trim_end();
            let range = TextRange::new(token.start as u32, (token.start + comment.len()) as u32);
            let written = match written(comment) {
                None => continue,
                Some(Ok(written)) => written,
                Some(Err(message)) => {
                    wrong.push(Problem { kind: NoticeKind::BadSuppression, range: Some(range), message });
                    continue;
                }
            };
            let code_before = last_code_end.filter(|&code| is_same_line(text, code, token.start));
            match code_before.filter(|_| written.reach != Reach::Line) {
                Some(code) => found.push(Comment { written, range, line: line_of(text, code) }),
                None => waiting.push((written, range)),
            }
        } else {
            for (written, range) in waiting.drain(..) {
                found.push(Comment { written, range, line: line_of(text, token.start) });
            }
            last_code_end = Some(token.end);
        }
    }
    found.extend(waiting.into_iter().map(|(written, range)| Comment { written, range, line: range }));
    (found, wrong)
}

/// Where a comment on a line of its own can be written that covers the code at an offset: the start of that code's line,
/// or where that lies within a literal or comment, of the line on which the literal begins.
pub fn line_for_comment(text: &str, offset: usize) -> usize {
    let line_start = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let mut line = line_start(offset.min(text.len()));
    let tokens: Vec<_> = Scanner::new(text).take_while(|token| token.start < line).collect();
    for token in tokens.iter().rev() {
        if token.start < line && line < token.end {
            line = line_start(token.start);
        }
    }
    line
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

/// An item with its attributes.
fn item_span(item: &connlint_facts::Item) -> TextRange {
    item.attributes.iter().fold(item.range, |range, attribute| range.cover(attribute.range))
}

/// The statements, arms, fields and items of a file.
fn code_spans(facts: &FileFacts, into: &mut Vec<TextRange>) {
    for item in &facts.items {
        into.push(item_span(item));
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

#[cfg(test)]
mod tests {
    use super::line_for_comment;

    #[test]
    fn comment_is_never_written_into_a_literal() {
        let text = "fn f() {\n    g(\"a\n  b\", h());\n    i();\n}\n";
        let line = |code: &str| text[line_for_comment(text, text.find(code).unwrap())..].lines().next().unwrap().trim();
        assert_eq!(line("i()"), "i();");
        assert_eq!(line("h()"), "g(\"a");
        assert_eq!(line("fn"), "fn f() {");
    }
}
