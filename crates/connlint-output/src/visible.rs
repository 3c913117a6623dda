//! Text of unknown origin made safe to print.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes characters that a terminal or a reader's eye would misread visible: control characters, bidirectional marks and
/// characters without width become `\u{…}`. Line ends stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == '\n' || !is_hidden(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '\n' || !is_hidden(c) {
            out.push(c);
        } else {
            // Writing to a String never fails.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// [`visible`] text on one line: line ends become spaces.
pub(crate) fn visible_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        let joined: Vec<&str> = text.split_whitespace().collect();
        return Cow::Owned(visible(&joined.join(" ")).into_owned());
    }
    visible(text)
}

/// Whether a character controls a terminal or the order of text, or has no width of its own.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB
                | 0xE0000..=0xE0FFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_bidirectional_marks_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\u{7}\u{9b}"), "a\\u{1b}[31mb\\u{202e}c\\u{7}\\u{9b}");
        assert_eq!(visible("naïve 漢字 🦀\nb"), "naïve 漢字 🦀\nb");
        assert_eq!(visible_line("a\r\n  b"), "a b");
    }
}
