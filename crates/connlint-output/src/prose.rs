//! Prose for a terminal of some width.

/// Columns below which a terminal is narrow: lines that elsewhere stay whole, so that they can be searched and copied, are
/// broken there.
pub(crate) const NARROW: usize = 100;

/// The fewest columns that text is broken into.
const LEAST: usize = 20;

/// A text broken into lines of some columns, the further ones behind an indent. Words stay whole.
fn broken(text: &str, width: usize, indent: &str) -> String {
    let options = textwrap::Options::new(width.max(LEAST)).break_words(false).subsequent_indent(indent);
    // Names of lints have hyphens.
    textwrap::wrap(text, options.word_splitter(textwrap::WordSplitter::NoHyphenation)).join("\n")
}

/// A line, broken where the terminal is narrow.
pub(crate) fn line(text: &str, width: usize) -> String {
    if width < NARROW { broken(text, width, "  ") } else { text.to_owned() }
}

/// Lines, each broken where the terminal is narrow, and what is broken off indented deeper than its line.
pub fn narrowed(text: &str, width: usize) -> String {
    if width >= NARROW {
        return text.to_owned();
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let indent = (line.len() - line.trim_start_matches(' ').len() + 2).min(width / 2);
        broken(line, width, &" ".repeat(indent)) + end
    });
    lines.collect()
}

/// Markdown whose paragraphs and list items are broken anew, and whose code stays as it is.
pub fn wrapped_markdown(text: &str, width: usize) -> String {
    let mut out: Vec<String> = Vec::new();
    let (mut paragraph, mut fenced) = (String::new(), false);
    for line in text.lines() {
        // A doc comment has a blank before each line.
        let line = line.strip_prefix(' ').unwrap_or(line);
        let is_fence = line.trim_start().starts_with("```");
        let begins = is_fence || line.starts_with("- ") || line.trim().is_empty();
        if !fenced && begins {
            out.extend(finished(&mut paragraph, width));
        }
        if fenced || is_fence || line.trim().is_empty() {
            out.push(line.to_owned());
        } else {
            let separator = if paragraph.is_empty() { "" } else { " " };
            paragraph = paragraph + separator + line.trim();
        }
        fenced ^= is_fence;
    }
    out.extend(finished(&mut paragraph, width));
    out.join("\n")
}

fn finished(paragraph: &mut String, width: usize) -> Option<String> {
    let text = std::mem::take(paragraph);
    let indent = if text.starts_with("- ") { "  " } else { "" };
    (!text.is_empty()).then(|| broken(&text, width, indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_behind_their_indent_where_the_terminal_is_narrow() {
        let text = "a table\n    \u{1b}[1mheld-across-any-await\u{1b}[0m  warn  a connection is held\n\nthe end";
        let expected =
            "a table\n    \u{1b}[1mheld-across-any-await\u{1b}[0m\n      warn  a connection is\n      held\n\nthe end";
        assert_eq!(narrowed(text, 30), expected);
        assert_eq!(narrowed(text, NARROW), text);
    }

    #[test]
    fn paragraphs_and_items_are_broken_and_code_is_not() {
        let text = " One sentence that is\n long.\n\n ```rust\n let a = \"code that is longer than the terminal\";\n ```\n\n - an \
                    item of\n   two lines\n - another\n";
        let expected = "One sentence that is long.\n\n```rust\nlet a = \"code that is longer than the terminal\";\n```\n\n- an \
                        item of two lines\n- another";
        assert_eq!(wrapped_markdown(text, 30), expected);
        let narrow = "- an item of two\n  lines\n- another";
        assert!(wrapped_markdown(text, 20).ends_with(narrow), "{}", wrapped_markdown(text, 20));
    }

    #[test]
    fn only_narrow_terminals_break_lines() {
        let text = "a line of more than forty columns, which is not much";
        assert_eq!(line(text, 80), text);
        assert_eq!(line(text, 40), "a line of more than forty columns, which\n  is not much");
    }
}
