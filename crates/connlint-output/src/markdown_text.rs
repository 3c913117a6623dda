//! Findings and notices as Markdown, in which nothing of the analysed code is taken for markup.

use connlint_diagnostics::{Diagnostic, Report};

use crate::finding::others;
use crate::names::{lint_url, ratings};
use crate::place::Places;
use crate::remark::remarks_of;
use crate::summary::{counted, result_line};
use crate::visible::visible_line;
use crate::wording::{further_places, level_name};

/// GitHub refuses a longer comment, in characters; GitLab's limit is higher.
pub(crate) const MAX_COMMENT: usize = 65_536;

/// Text with code in backticks. Outside of code nothing has a meaning: no mention, no link, no HTML.
pub(crate) fn markdown(text: &str) -> String {
    let text = visible_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    // Two backticks in a row would begin another kind of code.
    let balanced = parts.len() % 2 == 1 && inner.iter().all(|part| !part.is_empty());
    if !balanced {
        return escaped(&text);
    }
    let part = |(index, part): (usize, &&str)| {
        if index % 2 == 1 { format!("`{part}`") } else { escaped(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention begins with the sign itself, not with its entity.
            '@' => out.push_str("&#64;"),
            // Of an issue the number sign, of an address the colon.
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A path or other text as code.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// The level, the lint with its page, the place and the headline, in one line.
pub(crate) fn line(finding: &Diagnostic, places: &Places<'_>) -> String {
    let (level, lint) = (level_name(finding.level), finding.lint.name);
    let place = code(&places.line(finding.shown_at()));
    format!("**{level}** [`{lint}`]({}) {place}: {}", lint_url(lint), markdown(&finding.headline))
}

/// The steps to the finding, other places, notes and helps, as items of a list.
pub(crate) fn items(finding: &Diagnostic, places: &Places<'_>) -> Vec<String> {
    let steps = finding.trace.iter().filter(|step| step.span != finding.primary);
    let mut items: Vec<String> = steps
        .map(|step| (&step.span, &step.text))
        .chain([(&finding.primary, &finding.primary_label)])
        .zip(1..)
        .map(|((span, text), number)| format!("{number}. {} {}", code(&places.line(span)), markdown(text)))
        .collect();
    items.extend(
        further_places(finding).map(|label| format!("- {} {}", code(&places.line(&label.span)), markdown(&label.text))),
    );
    items.extend(others(finding).map(|others| format!("- {}", markdown(&others))));
    items.extend(finding.notes.iter().map(|note| format!("- {}", markdown(note))));
    items.push(format!("- {}", markdown(&ratings(finding))));
    items.extend(finding.help.iter().map(|help| format!("- **help**: {}", markdown(help))));
    items
}

/// The result line and all remarks. What makes the run incomplete is shown, the rest is folded.
pub(crate) fn about_run(report: &Report, places: &Places<'_>) -> String {
    let (mut shown, mut folded) = (Vec::new(), Vec::new());
    for remark in remarks_of(report) {
        let place = remark.span.as_ref().map(|span| format!("{}: ", code(&places.line(span)))).unwrap_or_default();
        let line = format!("- {} {place}{}", code(remark.kind), markdown(&remark.text));
        if remark.level == "note" { folded.push(line) } else { shown.push(line) }
    }
    let mut text = markdown(&result_line(report));
    if !shown.is_empty() {
        text += &format!("\n\n**Not analysed, or to be known:**\n\n{}", limited(&shown, NOTICES_ROOM));
    }
    if !folded.is_empty() {
        let title = counted(folded.len(), "notice");
        let lines = limited(&folded, NOTICES_ROOM);
        text += &format!("\n\n<details><summary>{title}</summary>\n\n{lines}\n\n</details>");
    }
    text
}

/// Characters for each of the two lists of remarks.
const NOTICES_ROOM: usize = 8_000;

/// As many lines as there is room for, and how many are left out.
pub(crate) fn limited(lines: &[String], room: usize) -> String {
    let (mut used, mut taken) = (0, 0);
    for line in lines {
        used += line.chars().count() + 1;
        if used > room {
            break;
        }
        taken += 1;
    }
    let mut text = lines.get(..taken).unwrap_or_default().join("\n");
    if taken < lines.len() {
        text += &format!("\n\n{} more not shown: a comment has no more room.", lines.len() - taken);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_code_becomes_markup() {
        assert_eq!(markdown("`a<b>` by @x, <img> #1"), "`a<b>` by &#64;x, &lt;img&gt; &#35;1");
        assert_eq!(markdown("odd ` @x"), "odd \\` &#64;x");
        assert_eq!(markdown("empty `` @x"), "empty \\`\\` &#64;x");
        assert_eq!(markdown("[a](https://b)\n# c"), "\\[a\\](https&#58;//b) &#35; c");
        assert_eq!(code("a`b"), "`a'b`");
    }

    #[test]
    fn lines_without_room_are_counted() {
        let lines = ["aaaa".to_owned(), "bbbb".to_owned(), "cccc".to_owned()];
        assert_eq!(limited(&lines, 10), "aaaa\nbbbb\n\n1 more not shown: a comment has no more room.");
        assert_eq!(limited(&lines, 15), "aaaa\nbbbb\ncccc");
    }
}
